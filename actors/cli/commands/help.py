"""`help`: the list of commands, or one of them in full."""

from actors.cli.arguments import Spec
from actors.cli.catalogue import help_of, overview
from actors.cli.command import Call, Command


def _help(call: Call) -> int:
    name = " ".join(call.values["command"])
    return call.console.told_help(name or None, help_of(name) if name else overview())


COMMANDS = {
    "help": Command(
        _help,
        Spec(rest="command", open_ended=True),
        ("greenroom help send", "greenroom help worker"),
    )
}
