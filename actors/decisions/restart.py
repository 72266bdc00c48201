"""Whether and when an ended child is started again. PURE: clock readings come in as arguments.

Knows intensity, period and back-off, and which siblings go with a failed child. Promises at most
`intensity` restarts in any `period_seconds` of the monotonic clock. Timers, threads and the retry
of a child that was given up are left to `actors.supervision`.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

RestartMode = Literal["permanent", "transient", "temporary"]
"""`permanent`: always started again; `transient`: after an abnormal end; `temporary`: never."""

Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]

_MOST_DOUBLINGS = 64  # keeps the power within a float; any sane limit is reached long before


class RestartPolicy(Struct, frozen=True, kw_only=True):
    """How often and how fast. `jitter`: the share (0 to 1) of a delay that chance may take off."""

    intensity: int = 5
    period_seconds: float = 60.0
    backoff_first_seconds: float = 0.5
    backoff_limit_seconds: float = 30.0
    jitter: float = 0.1
    healthy_seconds: float = 60.0


class RestartHistory(Struct, frozen=True, kw_only=True):
    """What earlier ends of this child left behind.

    `restarts`: monotonic times at which restarts were due, those of the last period, oldest first.
    `consecutive`: restarts since the child last ran for `healthy_seconds`.
    `gave_up`: it passed its intensity and has not been healthy since.
    """

    restarts: tuple[float, ...] = ()
    consecutive: int = 0
    gave_up: bool = False


class Restart(Struct, frozen=True):
    delay_seconds: float
    history: RestartHistory


class Leave(Struct, frozen=True):
    """It ended as it should: nothing to do."""


class GiveUp(Struct, frozen=True):
    history: RestartHistory


def after_end(
    policy: RestartPolicy,
    restart: RestartMode,
    history: RestartHistory,
    *,
    abnormal: bool,
    now: float,
    started_at: float,
    random01: float,
) -> Restart | Leave | GiveUp:
    """Decide on a child that ran from `started_at` to `now`, both of the monotonic clock.

    A child that was given up, was tried again and failed before it was healthy is given up at
    once: one trial per retry, not a new series. `random01` is a number from 0 to 1.
    """
    if restart == "temporary" or (restart == "transient" and not abnormal):
        return Leave()
    healthy = now - started_at >= policy.healthy_seconds
    consecutive = 0 if healthy else history.consecutive
    delay = _delay_seconds(policy, consecutive, random01)
    due = now + delay
    recent = tuple(at for at in history.restarts if at > due - policy.period_seconds)
    if len(recent) >= policy.intensity or (history.gave_up and not healthy):
        given_up = RestartHistory(restarts=recent, consecutive=consecutive, gave_up=True)
        return GiveUp(given_up)
    return Restart(delay, RestartHistory(restarts=(*recent, due), consecutive=consecutive + 1))


def affected(strategy: Strategy, order: Sequence[str], failed: str) -> tuple[str, ...]:
    """The children to start again when `failed` is, itself included, in the order of start."""
    if strategy == "one_for_one":
        return (failed,)
    if strategy == "one_for_all":
        return tuple(order)
    return tuple(order[order.index(failed) :])


def _delay_seconds(policy: RestartPolicy, consecutive: int, random01: float) -> float:
    doubled = policy.backoff_first_seconds * 2.0 ** min(consecutive, _MOST_DOUBLINGS)
    # Chance only shortens, so that the limit is one, and a clock moved by the nominal delay is
    # always past it.
    return min(policy.backoff_limit_seconds, doubled) * (1.0 - policy.jitter * random01)
