"""Open permission requests as lines: what is asked, where, for how long, and how to answer. PURE.

Names, descriptions and arguments are a server's and a model's words; the console makes them fit.
What does not fit into a line is cut, which is said, with the command that shows all of it.
"""

from __future__ import annotations

from actors.cli.drawing import GAP, TAIL_LEAST, TAIL_LIMIT, Node, shortened, table_lines, width_of
from actors.cli.own_words import Advice
from actors.cli.phrases import lasting
from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

HEADINGS = ("ID", "SESSION", "LEFT", "TOOL")
TITLE_LIMIT = 30
TOOL_LIMIT = 40
NOTE_LIMIT = 200
NONE_OPEN = "nothing is asked"
HOW = "greenroom answer {} allow|deny"
WHOLE = "greenroom asks {}"


def short_id(asked: Json) -> str:
    """The beginning of its id, which is enough to answer it."""
    return str(asked.get("id")).partition("-")[0]


def permission_lines(asked: list[Json], columns: int | None = None) -> list[Line]:
    """A table, oldest first; the arguments are cut at `columns`. How to answer stands below."""
    if not asked:
        return [[(NONE_OPEN, "dim")]]
    rows: list[list[Span]] = [
        [
            (short_id(each), "bold"),
            (shortened(str(each.get("title")), TITLE_LIMIT), ""),
            (lasting(each.get("seconds_left")), "warn"),
            (shortened(what_of(each), TOOL_LIMIT), ""),
        ]
        for each in asked
    ]
    heading, *lines = table_lines(HEADINGS, rows)
    shown = [_with_arguments(line, each, columns) for line, each in zip(lines, asked, strict=True)]
    below: list[Line] = [[(Advice(f"answer with: {HOW.format('ID')}"), "dim")]]
    if any(cut for _, cut in shown):
        whole = Advice(f"what was cut is shown whole by: {WHOLE.format('ID')}")
        below.insert(0, [(whole, "warn")])
    return [heading, *(line for line, _ in shown), *below]


def _with_arguments(line: Line, asked: Json, columns: int | None) -> tuple[Line, bool]:
    """The line, and whether something of what is asked did not fit into it."""
    room = TAIL_LIMIT if columns is None else columns - width_of(line) - GAP
    text = _why(asked)
    cut = len(printable(text)) > room or len(printable(what_of(asked))) > TOOL_LIMIT
    if room < TAIL_LEAST:
        return line, cut
    return [*line, (f"  {shortened(text, room)}", "dim")], cut


def permission_nodes(session_id: str, asked: list[Json]) -> list[Node]:
    """Those that are shown at this session, with those of the sessions that it started."""
    return [_node(session_id, each) for each in asked if session_id in (each.get("shown_in") or ())]


def _node(session_id: str, asked: Json) -> Node:
    own = asked.get("session_id") == session_id
    where = "" if own else f" in {shortened(str(asked.get('title')), TITLE_LIMIT)}"
    label: Line = [("asks", "warn"), (f" {shortened(what_of(asked), TOOL_LIMIT)}", "bold")]
    left = f"{lasting(asked.get('seconds_left'))} left"
    how = Advice(HOW.format(short_id(asked)))
    return Node(label, [(how, "warn"), (f"{where}, {left}", "warn")])


def note_lines(asked: Json) -> list[str]:
    """For whoever waits for an answer of the model: the question, and how to answer it."""
    left = lasting(asked.get("seconds_left"))
    text = f"{what_of(asked)} {_why(asked)}".strip()
    cut = len(printable(text)) > NOTE_LIMIT
    return [
        f"asked: may {shortened(text, NOTE_LIMIT)} run? ({left} left)",
        *([f"that is not all of it; see it whole with: {WHOLE.format(short_id(asked))}"] * cut),
        f"answer it with: greenroom answer {short_id(asked)} allow",
        f"            or: greenroom answer {short_id(asked)} deny",
    ]


def answering(asked: Json) -> str:
    """In a line: what is asked, and how to answer it."""
    return f"{shortened(what_of(asked), TOOL_LIMIT)}: {HOW.format(short_id(asked))}"


def what_of(asked: Json) -> str:
    """The tool, or the server that is to be started."""
    name = str(asked.get("tool"))
    return f"the server {name}" if asked.get("kind") == "server" else name


def arguments_of(asked: Json) -> Json:
    """What it is to be called or started with; a server's digest tells people nothing."""
    arguments = dict(asked.get("arguments") or {})
    if asked.get("kind") == "server":
        arguments.pop("digest", None)
    return arguments


def _why(asked: Json) -> str:
    import json

    arguments = json.dumps(arguments_of(asked), ensure_ascii=False)
    reason = asked.get("reason")
    return f"{arguments} ({reason})" if reason else arguments
