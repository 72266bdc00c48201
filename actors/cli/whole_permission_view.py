"""One permission request in full, for whoever is to answer it. PURE.

Every line of what it is to be called with is shown, behind a mark that nothing of greenroom's own
has, so that no argument passes for a line of greenroom.
"""

from __future__ import annotations

from actors.cli.permission_view import HOW, arguments_of, short_id, what_of
from actors.cli.phrases import lasting
from actors.cli.printable import shown_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line

    Json = dict[str, Any]

MARK = "  | "
CUT = "long values are cut here"
CUT_OF_SERVER = f"{CUT}; .mcp.json in the session's directory has all of them"


def whole_lines(asked: Json, args: Json | None) -> list[Line]:
    """`args`: the call's own arguments; None where only what was kept to be shown is known."""
    left = lasting(asked.get("seconds_left"))
    lines: list[Line] = [
        [(f"may {what_of(asked)} run?", "bold"), (f" {left} left", "warn")],
        [("id       ", "dim"), (str(asked.get("id")), "")],
        [("session  ", "dim"), (str(asked.get("title")), "")],
    ]
    for name, value in (arguments_of(asked) if args is None else args).items():
        lines += [[(f"  {name}:", "dim")], *_value(value)]
    if args is None and is_cut(asked):
        lines.append([(CUT_OF_SERVER if asked.get("kind") == "server" else CUT, "warn")])
    if asked.get("reason"):
        lines.append([("reason   ", "dim"), (str(asked["reason"]), "")])
    return [*lines, [(f"answer with: {HOW.format(short_id(asked))}", "dim")]]


def is_cut(asked: Json) -> bool:
    """Whether of its arguments only the beginnings were kept to be shown."""
    arguments = arguments_of(asked)
    return "…" in arguments or any(
        isinstance(value, str) and value.endswith(" characters)") for value in arguments.values()
    )


def _value(value: object) -> list[Line]:
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [[(f"{MARK}{line}", "")] for line in shown_lines(text) or ['""']]
