"""The file of what was seen below workers: it tells whose a process is that lost every mark.

It stands beside the terminal host's identity, outlives a crash of everything, and means nothing
after the next boot of the machine. Written when something changes, and never synced.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.decisions.left_over import Identity
from actors.messages.orphans import Owner, Policy
from actors.process_table import boot_id
from storage import typed


class SeenProcess(Struct, frozen=True, kw_only=True):
    pid: int
    start_ticks: int
    worker: str
    nonce: str
    policy: Policy | None = None
    server: str = ""


class SeenProcesses(Struct, frozen=True, kw_only=True):
    """The content of `workspaces/.processes.json`."""

    version: int = 1
    boot_id: str
    processes: tuple[SeenProcess, ...]


def read(workspaces: Path) -> dict[Identity, Owner]:
    """What was written since this boot; nothing where the file is missing or spoilt."""
    try:
        raw = _path(workspaces).read_bytes()
        found: SeenProcesses = typed.json_decoder(SeenProcesses).decode(raw)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return {}
    if found.boot_id != boot_id():
        return {}
    return {
        (p.pid, p.start_ticks): Owner(p.worker, p.nonce, p.policy, p.server)
        for p in found.processes
    }


def write(workspaces: Path, seen: Mapping[Identity, Owner]) -> None:
    """Raises OSError."""
    processes = tuple(
        SeenProcess(
            pid=pid,
            start_ticks=ticks,
            worker=o.worker,
            nonce=o.nonce,
            policy=o.policy,
            server=o.server,
        )
        for (pid, ticks), o in sorted(seen.items(), key=lambda item: item[0])
    )
    path = _path(workspaces)
    made = path.with_name(f"{path.name}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(made, flags, 0o600)
    with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor has no Path
        content = SeenProcesses(boot_id=boot_id(), processes=processes)
        file.write(msgspec.json.encode(content) + b"\n")
    made.replace(path)


def _path(workspaces: Path) -> Path:
    return workspaces / ".processes.json"
