"""PURE: what a model call adds to a session's numbers."""

from typing import Any

import msgspec
from msgspec.structs import replace

from storage import codec
from storage.errors import FileRefused
from storage.records.config import TokenMetrics
from storage.records.conversation import Cost, Usage
from storage.records.event import ContextWindowCritical, Event, TokenMetricsUpdated

CRITICAL_ABOVE = 0.8


def after_call(
    before: TokenMetrics, usage: Usage, cost: Cost | None, window: int | None, *, critical: bool
) -> tuple[Event, ...]:
    """`critical`: the window was reported critical and has not been re-armed since."""
    utilization = usage.prompt_tokens / window if window else None
    metrics = replace(
        before,
        prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
        completion_tokens=before.completion_tokens + usage.completion_tokens,
        cache_read_tokens=before.cache_read_tokens + usage.cache_read_tokens,
        cache_write_tokens=before.cache_write_tokens + usage.cache_write_tokens,
        total_tokens=before.total_tokens + usage.prompt_tokens + usage.completion_tokens,
        context_utilization=utilization,
        max_context_window=window,
        **_priced(before, cost),
    )
    return _reported(metrics, critical=critical)


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


def _priced(before: TokenMetrics, cost: Cost | None) -> dict[str, object]:
    """A sum with an unknown part is unknown."""
    if cost is None or (before.estimated_cost is None and before.total_tokens):
        return {"estimated_cost": None, "price_source": None}
    total = (before.estimated_cost or 0) + cost.usd
    return {"estimated_cost": total, "price_source": cost.source}
