r"""A session's journal: what happened to it, one commit per line. This is the disk format.

`journal.jsonl` is JSON Lines. Its first line is the header, every other line a commit: all events
of one decision, so that they are atomic.

    {"n":0,"format":1,"session":"<id>","workspace":"<name>","at":"<time>","crc":"<8 hex>"}
    {"n":17,"synced":15,"prev":"<8 hex>","at":"<time>","request":"<id>","events":[…],"crc":"…"}

- `n` counts commits from 1 without gaps. `at` is UTC, ISO 8601 with `Z`. `request`, where present,
  is the id of the request that the commit answers.
- `crc` is zlib's CRC-32 of the line's bytes before `,"crc":`, in lower-case hexadecimal. It covers
  this line alone, and the line is valid when it is right. `prev` is the `crc` of the line before.
- `synced` is the last number that was known to be on disk when the line was written.
- A line has at most 4 MiB, its newline included.
- An event is an object with its `type`. Unknown fields are passed over, an unknown type refuses the
  journal; so does a `format` above ours.

The file gets its name only when its header and first commits are on disk: line 1 is always there.

Reading ends in one of three ways. **End**: the last line is whole. **Torn tail**: the line that
should be number k is bad, and nothing shows that k was ever confirmed: no valid line after it has
`synced` >= k, and nobody else names a number >= k. All from k on is kept as `journal.torn-<k>` and
cut. **Corruption**: everything else (a bad line whose number was confirmed, a gap or repeat in `n`,
a `prev` that does not match, fewer lines than somebody names). Nothing is touched then.

Beside it can lie `journal.jsonl.tmp` (a creation or replacement that a crash cut short; removed at
the next opening), `journal.torn-<k>`, and `journal.unsynced-<k>` (what a failed sync left
unconfirmed). The last two are for people; greenroom never reads them. Nor does it read
`journal.salvaged-<time>.jsonl`, which `greenroom salvage` makes of a damaged journal and can put in
its place, or `journal.damaged-<n>`, what stood there before.

`frame` is one line, `scan` a whole file, `repair` its end, `log` the open journal; `salvage` takes
out of a damaged one what `pieces` finds whole; `anew` writes the lines of one into another.
"""
