"""What there is to show of a daemon that does not answer: what the files tell, and why no more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.stored_status import stored_status

if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]


def status_of_files(data: str) -> Json:
    """In the shape of `get-status`, with the terminal host that may live on without a daemon."""
    status = stored_status(data)
    status["terminal_host"] = _host(data, status)
    return status


def unresponsive(data: str) -> tuple[Json, str]:
    """The same while a daemon holds the directory, and what is to be said of that."""
    from actors.cli.processes import pids_of

    pid = next(iter(pids_of("daemon", data)), None)
    status = status_of_files(data)
    status["daemon"] |= {"state": "unresponsive", "pid": pid}
    who = f"pid {pid}" if pid else "its process is not to be seen from here"
    return status, (
        f"a daemon ({who}) runs for {data} but does not answer; end it with: greenroom stop"
    )


def _host(data: str, status: Json) -> Json:
    """The one that lives on without a daemon, with the terminals that it is known to have."""
    from actors.terminals.host_files import recorded_host

    host = recorded_host(Path(data))
    workers = (each for session in status["sessions"] for each in session.get("workers") or [])
    running = [each for each in workers if each.get("process") and each.get("status") == "running"]
    return {"pid": host and host.pid, "terminals": len(running) if host else 0}
