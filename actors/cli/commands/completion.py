"""`completion`: scripts for bash, zsh and fish, and the answers that these scripts ask for.

What a script asks stands behind `--`: of bash the line up to the cursor and the end of it that is
replaced, of the others the words (zsh) or the line (fish). Whatever is wrong then, nothing is said.
"""

from __future__ import annotations

import os
import sys

from actors.cli.arguments import Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.completion.place import CHOICES, Place, place_of
from actors.cli.completion.shell_line import inserted, text_of, words_of
from actors.cli.failures import CommandError, UsageError
from actors.cli.place import data_directory
from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.completion.names import Offer

PATIENCE_SECONDS = 1.5
"""Whoever presses Tab would rather have no names than wait longer."""


def _completion(call: Call) -> int:
    shell, asked = call.values["shell"], call.values["line"]
    if shell not in CHOICES["SHELL"]:
        raise UsageError(f"{shell!r} is no shell that is known; say bash, zsh or fish")
    if asked is not None:
        return _candidates(call, shell, asked)
    from actors.cli.completion.scripts import script

    text = script(shell, _program())
    if call.console.json:
        return call.done({"shell": shell, "script": text}, "")
    call.console.out.write(text)
    return DONE


def _program() -> list[str]:
    """The command by which this process was started, from anywhere."""
    own = os.path.abspath(sys.argv[0])  # noqa: PTH100 - pathlib would cost a fifth of an answer
    return [sys.executable, own] if own.endswith(".py") else [own]


def _candidates(call: Call, shell: str, asked: list[str]) -> int:
    """Print what may stand there, one a line, below what kind of things it is."""
    typed = asked if shell == "zsh" else words_of(asked[0] if asked else "")[1:]
    word = typed[-1] if typed else ""
    place = place_of([text_of(each) for each in typed[:-1]], text_of(word))
    kind = next((each for each in ("files", "directories") if each == place.kinds), "words")
    offers = [(place.before + name, told) for name, told in _offers(call, place, text_of(word))]
    found = [
        (name, told)
        for name, told in dict(offers).items()
        if name.startswith(text_of(word)) and printable(name) == name
    ]
    if call.console.json:
        shown = [{"text": name, "description": told} for name, told in found]
        return call.done({"kind": kind, "candidates": shown}, "")
    lines = [kind]
    for name, told in found:
        text = inserted(word, asked[-1], name) if shell == "bash" else f"{name}\t{told}".rstrip()
        lines += [text] if text else []
    call.console.out.write("".join(f"{each}\n" for each in lines))
    return DONE


def _offers(call: Call, place: Place, current: str) -> list[Offer]:
    """The words of the place itself, and the names that the running program gives for it."""
    kinds = place.kinds.split()
    if not kinds or kinds[0] in {"files", "directories"}:
        return place.offered
    begun = current.removeprefix(place.before)
    try:
        data = _directory(call, place)
        return place.offered + [each for kind in kinds for each in _names(data, kind, begun)]
    except (CommandError, OSError, LookupError, TypeError, AttributeError):
        return place.offered


def _directory(call: Call, place: Place) -> str:
    """The one that the line names, else that of this process."""
    if place.data is None:
        return call.data
    named = os.path.expanduser(place.data)  # noqa: PTH111 - no pathlib here
    return data_directory(named, call.environ)


def _names(data: str, kind: str, current: str) -> list[Offer]:
    from actors.cli.completion import names

    if kind == "asks":
        return names.ask_offers(_ask(data, "list-permissions")["permissions"])
    if kind == "agents":
        return names.agent_offers(_ask(data, "list-agents")["agents"])
    if kind == "trash":
        return names.trash_offers(_ask(data, "list-trash")["sessions"], current)
    sessions = _ask(data, "list-sessions")["sessions"]
    if kind in {"workers", "workers-too"}:
        # A row of that list has no workers, and one request should do for all of them.
        of = {each["id"]: each["workers"] for each in _ask(data, "get-status")["sessions"]}
        sessions = [{**each, "workers": of.get(each["id"], [])} for each in sessions]
        return names.worker_offers(sessions, current, all_of_them=kind == "workers")
    if kind in {"archived", "shown"}:
        is_archived = kind == "archived"
        sessions = [each for each in sessions if (each["status"] == "archived") == is_archived]
    return names.session_offers(sessions, current)


def _ask(data: str, request_type: str) -> Any:
    from actors.cli.command import accepted
    from actors.cli.connection import Connection

    with Connection(data) as connection:
        answer = connection.ask({"type": request_type}, timeout_seconds=PATIENCE_SECONDS)
    return accepted(answer)["data"]


COMMANDS = {
    "completion": Command(
        _completion,
        Spec(["SHELL"], rest="line"),
        (
            "source <(greenroom completion bash)      in ~/.bashrc",
            "source <(greenroom completion zsh)       in ~/.zshrc, behind compinit",
            "greenroom completion fish | source       in ~/.config/fish/config.fish",
            "Commands, options, and the sessions, workers and questions of the running program.",
        ),
    )
}
