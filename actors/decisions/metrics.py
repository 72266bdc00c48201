"""PURE: what a model call adds to a session's numbers."""

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.decisions.decision import Draft
from actors.decisions.models import model_of
from storage import codec
from storage.errors import FileRefused
from storage.records.config import TokenMetrics
from storage.records.conversation import Cost, Turn, Usage
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


def cut_off(
    draft: Draft, turn: Turn, written: tuple[Content, ...], counted: Usage | None
) -> tuple[Usage, Cost | None]:
    """What a call of the turn that was cut off is thought to have taken, and its price.

    `counted`: as far as it is known, None if nobody has said; `written`: what came of the answer.
    """
    known = Usage(prompt_tokens=_prompt(draft.state)) if counted is None else counted
    came = _tokens(written) if written else 0
    usage = replace(known, completion_tokens=max(known.completion_tokens, came))
    provider, model = model_of(draft.state.record.config, draft.given.settings())
    return usage, draft.given.prices.cost(usage, turn.model or model, provider)


def _prompt(state: SessionState) -> int:
    """Tokens of a prompt that nobody counted: what the last call that was counted took, with all
    that was said since; no more than the window that it was counted for.
    """
    last = _last_counted(state)
    since = last.completed_at if last else None
    new = [m for m in state.messages if since is None or m.created_at > since]
    known = last.usage.total_tokens if last and last.usage else 0
    guess = known + sum(_tokens(message.content) for message in new)
    return min(guess, state.record.metrics.max_context_window or guess)


def _last_counted(state: SessionState) -> Turn | None:
    for one in (*state.open_rounds[:1], *reversed(state.rounds)):
        for turn in reversed(one.turns):
            if turn.usage and not turn.estimated:
                return turn
    return None


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
