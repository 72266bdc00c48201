"""Reads and checks a data directory by docs/disk_format.md alone, with the standard library alone.

Imports nothing of greenroom, so that the page is complete as long as this works. Changes nothing,
and takes what it finds for possibly damaged: everything wrong becomes a line in `problems`.
"""

import hashlib
import json
import os
import re
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

LINE_LIMIT_BYTES = 4 << 20
MOST_SEAMS = 64

_SUFFIX = re.compile(rb',"crc":"([0-9a-f]{8})"\}')
_SUFFIX_BYTES = 18
_SEAM = re.compile(rb'(?P<begin>\{"n":\d+,"synced":)|,"crc":"[0-9a-f]{8}"\}')
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^" \t\r\n]+')
_OUTLINE = re.compile(
    rb'\{"version":1,"revision":(\d+),"digest":"(sha256:[0-9a-f]{64})","sessions":(\[.*\])\}'
)

_ID = r"[A-Za-z0-9-]{1,64}"
_SESSION = rf"workspaces/[^/]+/(?:sessions/{_ID}|trash/{_ID}-\d+(?:\.\d+)?)"
_KEPT = r"(?:\.\d+)?"
PLACES = {
    "journal": rf"{_SESSION}/journal\.jsonl",
    "attachment": rf"(?:{_SESSION}|requests)/attachments/[0-9a-f]{{64}}",
    "output": rf"{_SESSION}/terminals/{_ID}/\d{{6}}-\d{{15}}\.out",
    "kept": rf"{_SESSION}/journal\.(?:(?:torn|unsynced|damaged)-\d+{_KEPT}|salvaged-\w+\.jsonl)",
    "requests": r"requests/\d{4}-\d\d-\d\d\.jsonl",
    "kept day": rf"requests/\d{{4}}-\d\d-\d\d\.(?:(?:torn|unsynced)-\d+|damaged|too-new){_KEPT}",
    "sessions": r"workspaces/[^/]+/sessions\.json",
    "migrated": rf"workspaces/[^/]+/sessions\.json\.before-migration-\w+{_KEPT}",
    "revisions": r"workspaces/[^/]+/\.revisions\.jsonl",
    "edit": r"workspaces/[^/]+/\.edits/sessions-\d+(?:-held\.json|\.json|\.plan)",
    "settings": r"config\.toml|workspaces/[^/]+/workspace\.json",
    "last good": r"workspaces/[^/]+/\.workspace-last-good\.json",
    "text": r"README\.md|rejected/README\.md",
    "request": r"inbox/(?:\.claimed/\d+-|\.taken-\d+-)?[^/]+\.json",
    "answer": r"outbox/[^/]+\.jsonl?",
    "refused": r"rejected/[^/]+",
    "log": rf"(?:{_SESSION}|workspaces/[^/]+)/mcp-[\w-]+\.log(?:\.1)?",
    "host": r"workspaces/\.terminal-host\.json",
    "processes": r"workspaces/\.processes\.json",
    "run": r"run/[^/]+",
    "half made": r"(?:[^/]+/)*\.[^/]+\.tmp|.*\.jsonl\.tmp"
    r"|.*/\.(?:purging|restoring|importing|forking)-.*",
    "making": rf"workspaces/[^/]+/making/{_ID}\.json",
    "set-up": r"workspaces/[^/]+/worktree/.+",
    "worktree": r"worktrees/.+",
    "yours": r"workspaces/[^/]+/[^./][^/]*",
}


class End(NamedTuple):
    """Where a line ends: its number, the bytes up to there, its crc."""

    n: int
    bytes: int
    crc: str


@dataclass
class Journal:
    """`ends` has the header's first. `verdict`: `end`, `torn` or `corrupt`, and `why`."""

    header: dict[str, Any] = field(default_factory=dict)
    commits: list[dict[str, Any]] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    verdict: str = "end"
    why: str = ""

    @property
    def end(self) -> End:
        return self.ends[-1] if self.ends else End(0, 0, "")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for commit in self.commits for event in commit["events"]]


@dataclass
class Reading:
    """By path from the data directory; `sessions` by workspace, each entry by its session's id."""

    files: dict[str, str] = field(default_factory=dict)
    journals: dict[str, Journal] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


# A journal.


