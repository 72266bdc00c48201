"""`logs`: what the daemon and its keeper wrote down, with or without a daemon."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.arguments import Option, Spec, number
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError, UsageError
from actors.log_bound import SUFFIX

if TYPE_CHECKING:
    from typing import IO

LINES = 50
TAIL_LIMIT_BYTES = 1 << 22
SEEN_BYTES = 64
FOLLOW_SECONDS = 0.2
"""How often a followed log is looked at: soon enough for a person, cheap enough to leave open."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a log, of its last 4 MiB at most, and before these of the older
    file. OSError when there is none.
    """
    with path.open("rb", buffering=0) as file:
        return _last_lines(path, file, count)


def _last_lines(path: Path, file: IO[bytes], count: int) -> list[str]:
    lines = _tail(file, count)
    if len(lines) < count:
        with suppress(OSError), _older(path).open("rb") as older:
            lines = [*_tail(older, count - len(lines)), *lines]
    return lines


def _older(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


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
    """Print what comes until Ctrl-C, also when the file is replaced, emptied, or not there yet.

    Nothing is read ahead: what was read of a file that is emptied says nothing of it any more.
    """
    if call.console.json:
        raise UsageError("-f prints as it comes, which is no single JSON answer")
    is_again = False
    try:
        while True:
            try:
                with path.open("rb", buffering=0) as file:
                    lines = _tail(file, count) if is_again else _last_lines(path, file, count)
                    seen = _seen(file)
                    call.console.lines([(line, "")] for line in lines)
                    _print_until_replaced(call, path, file, seen)
            except FileNotFoundError:
                time.sleep(FOLLOW_SECONDS)
            count, is_again = LINES, True
    except KeyboardInterrupt:
        return DONE


def _print_until_replaced(call: Call, path: Path, file: IO[bytes], seen: bytes) -> None:
    rest = b""
    while True:
        at = file.tell()
        if os.pread(file.fileno(), len(seen), at - len(seen)) != seen:
            rest += _set_aside(path, at, seen)
            seen = b""
            file.seek(0)
        came = file.read()
        seen = (seen + came)[-SEEN_BYTES:]
        *lines, rest = (rest + came).split(b"\n")
        call.console.lines([(line.decode("utf-8", "replace"), "")] for line in lines)
        if path.stat().st_ino != os.fstat(file.fileno()).st_ino:
            return
        time.sleep(FOLLOW_SECONDS)


def _seen(file: IO[bytes]) -> bytes:
    """What stands just before where the file is read on."""
    at = file.tell()
    seen = file.read(at - file.seek(max(0, at - SEEN_BYTES)))
    file.seek(at)
    return seen


def _set_aside(path: Path, at: int, seen: bytes) -> bytes:
    """What followed in the log before it was emptied, if the older file is what was read here."""
    with suppress(OSError), _older(path).open("rb") as file:
        file.seek(at - len(seen))
        if file.read(len(seen)) == seen:
            return file.read()
    return b""


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
