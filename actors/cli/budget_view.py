"""A budget as lines for people. PURE."""

from __future__ import annotations

from actors.cli.drawing import table_lines
from actors.cli.phrases import money, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

NAMES = {
    "tokens": "tokens",
    "usd": "US dollars",
    "tool_calls": "tool calls",
    "wall_seconds": "seconds",
}
SHARE_WARNED = 0.8


def budget_lines(budget: Json) -> list[Line]:
    """A row per kind of limit, with what was spent here and by what the session started.

    Without limits only tokens and dollars of the session itself are counted.
    """
    limits = budget.get("limits")
    lines: list[Line] = [_heading(budget), *(_counted(budget, limits) if limits else ())]
    lines += [_counted_against(above) for above in budget.get("above") or []]
    if not limits:
        lines.append(_used(budget.get("used") or {}))
    return lines


def _used(used: Json) -> Line:
    tokens = used.get("tokens") or 0
    cost = f", {money(used.get('usd'))}" if tokens else ""
    return [
        (f"used by itself so far: {tokens:,} {'token' if tokens == 1 else 'tokens'}{cost}", ""),
        ("; calls, seconds and what it starts are counted once it has a limit", "dim"),
    ]


def _counted_against(above: Json) -> Line:
    share = share_phrase(above)
    return [
        ("counts against ", "dim"),
        (str(above.get("title")), "bold"),
        (f" {above.get('session_id')}", "dim"),
        (f", {share}" if share else "", ""),
    ]


def _counted(budget: Json, limits: Json) -> list[Line]:
    rows = [_row(budget, limits, kind) for kind in NAMES]
    lines = table_lines(("", "LIMIT", "LEFT", "SPENT", "OWN", "BY OTHERS", "SET ASIDE"), rows)
    unpriced = (budget.get("spent") or {}).get("unpriced_calls")
    if unpriced:
        lines.append([(f"not in the dollars: {plural(unpriced, 'call')} of unknown price", "warn")])
    if limits.get("allow_unknown_prices"):
        lines.append([("models of unknown price are allowed", "dim")])
    return lines


def _heading(budget: Json) -> Line:
    whose = {"session": "its own budget", "workspace": "the budget that its workspace gives it"}
    without = "no budget of its own" if budget.get("above") else "no budget: nothing is limited"
    text = whose.get(str(budget.get("limits_from")), without)
    share = share_phrase(budget)
    return [
        (str(budget.get("title")), "bold"),
        (f" {budget.get('session_id')}", "dim"),
        (f" {text}{f', {share}' if share else ''}", ""),
    ]


def _row(budget: Json, limits: Json, kind: str) -> list[Span]:
    spent, own, reserved = (
        (budget.get(name) or {}).get(kind) or 0 for name in ("spent", "own", "reserved")
    )
    limit = limits.get(kind)
    is_near = kind == budget.get("limit") and (budget.get("share") or 0) >= SHARE_WARNED
    return [
        (NAMES[kind], ""),
        ("none" if limit is None else _figure(kind, limit), "dim" if limit is None else "bold"),
        ("" if limit is None else _figure(kind, _left(limit, spent, reserved)), ""),
        (_figure(kind, spent), "warn" if is_near else ""),
        (_figure(kind, own), ""),
        (_figure(kind, spent - own), ""),
        (_figure(kind, reserved), ""),
    ]


def _left(limit: float, spent: float, reserved: float) -> float:
    """What the next call may still take: neither spent nor set aside for a call under way."""
    return max(0, limit - spent - reserved)


def _figure(kind: str, amount: float) -> str:
    if kind == "usd":
        return f"{amount:.4f}"
    return f"{amount:.1f}" if kind == "wall_seconds" else f"{amount:,}"


def limits_phrase(limits: Json) -> str:
    """`9,000 tokens, 5 tool calls`; empty where nothing is limited."""
    return ", ".join(
        f"{_figure(kind, limits[kind])} {name}"
        for kind, name in NAMES.items()
        if limits.get(kind) is not None
    )


def share_phrase(budget: Json) -> str:
    """`43 % of its tokens spent`; empty where nothing is limited."""
    share, kind = budget.get("share"), budget.get("limit")
    if not isinstance(share, (int, float)) or kind not in NAMES:
        return ""
    return f"{share:.0%} of its {NAMES[kind]} spent".replace("%", " %")
