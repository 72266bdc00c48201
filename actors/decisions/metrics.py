"""PURE: what a model call adds to a session's numbers."""

from typing import Any

import msgspec
from msgspec.structs import replace

from storage import codec
from storage.errors import FileRefused
from storage.records.config import TokenMetrics
from storage.records.conversation import Cost, Usage
from storage.records.event import ContextWindowCritical, Event, TokenMetricsUpdated
from storage.records.message import Content
from storage.state import SessionState

CRITICAL_ABOVE = 0.8
BYTES_PER_TOKEN = 4
"""Of text in JSON, roughly: for calls whose tokens nobody counted."""


def after_call(
    before: TokenMetrics, usage: Usage, cost: Cost | None, window: int | None, *, critical: bool
) -> tuple[Event, ...]:
    """`critical`: the window was reported critical and has not been re-armed since."""
    utilization = usage.prompt_tokens / window if window else None
    metrics = replace(
        _added(before, usage, cost), context_utilization=utilization, max_context_window=window
    )
    return _reported(metrics, critical=critical)


def after_cut(before: TokenMetrics, estimate: Usage, cost: Cost | None) -> TokenMetricsUpdated:
    """A call that was cut off, or made a summary, took something too; how full the window is, it
    does not tell.
    """
    return TokenMetricsUpdated(_added(before, estimate, cost))


def estimate(state: SessionState, written: tuple[Content, ...]) -> Usage:
    """What a call that was cut off is thought to have taken: what the last one that was counted
    took, with all that was said since, and for the answer what came of it.
    """
    rounds = (*state.rounds[-1:], *state.open_rounds[:1])
    turns = [turn for one in rounds for turn in one.turns if turn.usage and not turn.estimated]
    counted = turns[-1].usage if turns else None
    since = turns[-1].completed_at if turns else None
    new = [m for m in state.messages if since is None or m.created_at > since]
    known = counted.total_tokens if counted else 0
    return Usage(
        prompt_tokens=known + sum(_tokens(message.content) for message in new),
        completion_tokens=_tokens(written) if written else 0,
    )


def _tokens(content: tuple[Content, ...]) -> int:
    return -(-len(codec.encode(content)) // BYTES_PER_TOKEN)


def _added(before: TokenMetrics, usage: Usage, cost: Cost | None) -> TokenMetrics:
    return replace(
        before,
        prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
        completion_tokens=before.completion_tokens + usage.completion_tokens,
        cache_read_tokens=before.cache_read_tokens + usage.cache_read_tokens,
        cache_write_tokens=before.cache_write_tokens + usage.cache_write_tokens,
        total_tokens=before.total_tokens + usage.total_tokens,
        **_priced(before, cost),
    )


def set_by_hand(
    before: TokenMetrics, changes: dict[str, Any], *, critical: bool
) -> tuple[Event, ...]:
    """`changes` on top of what was; the total follows. FileRefused if a value is wrong."""
    fields = {**msgspec.to_builtins(before), **changes}
    metrics: TokenMetrics = codec.convert(fields, TokenMetrics)
    for name in changes.keys() - {"price_source"}:
        if (getattr(metrics, name) or 0) < 0:
            raise FileRefused("a count cannot be negative", path=f"$.{name}")
    total = metrics.prompt_tokens + metrics.completion_tokens
    return _reported(replace(metrics, total_tokens=total), critical=critical)


def _reported(metrics: TokenMetrics, *, critical: bool) -> tuple[Event, ...]:
    updated = TokenMetricsUpdated(metrics)
    utilization, window = metrics.context_utilization, metrics.max_context_window
    if utilization is None or window is None or utilization <= CRITICAL_ABOVE or critical:
        return (updated,)
    return updated, ContextWindowCritical(utilization, window)


def _priced(before: TokenMetrics, cost: Cost | None) -> dict[str, Any]:
    """A sum with an unknown part is unknown."""
    if cost is None or (before.estimated_cost is None and before.total_tokens):
        return {"estimated_cost": None, "price_source": None}
    total = (before.estimated_cost or 0) + cost.usd
    return {"estimated_cost": total, "price_source": cost.source}
