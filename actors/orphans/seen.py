"""What was seen below workers, and its file: it tells whose a process is that lost every mark.

The file stands beside the terminal host's identity, outlives a crash of everything, and means
nothing after the next boot of the machine. Written when something changes, and never synced.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
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


class SeenAccount:
    """`owners`: of all that was seen, and of the first processes of what began since. Looks are
    told by their numbers.
    """

    def __init__(self, workspaces: Path) -> None:
        self.owners: dict[Identity, Owner] = {}
        self._workspaces = workspaces
        self._began: dict[Identity, tuple[Owner, int]] = {}

    def open(self) -> None:
        self.owners = read(self._workspaces)

    def begin(self, who: Identity, owner: Owner, look: int) -> None:
        """One began after that look; its nonce tells whose what it started is, also if it has
        ended by the next one. Not in the file before `note`.
        """
        self.owners[who] = owner
        self._began[who] = owner, look

    def looked(self, owners: Mapping[Identity, Owner], look: int) -> None:
        """All that this look saw."""
        self._began = {who: each for who, each in self._began.items() if each[1] >= look}
        found = {**{who: owner for who, (owner, _) in self._began.items()}, **owners}
        if found != self.owners:
            self.owners = found
            self.note()

    def note(self) -> None:
        with suppress(OSError):  # a full disk: it is known as long as we live
            write(self._workspaces, self.owners)


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
