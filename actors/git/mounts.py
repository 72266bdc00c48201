"""What is mounted within a directory: files that are another's, and that a removal would empty.

Known from the kernel's table, for a mount may be of the very same file system. Where there is no
such table nothing is known to be mounted.
"""

import os
import re
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
_PLACE = 4
"""Which word of a line is where it is mounted."""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def mounts_below(path: Path) -> tuple[str, ...]:
    """`path` itself included. OSError if the table is there and cannot be read."""
    try:
        lines = TABLE.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    top = Path(os.path.realpath(path))
    places = {_plain(line.split(b" ")[_PLACE]) for line in lines}
    return tuple(sorted(place for place in places if Path(place).is_relative_to(top)))


def _plain(word: bytes) -> str:
    """A blank stands there as a backslash and its number in octal."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 8)]), word))
