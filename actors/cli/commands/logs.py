"""`logs`: what the daemon and its keeper wrote down, with or without a daemon."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.arguments import Option, Spec, number
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError, UsageError

if TYPE_CHECKING:
    from typing import IO

LINES = 50
TAIL_LIMIT_BYTES = 1 << 22
FOLLOW_SECONDS = 0.2
"""How often a followed log is looked at: soon enough for a person, cheap enough to leave open."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a log, of its last 4 MiB at most. OSError when there is none."""
    with path.open("rb") as file:
        return _tail(file, count)


def _tail(file: IO[bytes], count: int) -> list[str]:
    """The last lines; the file stands at its end afterwards."""
    end = file.seek(0, 2)
    file.seek(max(0, end - TAIL_LIMIT_BYTES))
    lines = file.read(end - file.tell()).decode("utf-8", "replace").splitlines()
    return lines[-count:] if count > 0 else []


def _logs(call: Call) -> int:
    path = Path(call.data, "run", "daemon.log")
    count = number(call.values["lines"], "-n", LINES, least=0)
    if call.values["follow"]:
        return _follow(call, path, count)
    try:
        lines = last_lines(path, count)
    except OSError as error:
        raise CommandError(
            f"no log at {path}: {error.strerror}; a daemon makes one: greenroom start"
        ) from None
    if call.console.json:
        return call.done({"lines": lines}, "")
    call.console.lines([(line, "")] for line in lines)
    return DONE


def _follow(call: Call, path: Path, count: int) -> int:
    """Print what comes until Ctrl-C, also when the file is replaced, cut, or not there yet."""
    if call.console.json:
        raise UsageError("-f prints as it comes, which is no single JSON answer")
    try:
        while True:
            try:
                with path.open("rb") as file:
                    call.console.lines([(line, "")] for line in _tail(file, count))
                    _print_until_replaced(call, path, file)
            except FileNotFoundError:
                time.sleep(FOLLOW_SECONDS)
            count = LINES
    except KeyboardInterrupt:
        return DONE


def _print_until_replaced(call: Call, path: Path, file: IO[bytes]) -> None:
    rest = b""
    while True:
        *lines, rest = (rest + file.read()).split(b"\n")
        call.console.lines([(line.decode("utf-8", "replace"), "")] for line in lines)
        now, ours = path.stat(), file.seek(0, 1)
        if now.st_ino != os.fstat(file.fileno()).st_ino or now.st_size < ours:
            return
        time.sleep(FOLLOW_SECONDS)


COMMANDS = {
    "logs": Command(
        _logs,
        Spec(
            options=[
                Option("--follow", "go on as it grows, across restarts", short="-f"),
                Option("--lines", f"how many of the last lines ({LINES})", metavar="N", short="-n"),
            ]
        ),
        ("greenroom logs -n 200", "greenroom logs -f"),
    )
}