def is_whole(line: bytes) -> bool:
    suffix = _SUFFIX.fullmatch(line[-_SUFFIX_BYTES:])
    crc = zlib.crc32(line[:-_SUFFIX_BYTES])
    return suffix is not None and b"%08x" % crc == suffix[1]


def read_journal(raw: bytes, named: int = 0) -> Journal:
    """`named`: the highest number that others name."""
    found = Journal()
    *lines, rest = raw.split(b"\n")
    offset = 0
    for place, line in enumerate(lines):
        if len(line) >= LINE_LIMIT_BYTES or not is_whole(line):
            return _ended_early(found, place, [*lines[place:], rest], named)
        offset += len(line) + 1
        why = _take(found, place, json.loads(line), End(place, offset, line[-10:-2].decode()))
        if why:
            return _corrupt(found, why)
    if rest or not found.commits:
        return _ended_early(found, len(lines), [rest], named)
    if found.end.n < named:
        return _corrupt(found, f"it ends at {found.end.n}, and {named} was confirmed")
    return found


def _take(found: Journal, place: int, line: dict[str, Any], end: End) -> str:
    if line["n"] != place:
        return f"number {line['n']} stands where {place} should"
    if place == 0:
        found.header = line
        if line.get("format") != 1:
            return f"format {line.get('format')}"
    else:
        if line["prev"] != found.end.crc:
            return f"number {place} does not follow on the line before it"
        found.commits.append(line)
    found.ends.append(end)
    return ""


def _corrupt(found: Journal, why: str) -> Journal:
    found.verdict, found.why = "corrupt", why
    return found


def _ended_early(found: Journal, number: int, lines: list[bytes], named: int) -> Journal:
    """Line `number` is the first of `lines`, and bad."""
    shown = max([0, 1, named, *_shown(number, lines)])
    if number <= shown:
        return _corrupt(found, f"number {number} was confirmed and is damaged")
    found.verdict, found.why = "torn", f"all from number {number} on is half a line"
    return found


def _shown(number: int, lines: list[bytes]) -> list[int]:
    """What the lines after a bad one show to have been confirmed."""
    bad, *after = lines
    pieces = [*_parts(bad)[1:], *(part for line in after for part in _parts(line))]
    shown = []
    for piece in filter(is_whole, pieces):
        line = json.loads(piece)
        shown += [line.get("synced", 0), number if line["n"] <= number else 0]
    return shown


def _parts(line: bytes) -> list[bytes]:
    if is_whole(line) or len(line) >= LINE_LIMIT_BYTES:
        return [line] if len(line) < LINE_LIMIT_BYTES else [b""]
    seams = [m.start() if m["begin"] else m.end() for m in _SEAM.finditer(line)][:MOST_SEAMS]
    return [line[a:b] for a, b in pairwise(sorted({0, *seams, len(line)}))] or [b""]


# sessions.json and what belongs to it.


def read_sessions(raw: bytes) -> tuple[int, str, list[dict[str, Any]]]:
    """Revision, digest and entries. ValueError if it is none, or somebody edited it."""
    json.loads(raw)
    outline = _OUTLINE.fullmatch(b"".join(_TOKEN.findall(raw)))
    if outline is None:
        raise ValueError("it is not in this form")
    revision, digest, sessions = int(outline[1]), outline[2].decode(), outline[3]
    said = b'{"revision":%d,"sessions":%s}' % (revision, sessions)
    if digest != f"sha256:{hashlib.sha256(said).hexdigest()}":
        raise ValueError("its digest is another: it was edited")
    entries: list[dict[str, Any]] = json.loads(sessions)
    return revision, digest, entries


def read_revision(raw: bytes, revision: int, digest: str) -> dict[str, int] | None:
    """The number of each session in a revision, None if it is not known."""
    known: dict[str, int] | None = None
    last = 0
    for text in raw.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        changes = {**line.get("added", {}), **line.get("changed", {})}
        if line.get("all"):
            known = changes
        elif known is not None and line["revision"] == last + 1:
            known = {k: n for k, n in (known | changes).items() if k not in line.get("removed", [])}
        else:
            known = None
        last = line["revision"]
        if (last, line["digest"]) == (revision, digest):
            return known
    return None


# The whole directory.


