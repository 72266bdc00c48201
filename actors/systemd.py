"""What systemd is told of the daemon, and what it is asked for: a unit of its own for a process.

Where there is no systemd all of this does nothing, and nothing of it ever fails. Standard library
only.
"""

import os
import secrets
import shutil
import socket
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

OF_THE_SERVICE = (
    "CREDENTIALS_DIRECTORY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "MANAGERPID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "NOTIFY_SOCKET",
    "SYSTEMD_EXEC_PID",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
)
"""Variables that speak of the service's own process: nobody that it starts is meant."""


class Notifier:
    """Tells whoever started this process as a service how it is, if anyone did.

    `keeps_us`: it is systemd, and brings this very process back when it crashes.
    """

    def __init__(self, address: str, *, keeps_us: bool = False) -> None:
        self.keeps_us = keeps_us
        self._address = address

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> "Notifier":
        """As `environ` has it, from which all that is not for our children is taken."""
        found = {name: environ.pop(name, "") for name in OF_THE_SERVICE}
        keeps_us = found["SYSTEMD_EXEC_PID"] == str(os.getpid())
        return cls(found["NOTIFY_SOCKET"], keeps_us=keeps_us)

    @property
    def listens(self) -> bool:
        """Whether it wants to be told anything."""
        return self._address.startswith(("/", "@"))

    def tell(self, *lines: str) -> None:
        """Assignments as in sd_notify(3). Never waits; what cannot be sent is not."""
        if not self.listens:
            return
        address = os.fsencode(self._address)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            where = b"\0" + address[1:] if address.startswith(b"@") else address
            sender.sendto("\n".join(lines).encode(), where)


class Unit(NamedTuple):
    """Of a running service: its name, and whether a user's manager runs it."""

    name: str
    is_users: bool


def unit_of(control_groups: str) -> Unit | None:
    """The service in what stands in /proc/<pid>/cgroup; None for a scope, or no unit. PURE."""
    for line in control_groups.splitlines():
        _, controllers, path = line.split(":", 2)
        units = [part for part in path.split("/") if part.endswith((".service", ".scope"))]
        if controllers in {"", "name=systemd"} and units and units[-1].endswith(".service"):
            return Unit(units[-1], any(unit.startswith("user@") for unit in units[:-1]))
    return None


def outliving_commands(command: Sequence[str], description: str) -> list[list[str]]:
    """Ways to start `command` so that it outlives the service that we run in, the best first.

    In no service only `command` itself; it also comes last, for where systemd does not help. Each
    ends up as `command` in the same process.
    """
    plain = list(command)
    program = shutil.which("systemd-run")
    service = None
    with suppress(OSError, ValueError):
        service = unit_of(Path("/proc/self/cgroup").read_text("utf-8", "surrogateescape"))
    if program is None or service is None:
        return [plain]
    scope = [program, *_scope_options(service, description)]
    # Systemd before 253 knows no OOMPolicy of a scope, and kills only who used the memory.
    return [[*scope, "--property=OOMPolicy=continue", "--", *plain], [*scope, "--", *plain], plain]


def _scope_options(service: Unit, description: str) -> list[str]:
    return [
        *(["--user"] if service.is_users else []),
        "--scope",
        "--collect",
        "--quiet",
        "--no-ask-password",
        f"--unit=greenroom-terminals-{secrets.token_hex(4)}",
        f"--description={description}",
        "--property=SendSIGHUP=yes",  # interactive shells heed nothing else
        "--property=Delegate=yes",  # sessions with limits have control groups below it
        f"--property=Before={service.name}",  # at the end of a login the service stops first
    ]
