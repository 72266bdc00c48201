"""What `git diff-tree` says, as values. PURE.

A line of a file may look like any line of a patch, so hunks are read by the counts in their heads;
and a path may hold every byte but zero, so paths come from the list, not from the patch.
"""

import base64
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from storage.records.diff import ChangedFile, DiffLine, DiffSummary, FileStatus, Hunk

_STATUS: dict[str, FileStatus] = {
    "A": "added", "C": "added", "D": "deleted", "M": "modified", "R": "renamed",
    "T": "type-changed", "U": "modified",
}  # fmt: skip
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_NO_MODE = "000000"
_NO_END = b"\\"


class Listed(Struct, frozen=True):
    """A file and how many sections a patch has of it."""

    file: ChangedFile
    sections: int


def listed(out: bytes) -> list[Listed]:
    """From `--raw --numstat -z`. A list that was cut gives the files that are whole in it."""
    fields = out.split(b"\0")[:-1]
    raw, place = [], 0
    while place < len(fields) and fields[place].startswith(b":"):
        size = 3 if _letter(fields[place]) in "RC" else 2
        if place + size > len(fields):
            break
        raw.append(fields[place : place + size])
        place += size
    counts = _counts(fields[place:])
    return [_file(each, counts.get(each[-1])) for each in raw]


def _letter(head: bytes) -> str:
    return head.split(b" ")[-1][:1].decode()


def _counts(fields: Sequence[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """Added and removed of each path; `-` of what is binary."""
    found: dict[bytes, tuple[bytes, bytes]] = {}
    pieces = iter(fields)
    for piece in pieces:
        added, removed, path = (*piece.split(b"\t", 2), b"", b"")[:3]
        if not path:  # renamed: both names follow
            next(pieces, b"")
            path = next(pieces, b"")
        found[path] = (added, removed)
    return found


def _file(fields: Sequence[bytes], counts: tuple[bytes, bytes] | None) -> Listed:
    head, *paths = fields
    old_mode, new_mode = head.decode().removeprefix(":").split(" ")[:2]
    letter = _letter(head)
    path, own = _path(paths[-1])
    old, own_old = _path(paths[0]) if len(paths) > 1 and letter == "R" else (None, None)
    is_binary = counts is not None and counts[0] == b"-"
    added, removed = (None, None) if counts is None or is_binary else map(int, counts)
    file = ChangedFile(
        path=path,
        old_path=old,
        status=_STATUS.get(letter, "modified"),
        old_mode=None if old_mode == _NO_MODE else old_mode,
        new_mode=None if new_mode == _NO_MODE else new_mode,
        is_binary=is_binary,
        added=added,
        removed=removed,
        path_base64=own,
        old_path_base64=own_old,
    )
    return Listed(file, 2 if letter == "T" else 1)


def _path(raw: bytes) -> tuple[str, str | None]:
    """As text, and as it is where text cannot say it."""
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return raw.decode(errors="backslashreplace"), base64.b64encode(raw).decode()


def summary(files: Sequence[Listed]) -> DiffSummary:
    return DiffSummary(
        files=len(files),
        added=sum(each.file.added or 0 for each in files),
        removed=sum(each.file.removed or 0 for each in files),
        binary=sum(each.file.is_binary for each in files),
    )


def with_hunks(files: Sequence[Listed], told: Sequence[bytes | None]) -> list[ChangedFile]:
    """Each file with the hunks of its sections of `--patch`; one without all of those has none."""
    found, place = [], 0
    for each in files:
        own = [section for section in told[place : place + each.sections] if section is not None]
        place += each.sections
        if len(own) < each.sections:
            found.append(each.file)
            continue
        hunks = tuple(hunk for section in own for hunk in _hunks(section))
        found.append(replace(each.file, hunks=hunks))
    return found


def not_text(files: Sequence[Listed], patch: bytes) -> str | None:
    """The first file whose part of a patch is not in UTF-8; None if all of it is."""
    try:
        patch.decode()
    except UnicodeDecodeError as error:
        names = [each.file.path for each in files for _ in range(each.sections)]
        place = patch.count(b"\ndiff --git ", 0, error.start)
        return names[place] if place < len(names) else "a changed file"
    return None


def whole_lines(patch: bytes) -> bytes:
    """A patch that was cut, up to its last line end."""
    return patch[: patch.rfind(b"\n") + 1]


def _hunks(section: bytes) -> Iterator[Hunk]:
    """Those of one file."""
    lines = section.split(b"\n")
    place = 0
    while place < len(lines):
        found = _HUNK.fullmatch(lines[place])
        place += 1
        if found:
            hunk, place = _hunk(found, lines, place)
            yield hunk


def _hunk(head: re.Match[bytes], lines: Sequence[bytes], place: int) -> tuple[Hunk, int]:
    """One hunk, and where the next line stands."""
    old, new = int(head[2] or 1), int(head[4] or 1)
    told: list[DiffLine] = []
    left_old, left_new = old, new
    while place < len(lines) and (left_old > 0 or left_new > 0 or lines[place][:1] == _NO_END):
        line = lines[place]
        place += 1
        kind = line[:1] or b" "
        if kind == _NO_END:
            told[-1:] = [replace(each, has_end=False) for each in told[-1:]]
            continue
        left_old -= kind != b"+"
        left_new -= kind != b"-"
        told.append(_line(kind, line[1:]))
    hunk = Hunk(
        old_start=int(head[1]),
        old_lines=old,
        new_start=int(head[3]),
        new_lines=new,
        heading=head[5].decode(errors="replace"),
        lines=tuple(told),
    )
    return hunk, place


def _line(kind: bytes, text: bytes) -> DiffLine:
    shown = text.decode(errors="replace")
    return DiffLine("+" if kind == b"+" else "-" if kind == b"-" else " ", shown)
