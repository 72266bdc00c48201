"""How a session talks to its model, and what that may cost."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

ContextStrategy = Literal["summarize", "truncate", "relevance", "adaptive"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]

GREATEST: dict[str, int] = {
    "tokens": 2**53,
    "usd": 10**12,
    "tool_calls": 2**53,
    "wall_seconds": 10**9,
}
"""So much may be asked for of each limit: every sum and share of it can be reckoned and written."""
LEAST = 1e-6
"""A limit is at least this, or 0."""


class Budget(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Limits of a session and of the sessions it started; absent means unlimited, 0 nothing.

    A limit that was recorded when more could be asked for is read as the greatest.
    """

    tokens: Count | None = None
    usd: Decimal | None = None
    tool_calls: Count | None = None
    wall_seconds: Annotated[float, Meta(ge=0)] | None = None
    allow_unknown_prices: bool = False

    def __post_init__(self) -> None:
        for limit in self._beyond():
            force_setattr(self, limit, type(getattr(self, limit))(GREATEST[limit]))
        for limit in self._specks():
            force_setattr(self, limit, type(getattr(self, limit))(0))

    def _specks(self) -> list[str]:
        """The limits that are all but nothing: no share of them can be reckoned."""
        return [limit for limit in GREATEST if 0 < (getattr(self, limit) or 0) < LEAST]

    def _beyond(self) -> list[str]:
        """The limits that are more than the greatest, or no number."""
        set_ = {limit: getattr(self, limit) for limit in GREATEST}
        return [
            limit
            for limit, most in set_.items()
            if most is not None and not (_is_number(most) and most <= GREATEST[limit])
        ]


def _limit(limit: str) -> Meta:
    """What `StrictBudget` takes, for the schema; it says itself what is wrong with others."""
    bounds = {"minimum": 0, "maximum": GREATEST[limit]}
    specks = {"exclusiveMinimum": 0, "exclusiveMaximum": LEAST}
    return Meta(extra_json_schema={**bounds, "not": specks})


class StrictBudget(Budget, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget as it may be asked for: nothing that budgets do not have, and no odd number."""

    tokens: Annotated[Count, _limit("tokens")] | None = None
    usd: Annotated[Decimal, _limit("usd")] | None = None
    tool_calls: Annotated[Count, _limit("tool_calls")] | None = None
    wall_seconds: Annotated[float, Meta(ge=0), _limit("wall_seconds")] | None = None

    def __post_init__(self) -> None:
        if self.usd is not None and not (self.usd.is_finite() and self.usd >= 0):
            raise ValueError("`usd` is an amount of US dollars, 0 or more")
        for limit in self._beyond():
            raise ValueError(f"`{limit}` is at most {GREATEST[limit]:,}; null lifts the limit")
        for limit in self._specks():
            raise ValueError(f"`{limit}` is 0, or at least a millionth")


def _is_number(most: float | Decimal) -> bool:
    return not isinstance(most, Decimal) or most.is_finite()


MOST_PROCESSES = 4_194_304
"""Linux has no more on a machine."""
LEAST_MEMORY_BYTES = 2**20
MOST_MEMORY_BYTES = 2**53
"""With less no program starts: whoever says less meant another unit."""


class Limits(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What all processes of a session together may be and use; absent means unlimited."""

    processes: Positive | None = None
    memory_bytes: Positive | None = None


def _bounds(least: int, most: int) -> Meta:
    """For the schema; `StrictLimits` says itself what is wrong with others."""
    return Meta(extra_json_schema={"minimum": least, "maximum": most})


class StrictLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits as they may be asked for: nothing that limits do not have, and no odd number."""

    processes: Annotated[Positive, _bounds(1, MOST_PROCESSES)] | None = None
    memory_bytes: Annotated[int, _bounds(LEAST_MEMORY_BYTES, 2**53)] | None = None

    def __post_init__(self) -> None:
        if self.processes is not None and self.processes > MOST_PROCESSES:
            raise ValueError(f"`processes` is at most {MOST_PROCESSES:,}; null lifts the limit")
        memory = self.memory_bytes
        if memory is not None and not LEAST_MEMORY_BYTES <= memory <= MOST_MEMORY_BYTES:
            raise ValueError(
                f"`memory_bytes` is from {LEAST_MEMORY_BYTES:,} (1 MiB) to {MOST_MEMORY_BYTES:,};"
                " null lifts the limit"
            )


class SessionConfig(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`provider` and `model` absent: those of the workspace. `tools` absent: all; empty: none."""

    provider: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    effort: Effort | None = None
    max_tokens: Positive | None = None
    context_strategy: ContextStrategy | None = None
    tools: tuple[str, ...] | None = None
    provider_options: dict[str, Any] | None = None
    budget: Budget | None = None
    limits: Limits | None = None


class TokenMetrics(Struct, frozen=True, gc=False, kw_only=True):
    """Sums over the session; `context_utilization` (0 to 1) is of the last model call alone.

    `prompt_tokens` includes cached ones. An unknown price or window is None, never 0.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    total_tokens: int = 0
    estimated_cost: Decimal | None = None
    price_source: str | None = None
    context_utilization: float | None = None
    max_context_window: int | None = None
