"""PURE: whether the change that a branch makes is in another one, by files and by patches.

A change is exact to the last blank: git's own patch-id takes no notice of white space, so that it
only finds what is worth comparing.
"""

import re
from collections.abc import Mapping

Change = Mapping[bytes, tuple[bytes, bytes]]
"""By path the mode and the object that a file has after it; zeros where there is none any more."""

_PLACE = re.compile(rb"^@@ -\S+ \+\S+ @@.*$", re.MULTILINE)
_NAMES = re.compile(rb"^index .*\n(?!GIT binary patch)", re.MULTILINE)


def change_of(raw: bytes) -> Change:
    """From `diff-tree -r -z --no-renames --full-index`."""
    fields = raw.split(b"\0")[:-1]
    heads = (head.split(b" ") for head in fields[::2])
    return {path: (head[1], head[3]) for head, path in zip(heads, fields[1::2], strict=False)}


def has_all(mine: Change, theirs: Change) -> bool:
    """Whether each file of the one is the very same in the other; both are against one commit."""
    return all(theirs.get(path) == file for path, file in mine.items())


def has_modes(mine: Change, theirs: Change) -> bool:
    """Whether those files are at least there, or gone, and of the same kind."""
    return all(path in theirs and theirs[path][0] == mode for path, (mode, _) in mine.items())


def essence(patch: bytes) -> bytes:
    """What a patch does, wherever in a file it does it: every byte but the places of its hunks.

    From `--patch --binary --full-index`; of what is binary the names of both contents stay.
    """
    return _NAMES.sub(b"", _PLACE.sub(b"@@", patch))
