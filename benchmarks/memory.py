"""What a process holds of the machine's memory: what is its own, and its share of the rest."""

import re
import time
from pathlib import Path

_PSS = re.compile(rb"^Pss:\s+(\d+) kB$", re.MULTILINE)
_SETTLED_BYTES = 64 << 10
_LOOK_SECONDS = 0.2
_MOST_LOOKS = 25


def settled_bytes(*pids: int) -> int:
    """PSS of all of them together, once it has ceased to change. OSError without /proc."""
    before, now = -_SETTLED_BYTES, sum(map(_pss_bytes, pids))
    for _ in range(_MOST_LOOKS):
        if abs(now - before) < _SETTLED_BYTES:
            break
        time.sleep(_LOOK_SECONDS)
        before, now = now, sum(map(_pss_bytes, pids))
    return now


def _pss_bytes(pid: int) -> int:
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
    if found is None:
        raise OSError(f"/proc/{pid}/smaps_rollup tells no Pss")
    return int(found[1]) * 1024
