"""What the end of a journal means, and the one repair there is: cutting a torn tail.

End, torn tail and corruption are told apart by the rule in the package's docstring. Compares
first and cuts then; what is cut is kept. A crash anywhere inside, and doing it again ends the same.
"""

import os
from pathlib import Path

from storage.journal.aside import keep_tail
from storage.journal.scan import Fault, Scan, corrupt


def mend(descriptor: int, path: Path, found: Scan, named_elsewhere: int = 0) -> Path | None:
    """Leaves the file ending where `found.end` says; the kept tail's path if one was cut.

    `named_elsewhere`: the highest number of this journal that a projection with a right digest
    names, 0 if none does. JournalCorrupt (nothing is touched), OSError.
    """
    fault = found.fault
    if fault is None:
        _require(path, found, max(1, named_elsewhere))
        return None
    if not is_torn(fault, named_elsewhere):
        raise corrupt(path, fault.offset, fault.number, "a line that was confirmed is damaged")
    kept = keep_tail(descriptor, fault.offset, path.parent, f"{path.stem}.torn-{fault.number}")
    os.ftruncate(descriptor, fault.offset)
    os.fsync(descriptor)
    return kept


def is_torn(fault: Fault, named_elsewhere: int = 0) -> bool:
    """Whether nothing shows that the bad line was ever confirmed, so that it may be cut."""
    return fault.number > max(1, fault.confirmed, named_elsewhere)


def _require(path: Path, found: Scan, number: int) -> None:
    if found.end.n < number:
        reason = f"it ends at number {found.end.n}, but number {number} was confirmed"
        raise corrupt(path, found.end.bytes, number, reason)
