"""Open permission requests as lines: what is asked, where, for how long, and how to answer. PURE.

Names, descriptions and arguments are a server's and a model's words; the console makes them fit.
"""

from __future__ import annotations

from actors.cli.drawing import GAP, TAIL_LEAST, TAIL_LIMIT, Node, shortened, table_lines, width_of
from actors.cli.phrases import lasting

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
            (shortened(_what(each), TOOL_LIMIT), ""),
        ]
        for each in asked
    ]
    heading, *lines = table_lines(HEADINGS, rows)
    shown = [_with_arguments(line, each, columns) for line, each in zip(lines, asked, strict=True)]
    return [heading, *shown, [(f"answer with: {HOW.format('ID')}", "dim")]]


def _with_arguments(line: Line, asked: Json, columns: int | None) -> Line:
    room = TAIL_LIMIT if columns is None else columns - width_of(line) - GAP
    text = _why(asked)
    return [*line, (f"  {shortened(text, room)}", "dim")] if room >= TAIL_LEAST and text else line


def permission_nodes(session_id: str, asked: list[Json]) -> list[Node]:
    """Those that are shown at this session, with those of the sessions that it started."""
    return [_node(session_id, each) for each in asked if session_id in (each.get("shown_in") or ())]


def _node(session_id: str, asked: Json) -> Node:
    own = asked.get("session_id") == session_id
    where = "" if own else f" in {shortened(str(asked.get('title')), TITLE_LIMIT)}"
    label: Line = [("asks", "warn"), (f" {shortened(_what(asked), TOOL_LIMIT)}", "bold")]
    left = f"{lasting(asked.get('seconds_left'))} left"
    return Node(label, [(f"{HOW.format(short_id(asked))}{where}, {left}", "warn")])


def note_lines(asked: Json) -> list[str]:
    """For whoever waits for an answer of the model: the question, and how to answer it."""
    left = lasting(asked.get("seconds_left"))
    what = shortened(f"{_what(asked)} {_why(asked)}".strip(), NOTE_LIMIT)
    return [
        f"asked: may {what} run? ({left} left)",
        f"answer it with: greenroom answer {short_id(asked)} allow",
        f"            or: greenroom answer {short_id(asked)} deny",
    ]


def answering(asked: Json) -> str:
    """In a line: what is asked, and how to answer it."""
    return f"{shortened(_what(asked), TOOL_LIMIT)}: {HOW.format(short_id(asked))}"


def _what(asked: Json) -> str:
    name = str(asked.get("tool"))
    return f"the server {name}" if asked.get("kind") == "server" else name


def _why(asked: Json) -> str:
    import json

    arguments = json.dumps(asked.get("arguments") or {}, ensure_ascii=False)
    reason = asked.get("reason")
    return f"({reason}) {arguments}" if reason else arguments
