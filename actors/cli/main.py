"""The command line: `greenroom COMMAND`, the same as `python run.py COMMAND`.

Finds the command and the data directory, runs it, and turns every failure into one line on
standard error and an exit status. Imports nothing that the command asked for does not need.
"""

from __future__ import annotations

import os
import sys

from actors.cli.arguments import Option, Spec, parse
from actors.cli.catalogue import help_of, load, overview, split_command
from actors.cli.command import Call
from actors.cli.console import Console
from actors.cli.failures import DONE, USAGE, CommandError, NoDaemonError, UsageError
from actors.cli.place import data_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


def run() -> NoReturn:
    """Run the command of this process, and end it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started us closed it: nobody reads that
            nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
            setattr(sys, name, nowhere)
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command; its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = list(argv)
    before = words[: words.index("--")] if "--" in words else words
    console = Console(sys.stdout, sys.stderr, environ, json="--json" in before)
    try:
        status = _dispatch(words, console, environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough; without this the flush at the exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return status


def _dispatch(words: list[str], console: Console, environ: Mapping[str, str]) -> int:
    call: Call | None = None
    name: str | None = None
    try:
        name, others = split_command(words)
        if name is None:
            return _without_command(others, console)
        command = load(name)
        values = parse(others, command.spec)
        if values["help"]:
            return console.told_help(name, help_of(name))
        console.json = values["json"]
        data = data_directory(values["data"], environ)
        if data != data_directory(None, environ):
            console.named_data = data
        call = Call(name, values, data, console, environ)
        return command.run(call)
    except BrokenPipeError:
        raise
    except (CommandError, OSError, KeyboardInterrupt) as error:
        failure = _in_one_line(error)
        failure = _with_keeper(failure, call.data) if call else failure
        return _failed(failure, console, name, call.request_type if call else name)


def _failed(
    error: CommandError, console: Console, name: str | None, request_type: str | None
) -> int:
    if console.json:
        console.value(error.answer(request_type or ""))
    is_usage = name and error.exit_status == USAGE and "--help" not in str(error)
    hint = f"; see: greenroom {name} --help" if is_usage else ""
    console.error(f"{error}{hint}")
    return error.exit_status


def _with_keeper(error: CommandError, data: str) -> CommandError:
    """A daemon that was killed is brought back: nobody has to start it."""
    if isinstance(error, NoDaemonError) and not error.is_final:
        from actors.cli.processes import pids_of

        if pids_of("keeper", data):
            text = f"the daemon of {data} has ended, and its keeper brings it back; ask again in a"
            return NoDaemonError(data, f"{text} moment, and see why with: greenroom logs")
    return error


def _in_one_line(error: BaseException) -> CommandError:
    """What the world refused, as a failure of the command."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return CommandError("interrupted", code="interrupted")
    where = getattr(error, "filename", None)
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return CommandError(f"{os.fsdecode(where)}: {what}" if isinstance(where, str | bytes) else what)


def _without_command(words: list[str], console: Console) -> int:
    values = parse(words, Spec(options=[Option("--version", "the version")]))
    if values["version"]:
        console.out.write(f"greenroom {version()}\n")
        return DONE
    if words and not values["help"]:
        raise UsageError("no command is named; see: greenroom --help")
    return console.told_help(None, overview())


def version() -> str:
    """The installed version, or the one that a checkout says it is."""
    from importlib import metadata

    try:
        return metadata.version("greenroom")
    except metadata.PackageNotFoundError:
        return "0.1.0"
