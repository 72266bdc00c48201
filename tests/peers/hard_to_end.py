"""`hard_to_end.py DIRECTORY`: a program that leaves behind all that a program can leave behind.

Everyone puts a file into DIRECTORY whose name is its kind and its pid. All ignore HUP and TERM.
`hard_to_end.py DIRECTORY server` does so, too, and is an MCP server.
"""

import os
import signal
import sys
import time
from pathlib import Path

BULK = 12
SERVER = Path(__file__).with_name("mcp_demo.py")


def leave(directory: Path) -> None:
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    child(directory, "ignores")
    child(directory, "stopped", stop=True)
    child(directory, "setsid", setsid=True)
    double_fork(directory)
    cleared(directory)
    for _ in range(BULK):
        child(directory, "bulk", setsid=True)


def note(directory: Path, kind: str) -> None:
    (directory / f"{kind}-{os.getpid()}").touch()


def stay(directory: Path, kind: str, *, stop: bool = False) -> None:
    note(directory, kind)
    if stop:
        os.kill(os.getpid(), signal.SIGSTOP)
    while True:
        time.sleep(100)


def child(directory: Path, kind: str, *, setsid: bool = False, stop: bool = False) -> None:
    if os.fork() == 0:
        if setsid:
            os.setsid()
        stay(directory, kind, stop=stop)


def double_fork(directory: Path) -> None:
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        stay(directory, "double")
    os.waitpid(pid, 0)


def cleared(directory: Path) -> None:
    """Neither a mark nor our session: only who was seen below us is known by that."""
    if os.fork() == 0:
        os.setsid()
        words = [sys.executable, __file__, str(directory), "cleared"]
        os.execve(words[0], words, {})


def main(directory: Path, what: str) -> None:
    if what == "cleared":
        stay(directory, what)
    leave(directory)
    if what != "server":
        stay(directory, "leader")
    note(directory, "leader")
    os.execv(sys.executable, [sys.executable, str(SERVER)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:] or [""])
