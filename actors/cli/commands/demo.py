"""`demo`: hands over to the demonstration, its words as they came."""

from importlib import import_module
from pathlib import Path

from actors.cli.arguments import Spec
from actors.cli.command import Call, Command


def _demo(call: Call) -> int:
    place = Path(call.values["data"]).absolute() if call.values["data"] else None
    play = import_module("actors.demo.main").main
    status: int = play(call.values["arguments"], place, as_json=call.console.json)
    return status


COMMANDS = {
    "demo": Command(
        _demo,
        Spec(rest="arguments", open_ended=True),
        ("greenroom demo", "greenroom demo --data ~/look    play it there, and leave what it made"),
    ),
}
