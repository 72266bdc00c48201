"""What `worktree.json` says, and in our words what is wrong with one that cannot be used.

A file with a fault says nothing at all: what was meant by the rest of it is not guessed.
"""

import re
from pathlib import Path

from storage import durable, strict_json
from storage.errors import FileRefused
from storage.records.worktree_file import WorktreeFile

FILE = "worktree.json"
FILE_BYTES = 1 << 20
_KEYS = "copy, setup and cleanup"
_UNKNOWN = re.compile(r"unknown field `(.+)`")
_WANTED = {
    "copy": 'a list of paths, as [".env", "config/local"]',
    "setup": 'a list of words that is not empty, as ["make", "deps"]',
    "cleanup": 'a list of words that is not empty, as ["make", "clean"]',
}
_KEY = re.compile(r"\$\.(\w+)(\[\d+\])?")


def rules_in(place: Path) -> WorktreeFile:
    """What its file says; nothing where there is none. FileRefused, OSError."""
    try:
        raw = durable.read_small(place / FILE, FILE_BYTES, follow_links=False)
    except FileNotFoundError:
        return WorktreeFile()
    found: WorktreeFile = strict_json.parse_as(raw, WorktreeFile)
    return found


def fault(place: Path, problem: FileRefused) -> str:
    """That nothing of the file in `place` is used, where it is wrong, and what helps."""
    line = f", line {problem.line}" if problem.line else ""
    return f"nothing of {place.name}/{FILE} is used{line}: {_what(problem)}"


def _what(problem: FileRefused) -> str:
    if problem.path is None:
        return f"it cannot be read as JSON: {problem}"
    unknown = _UNKNOWN.search(str(problem))
    if unknown:
        return f"there is no key {unknown[1]!r}; it may have {_KEYS}"
    key = _KEY.match(problem.path)
    wanted = _WANTED.get(key[1]) if key else None
    if key is None or wanted is None:
        return f"it must be an object in braces that may have {_KEYS}"
    return f"{key[1]}{key[2] or ''} is not right; {key[1]} must be {wanted}"
