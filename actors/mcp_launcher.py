"""Runs one MCP server, or the clean-up of a worktree, and leaves nobody of it behind: not when it
ends, not when we are gone.

`mcp-launcher LIFELINE -- PROGRAM ARGUMENT…` gives its standard streams to the server. When the pipe
LIFELINE ends, because it was closed or the daemon was killed, and when the server itself has ended,
everything below this process is ended: TERM, two seconds, KILL. Orphans come here, so that neither
a double fork nor a session of its own lets one escape. A greenroom that was started below it, and
what that one runs, lives on. Ends as the server did. Standard library only.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from pathlib import Path

from actors import limit_mark
from actors.entry import role_and_directory
from actors.process_table import all_processes, become_subreaper, descendants, send_signal

GRACE_SECONDS = 2.0
_LOOK_SECONDS = 0.02
NOT_FOUND_STATUS = 127
USAGE_STATUS = 2
ENTER_GROUP = "GREENROOM_CGROUP"
"""The variable that names the control group to enter; the server does not get it."""
NONCE = "GREENROOM_NONCE"
"""The variable whose value tells this run from others of the same; the server gets it."""


def main(arguments: Sequence[str]) -> int:
    """The server's exit status; its signal ends this process, too."""
    if len(arguments) < 3 or arguments[1] != "--" or not arguments[0].isdigit():
        sys.stderr.write("usage: mcp-launcher LIFELINE -- PROGRAM [ARGUMENT…]\n")
        return USAGE_STATUS
    become_subreaper()
    _enter_group(os.environ.pop(ENTER_GROUP, ""))
    _bear_mark(os.environ.get(NONCE, ""))
    wakeup = _wake_on(signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    lifeline = int(arguments[0])
    _keep_to_ourselves()
    try:
        server = os.posix_spawnp(
            arguments[2],
            list(arguments[2:]),
            os.environ,
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
        )
    except OSError as error:
        sys.stderr.write(f"{arguments[2]}: {error.strerror}\n")
        return NOT_FOUND_STATUS
    _leave_all_to_the_server()
    status = _wait(server, lifeline, wakeup)
    later = _end_all(server)
    return _end_like(status if status is not None else later)


def _keep_to_ourselves() -> None:
    """The lifeline, and a lock that lasts as long as we do."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers are all that is wanted
        if int(name) > sys.stderr.fileno():
            with suppress(OSError):  # that of the listing itself
                os.set_inheritable(int(name), False)


def _enter_group(group: str) -> None:
    """Before the server is there, so that all of it is inside; else all of it runs outside."""
    if group:
        with suppress(OSError, ValueError):
            Path(group, "cgroup.procs").write_text("0", "ascii")


def _bear_mark(nonce: str) -> None:
    """By it whatever escapes is known, should this process be killed."""
    if nonce:
        with suppress(OSError, ValueError):
            limit_mark.bear(nonce)


def _wake_on(*numbers: signal.Signals) -> int:
    """A descriptor that is readable once one of them came."""
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return read_fd


def _leave_all_to_the_server() -> None:
    """It alone holds the streams, so that their end is its end, and stands where it was started."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.chdir("/")


def _wait(server: int, lifeline: int, wakeup: int) -> int | None:
    """The server's wait status; None if the lifeline ended, or a signal told us to end."""
    while True:
        for fd in select.select([lifeline, wakeup], [], [])[0]:
            if fd == lifeline and not os.read(lifeline, 4096):
                return None
            if fd == wakeup and set(os.read(wakeup, 4096)) - {signal.SIGCHLD}:
                return None
        status = _reap(server)
        if status is not None:
            return status


def _reap(server: int) -> int | None:
    """Reap all that ended; the wait status of the server if it was among them."""
    found = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == server:
                found = status
            elif pid == 0:
                break
    return found


def _end_all(server: int) -> int | None:
    """End whatever is below us; the wait status of the server if it was still alive."""
    found = None
    asked: set[int] = set()
    force_at = time.monotonic() + GRACE_SECONDS
    give_up_at = inf  # however late we come to it, all are forced before that
    while True:
        status = _reap(server)
        found = found if status is None else status
        left = descendants(all_processes(), os.getpid(), _is_a_greenrooms)
        if not left or time.monotonic() >= give_up_at:
            return found
        now = time.monotonic()
        is_forced = now > force_at
        if is_forced:
            give_up_at = min(give_up_at, now + GRACE_SECONDS)
        for each in left:
            if is_forced or each.pid not in asked:
                asked.add(each.pid)
                with suppress(PermissionError):
                    number = signal.SIGKILL if is_forced else signal.SIGTERM
                    send_signal(each.pid, each.start_ticks, number)
        time.sleep(_LOOK_SECONDS)


def _is_a_greenrooms(pid: int) -> bool:
    """A keeper, daemon or terminal host of whatever data directory: it is nobody's to end."""
    try:
        return role_and_directory(Path(f"/proc/{pid}/cmdline").read_bytes()) is not None
    except OSError:
        return False


def _end_like(status: int | None) -> int:
    code = os.waitstatus_to_exitcode(status) if status is not None else 0
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code
