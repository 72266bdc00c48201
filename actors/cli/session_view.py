"""Sessions and workers as lines: the listing, one session in full, a list of workers. PURE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.cli.budget_view import limits_phrase
from actors.cli.drawing import (
    GAP,
    TAIL_LEAST,
    TAIL_LIMIT,
    detail_lines,
    shortened,
    style_of,
    table_lines,
    width_of,
)
from actors.cli.fork_view import BRANCH, fork_phrase, under_origins
from actors.cli.own_words import Advice
from actors.cli.permission_view import answering
from actors.cli.phrases import joined, local, money, plural, since
from actors.cli.status_view import activity_phrase, worker_detail
from actors.cli.timer_view import timer_phrase
from actors.cli.worktree_view import set_up_lines, where_cell, worktree_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

TITLE, WHERE, DOING = "TITLE", "WHERE", "ACTIVITY"
LISTING = ("ID", TITLE, "TYPE", WHERE, "STATUS", "WORKERS", "MESSAGES", "UPDATED", DOING)
ONLY_IF_ANY = frozenset({WHERE, DOING})
TITLE_LIMIT = 40
WHERE_LIMIT = 30
TITLE_LEAST = 12
LEFT_OUT = ("MESSAGES", "WORKERS", "TYPE", "UPDATED", WHERE, DOING)
"""In this order, where a terminal is too narrow for all."""
TAIL_SHARE = 40
"""Of the last column so much is wanted before titles get more than their least."""


def listing_lines(
    sessions: list[Json], now: datetime, *, everything: bool, columns: int | None = None
) -> list[Line]:
    """A table of sessions; archived ones only when `everything` is wanted, else counted.

    Titles are shortened so that it fits into `columns`, without a screen to a fixed length, and
    the last column is cut there.
    """
    shown = [each for each in sessions if everything or each.get("status") != "archived"]
    hidden = len(sessions) - len(shown)
    rows = [_row(each, depth, now) for each, depth in under_origins(shown)]
    lines = table_lines(*_fitted(rows, columns)) if shown else []
    if not shown:
        lines.append([(Advice("no sessions yet; make one with: greenroom new"), "dim")])
    if hidden:
        more = Advice(f"and {hidden} archived; see them with: greenroom ls --all")
        lines.append([(more, "dim")])
    return lines


def session_lines(session: Json, now: datetime, columns: int | None = None) -> list[Line]:
    """One session: what it is, its workers, its settings, its figures."""
    config = {
        key: value for key, value in (session.get("config") or {}).items() if value is not None
    }
    budget = limits_phrase(config.pop("budget", None) or {})
    config.pop("limits", None)
    return [
        [(str(session.get("title")), "bold"), (f" {session.get('id')}", "dim")],
        *_fields(session),
        _field("workers", "" if session.get("workers") else "none"),
        *worker_lines(session.get("workers") or [], now, columns),
        *(_field("timer", timer_phrase(each, now)) for each in session.get("timers") or []),
        _field("config", joined(f"{key} {value}" for key, value in config.items()) or "none"),
        *(
            [_field("budget", Advice(f"{budget}; spent: greenroom budget {session['id']}"))]
            if budget
            else []
        ),
        _field("metrics", _metrics(session.get("metrics") or {})),
    ]


def worker_lines(workers: list[Json], now: datetime, columns: int | None = None) -> list[Line]:
    """A line for each worker: name, id, type, and how it is; what is seen fits into `columns`."""
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
    details = [worker_detail(each, each.get("actor") or {}, now) for each in workers]
    beside = detail_lines(details, width_of(lines[0]), columns)
    return [heading, *([*line, *detail] for line, detail in zip(lines, beside, strict=True))]


def _fitted(rows: list[list[Span]], columns: int | None) -> tuple[Sequence[str], list[list[Span]]]:
    """Headings and rows. Where its directory is and what is done have a column if anything is, and
    what is done has what the others leave it; a title has what they leave it but for some of that.
    """
    places = _places(rows, columns)
    names = [LISTING[at] for at in places]
    shown = [[row[at] for at in places] for row in rows]
    limits = {TITLE: TITLE_LIMIT, WHERE: WHERE_LIMIT, DOING: TAIL_LIMIT}
    widths = {
        name: max(len(name), *(width_of([row[at]]) for row in shown))
        for at, name in enumerate(names)
    }
    if columns is not None:
        done, where = widths.get(DOING, 0), widths.get(WHERE, 0)
        others = sum(widths.values()) - widths[TITLE] - done + GAP * (len(names) - 1)
        others -= where - min(where, WHERE_LIMIT)
        limits[TITLE] = max(TITLE_LEAST, columns - others - min(done, TAIL_SHARE))
        title = min(widths[TITLE], limits[TITLE])
        limits[DOING] = max(TAIL_LEAST, columns - others - title)
    return names, [
        [
            (shortened(text, limits[name]) if name in limits else text, style)
            for name, (text, style) in zip(names, row, strict=True)
        ]
        for row in shown
    ]


def _places(rows: list[list[Span]], columns: int | None) -> list[int]:
    """The columns that say anything, as many of them as there is room for."""
    least = {
        at: max(len(name), *(width_of([row[at]]) for row in rows))
        for at, name in enumerate(LISTING)
        if name not in ONLY_IF_ANY or any(row[at][0] for row in rows)
    }
    for name, limit in ((TITLE, TITLE_LEAST), (WHERE, WHERE_LIMIT), (DOING, TAIL_LEAST)):
        if (at := LISTING.index(name)) in least:
            least[at] = min(least[at], limit)
    for name in LEFT_OUT:
        if columns is not None and sum(least.values()) + GAP * (len(least) - 1) > columns:
            least.pop(LISTING.index(name), None)
    return list(least)


def _row(session: Json, depth: int, now: datetime) -> list[Span]:
    status = str(session.get("status"))
    ago = since(session.get("updated_at"), now)
    return [
        (str(session.get("id")), ""),
        (f"{'  ' * (depth - 1)}{BRANCH if depth else ''}{session.get('title')}", "bold"),
        (str(session.get("type")), ""),
        where_cell(session),
        (status, style_of(status)),
        (str(session.get("worker_count", 0)), ""),
        (str(session.get("message_count", 0)), ""),
        (f"{ago} ago" if ago else "", "dim"),
        (
            _doing(session.get("activity") or {}, now),
            style_of((session.get("activity") or {}).get("state")),
        ),
    ]


def _doing(activity: Json, now: datetime) -> str:
    """What it does, since when and by which source, which of its workers, and what says so."""
    phrase = activity_phrase(activity, now)
    name, text = activity.get("name"), activity.get("text")
    return f"{phrase}{f', {name}' if name else ''}{f': {text}' if text else ''}"


def _fields(session: Json) -> list[Line]:
    status, parent = str(session.get("status")), session.get("parent_session_id")
    return [
        [
            *_field("status", ""),
            (status, style_of(status)),
            (f", desired {session.get('desired')}", ""),
        ],
        _field("type", str(session.get("type"))),
        _field("directory", str(session.get("location_path"))),
        *([_field("branch", str(session["branch"]))] if session.get("branch") else []),
        *worktree_lines(session.get("worktree") or {}),
        *([(f"{'set-up':<10}", "dim"), span] for span in set_up_lines(session)),
        _field("created", local(session.get("created_at"))),
        _field("updated", local(session.get("updated_at"))),
        _field("messages", _messages(session)),
        *([_field("parent", str(parent))] if parent else []),
        *([_field("fork of", fork_phrase(session))] if fork_phrase(session) else []),
        *(_field("asks", answering(asked)) for asked in session.get("permissions") or []),
    ]


def _messages(session: Json) -> str:
    waiting = session.get("open_requests") or 0
    return joined([
        str(session.get("message_count", 0)),
        plural(waiting, "open request") if waiting else "",
    ])  # fmt: skip


def _metrics(metrics: Json) -> str:
    used = metrics.get("context_utilization")
    window, source = metrics.get("max_context_window"), metrics.get("price_source")
    context = f"context {used:.0%} of {window}" if used is not None else "context unknown"
    return joined([
        f"{metrics.get('prompt_tokens', 0)} prompt tokens{_cached(metrics)}",
        f"{metrics.get('completion_tokens', 0)} completion tokens",
        f"{money(metrics.get('estimated_cost'))}{f' by {source}' if source else ''}",
        context,
    ])  # fmt: skip


def _cached(metrics: Json) -> str:
    """Those that the provider's cache had, and those that it was given."""
    read, written = (metrics.get(f"cache_{kind}_tokens") or 0 for kind in ("read", "write"))
    return f" ({read} from the cache, {written} to it)" if read or written else ""


def _field(name: str, value: str) -> Line:
    return [(f"{name:<10}", "dim"), (value, "")]
