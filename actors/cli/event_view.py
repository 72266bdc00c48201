"""How an event is shown to people: one line with its time, its number, its type, what it says."""

from __future__ import annotations

from actors.cli.phrases import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from actors.cli.console import Line

SAID_LIMIT = 200
SAID_LEAST = 12
_SHOWN_APART = frozenset({"n", "type", "session_id", "timestamp"})
_OF_BUDGET = frozenset({"key", "life", "at", "until", "estimated"})
"""By which a call is settled, and its time counted; it says nothing to a person."""
_OF_RECORDS = frozenset({"boot_id", "start_ticks", "nonce", "at"})
"""By which a process is told from every other, and a time that is the line's own."""
_NAMES = ("title", "name", "text", "content", "tool", "status", "state", "id")
"""What stands for a whole record in a line, the first that it has."""


def event_line(event: dict[str, Any], columns: int | None = None, *, with_session: bool) -> Line:
    """`columns`: of the terminal, which the line is cut to; None where it may be longer."""
    number = "" if event.get("n") is None else str(event["n"])
    begin = f"{moment(event.get('timestamp'))}  "
    session = f"{str(event.get('session_id'))[:8]:8}  " if with_session else ""
    head = f"{number:>5}  {event.get('type')}"
    is_of_budget = str(event.get("type")).startswith("budget-")
    hidden = _SHOWN_APART | _OF_BUDGET if is_of_budget else _SHOWN_APART
    shown = ((name, _short(value)) for name, value in event.items() if name not in hidden)
    said = "  ".join(f"{name} {text}" for name, text in shown if text)
    room = SAID_LIMIT if columns is None else columns - len(begin + session + head) - 2
    if columns and room < SAID_LEAST:
        room += columns  # it takes a second row, or it would say nothing
    return [(begin, "dim"), (session, "dim"), (head, ""), (f"  {_cut(said, room)}", "dim")]


def _short(value: Any) -> str:
    """A text as it is; of records what names them; of nothing, and of what is not so, nothing."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, dict):
        named = [value[name] for name in _NAMES if value.get(name)]
        return _short(named[0]) if named else _joined(f"{k} {_short(v)}" for k, v in _told(value))
    if isinstance(value, list):
        return _joined(_short(each) for each in value)
    return str(value)


def _told(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    told = ((name, value) for name, value in record.items() if name not in _OF_RECORDS)
    return ((name, value) for name, value in told if _short(value))


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(text for text in texts if text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: max(limit - 1, 0)]}…"
