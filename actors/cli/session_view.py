"""Sessions and workers as lines: the listing, one session in full, a list of workers. PURE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.cli.drawing import shortened, style_of, table_lines, width_of
from actors.cli.phrases import joined, local, money, plural, since
from actors.cli.status_view import worker_detail

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

LISTING = ("ID", "TITLE", "TYPE", "STATUS", "WORKERS", "MESSAGES", "UPDATED")
TITLE_COLUMN = 1
TITLE_LIMIT = 40
TITLE_LEAST = 12
GAP = 2
"""Between two columns of a table."""


def listing_lines(
    sessions: list[Json], now: datetime, *, everything: bool, columns: int | None = None
) -> list[Line]:
    """A table of sessions; archived ones only when `everything` is wanted, else counted.

    Titles are shortened so that it fits into `columns`; without a screen to a fixed length.
    """
    shown = [each for each in sessions if everything or each.get("status") != "archived"]
    hidden = len(sessions) - len(shown)
    rows = [_row(each, now) for each in shown]
    lines = table_lines(LISTING, _with_short_titles(rows, columns)) if shown else []
    if not shown:
        lines.append([("no sessions yet; make one with: greenroom new", "dim")])
    if hidden:
        lines.append([(f"and {hidden} archived; see them with: greenroom ls --all", "dim")])
    return lines


def session_lines(session: Json, now: datetime) -> list[Line]:
    """One session: what it is, its workers, its settings, its figures."""
    config = {
        key: value for key, value in (session.get("config") or {}).items() if value is not None
    }
    return [
        [(str(session.get("title")), "bold"), (f" {session.get('id')}", "dim")],
        *_fields(session),
        _field("workers", "" if session.get("workers") else "none"),
        *worker_lines(session.get("workers") or [], now),
        _field("config", joined(f"{key} {value}" for key, value in config.items()) or "none"),
        _field("metrics", _metrics(session.get("metrics") or {})),
    ]


def worker_lines(workers: list[Json], now: datetime) -> list[Line]:
    """A line for each worker: name, id, type, and how it is."""
    if not workers:
        return []
    rows: list[list[Span]] = [
        [
            (f"  {shortened(str(each.get('name')), TITLE_LIMIT)}", ""),
            (f"{each.get('id')}", "dim"),
            (str(each.get("agent") or each.get("type")), ""),
            ("", ""),
        ]
        for each in workers
    ]
    heading, *lines = table_lines(("  NAME", "ID", "TYPE", "STATE"), rows)
    details = [worker_detail(each, {}, now) for each in workers]
    return [heading, *([*line, *detail] for line, detail in zip(lines, details, strict=True))]


def _with_short_titles(rows: list[list[Span]], columns: int | None) -> list[list[Span]]:
    limit = TITLE_LIMIT
    if columns is not None:
        others = [at for at in range(len(LISTING)) if at != TITLE_COLUMN]
        taken = [max(len(LISTING[at]), *(width_of([row[at]]) for row in rows)) for at in others]
        limit = max(TITLE_LEAST, columns - sum(taken) - GAP * len(others))
    return [
        [
            (shortened(text, limit), style) if at == TITLE_COLUMN else (text, style)
            for at, (text, style) in enumerate(row)
        ]
        for row in rows
    ]


def _row(session: Json, now: datetime) -> list[Span]:
    status = str(session.get("status"))
    ago = since(session.get("updated_at"), now)
    return [
        (str(session.get("id")), ""),
        (str(session.get("title")), "bold"),
        (str(session.get("type")), ""),
        (status, style_of(status)),
        (str(session.get("worker_count", 0)), ""),
        (str(session.get("message_count", 0)), ""),
        (f"{ago} ago" if ago else "", "dim"),
    ]


def _fields(session: Json) -> list[Line]:
    status = str(session.get("status"))
    return [
        [
            *_field("status", ""),
            (status, style_of(status)),
            (f", desired {session.get('desired')}", ""),
        ],
        _field("type", str(session.get("type"))),
        _field("directory", str(session.get("location_path"))),
        *([_field("branch", str(session["branch"]))] if session.get("branch") else []),
        _field("created", local(session.get("created_at"))),
        _field("updated", local(session.get("updated_at"))),
        _field("messages", _messages(session)),
    ]


def _messages(session: Json) -> str:
    waiting = session.get("open_requests") or 0
    return joined([
        str(session.get("message_count", 0)),
        plural(waiting, "open request") if waiting else "",
    ])  # fmt: skip


def _metrics(metrics: Json) -> str:
    used = metrics.get("context_utilization")
    window = metrics.get("max_context_window")
    context = f"context {used:.0%} of {window}" if used is not None else "context unknown"
    return joined([
        f"{metrics.get('prompt_tokens', 0)} prompt tokens",
        f"{metrics.get('completion_tokens', 0)} completion tokens",
        money(metrics.get("estimated_cost")),
        context,
    ])  # fmt: skip


def _field(name: str, value: str) -> Line:
    return [(f"{name:<10}", "dim"), (value, "")]
