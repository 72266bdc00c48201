"""Who a process is, in the form that is recorded."""

from actors.process_table import boot_id, look_up
from storage.records.process import ProcessIdentity


def identify(pid: int, nonce: str) -> ProcessIdentity:
    """Raises ProcessLookupError when there is no such process."""
    entry = look_up(pid)
    if entry is None:
        raise ProcessLookupError(f"no process {pid}")
    return ProcessIdentity(boot_id=boot_id(), pid=pid, start_ticks=entry.start_ticks, nonce=nonce)