def read(root: Path) -> Reading:
    """Everything in it, checked in the order that the page gives."""
    found = Reading()
    for place, _, names in os.walk(root):
        for name in names:
            path = os.path.relpath(Path(place, name), root)
            kinds = (kind for kind, form in PLACES.items() if re.fullmatch(form, path))
            found.files[path] = next(kinds, "unknown")
    found.problems += [f"{path}: unknown" for path in _of(found, "unknown")]
    _read_sessions(root, found)
    named = _read_requests(root, found)
    _read_journals(root, found, named)
    _check_entries(found)
    _check_attachments(root, found)
    return found


def _of(found: Reading, kind: str) -> list[str]:
    return sorted(path for path, is_a in found.files.items() if is_a == kind)


def _read_sessions(root: Path, found: Reading) -> None:
    for path in _of(found, "sessions"):
        workspace = path.split("/")[1]
        try:
            revision, digest, entries = read_sessions((root / path).read_bytes())
        except ValueError as error:
            found.problems.append(f"{path}: {error}")
            continue
        found.sessions[workspace] = {entry["id"]: entry for entry in entries}
        found.revisions[workspace] = revision
        lines = (root / path).with_name(".revisions.jsonl").read_bytes()
        if read_revision(lines, revision, digest) != {one["id"]: one["n"] for one in entries}:
            found.problems.append(f"{path}: .revisions.jsonl does not say the same")


def _read_requests(root: Path, found: Reading) -> dict[str, int]:
    named: dict[str, int] = {}
    for path in _of(found, "requests"):
        journal = _read_journal(root, found, path, "requests", 0)
        for event in journal.events:
            session_id, n = event.get("session_id"), event.get("n")
            if session_id and n:
                named[session_id] = max(n, named.get(session_id, 0))
    return named


def _read_journals(root: Path, found: Reading, named: dict[str, int]) -> None:
    for path in _of(found, "journal"):
        _, workspace, place, name, _ = path.split("/")
        session_id, wanted = name, 0
        if place == "trash":
            session_id, _, number = name.split(".")[0].rpartition("-")
            wanted = int(number)
        else:
            wanted = found.sessions.get(workspace, {}).get(name, {"n": 0})["n"]
        wanted = max(wanted, named.get(session_id, 0))
        _read_journal(root, found, path, session_id, wanted)


def _read_journal(root: Path, found: Reading, path: str, owner: str, named: int) -> Journal:
    journal = read_journal((root / path).read_bytes(), named)
    found.journals[path] = journal
    if journal.verdict != "end":
        found.problems.append(f"{path}: {journal.verdict}: {journal.why}")
    elif journal.header["session"] != owner:
        found.problems.append(f"{path}: it is that of {journal.header['session']}")
    return journal


def _check_entries(found: Reading) -> None:
    for workspace, entries in found.sessions.items():
        for session_id, entry in entries.items():
            path = f"workspaces/{workspace}/sessions/{session_id}/journal.jsonl"
            said = End(entry["n"], entry["bytes"], entry["crc"])
            if path not in found.journals:
                if not any(f"/trash/{session_id}-" in other for other in found.journals):
                    found.problems.append(f"{path}: missing")
            elif said not in found.journals[path].ends:
                found.problems.append(f"{path}: no line ends where sessions.json says")


def _check_attachments(root: Path, found: Reading) -> None:
    for path in _of(found, "attachment"):
        if hashlib.sha256((root / path).read_bytes()).hexdigest() != Path(path).name:
            found.problems.append(f"{path}: not what its name says")
    for path, journal in found.journals.items():
        for name in sorted({name for event in journal.events for name in attachments_of(event)}):
            if f"{Path(path).parent}/attachments/{name}" not in found.files:
                found.problems.append(f"{path}: attachment {name} is missing")


def attachments_of(event: dict[str, Any]) -> list[str]:
    """The hashes of all that an event names."""
    message = event.get("message") or {}
    updates = event.get("updates") or {}
    blocks = [*(message.get("content") or ()), *(event.get("content") or ())]
    blocks += [*(updates.get("content") or ()), *([event["block"]] if "block" in event else ())]
    names = [block["attachment"] for block in blocks if block.get("attachment")]
    urls = [block["url"] for block in blocks if block.get("type") == "image"]
    names += [url.removeprefix("attachment:") for url in urls if url.startswith("attachment:")]
    raw = event.get("raw_response") or {}
    if raw.keys() == {"attachment", "bytes"}:
        names.append(raw["attachment"])
    if event["type"] == "request-answered" and event.get("attachment"):
        names.append(event["attachment"])
    return names
