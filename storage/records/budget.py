"""What a session and those it started have spent of its budget, and what is set aside for calls.

The limits themselves stand in `config.py`.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from storage.records.config import Budget

Limit = Literal["tokens", "usd", "tool_calls", "wall_seconds"]
LIMITS: tuple[Limit, ...] = ("tokens", "usd", "tool_calls", "wall_seconds")


class Amounts(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One amount per kind of limit. `wall_seconds`: while at least one call was under way.

    `unpriced_calls`: calls of models whose price nobody knows; what they cost is not in `usd`.
    """

    tokens: int = 0
    usd: Decimal = Decimal(0)
    tool_calls: int = 0
    wall_seconds: float = 0.0
    unpriced_calls: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            tokens=self.tokens + other.tokens,
            usd=self.usd + other.usd,
            tool_calls=self.tool_calls + other.tool_calls,
            wall_seconds=self.wall_seconds + other.wall_seconds,
            unpriced_calls=self.unpriced_calls + other.unpriced_calls,
        )


class Spending(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`spent` is the session's own and its children's together, `own` the part that is its own.

    `reserved` is set aside for calls under way, and for those that a crash cut off: it counts.
    """

    spent: Amounts = Amounts()
    own: Amounts = Amounts()
    reserved: Amounts = Amounts()


class Reservation(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Set aside for one call before it is made. `by`: the session that makes it.

    `life`: the run of greenroom that it belongs to; of an earlier one it is what a crash left.
    """

    key: str
    by: str
    life: str
    amounts: Amounts


def shares(budget: Budget, used: Amounts) -> dict[Limit, float]:
    """How much of each limit is used: 1 is all of it. Of a limit of nothing there is no share."""
    limits = {limit: getattr(budget, limit) for limit in LIMITS}
    return {
        limit: float(getattr(used, limit)) / float(most) for limit, most in limits.items() if most
    }
