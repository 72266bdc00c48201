"""The command line: `greenroom COMMAND`, the same as `python run.py COMMAND`.

Finds the command and the data directory, runs it, and turns every failure into one line on
standard error and an exit status. Imports nothing that the command asked for does not need.
"""

from __future__ import annotations

import os
import sys

from actors.cli.arguments import parse
from actors.cli.catalogue import help_of, load, overview, split_command
from actors.cli.command import Call
from actors.cli.console import Console
from actors.cli.failures import DONE, FAILED, USAGE, CommandError
from actors.cli.place import data_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


def run() -> NoReturn:
    """Run the command of this process, and end it."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command; its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = list(argv)
    console = Console(sys.stdout, sys.stderr, environ, json="--json" in words)
    try:
        status = _dispatch(words, console, environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough; without this the flush at the exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        console.error("interrupted")
        return FAILED
    return status


def _dispatch(words: list[str], console: Console, environ: Mapping[str, str]) -> int:
    name: str | None = None
    call: Call | None = None
    try:
        name, others = split_command(words)
        if name is None:
            return _without_command(others, console)
        command = load(name)
        values = parse(others, command.spec)
        if values["help"]:
            console.out.write(help_of(name) + "\n")
            return DONE
        console.json = values["json"]
        data = data_directory(values["data"], environ)
        call = Call(name, values, data, console, environ)
        return command.run(call)
    except CommandError as error:
        if console.json:
            console.value(error.answer(call.request_type if call else name or ""))
        hint = f"; see: greenroom {name} --help" if name and error.exit_status == USAGE else ""
        console.error(f"{error}{hint}")
        return error.exit_status


def _without_command(words: list[str], console: Console) -> int:
    if "--version" in words:
        console.out.write(f"greenroom {version()}\n")
        return DONE
    wanted = not words or "--help" in words or "-h" in words
    (console.out if wanted else console.err).write(overview() + "\n")
    return DONE if wanted else USAGE


def version() -> str:
    """The installed version, or the one that a checkout says it is."""
    from importlib import metadata

    try:
        return metadata.version("greenroom")
    except metadata.PackageNotFoundError:
        return "0.1.0"
