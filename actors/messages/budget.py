"""What a session with a budget is told of a call that would spend from it, its own or a child's.

Said by whoever makes the calls; no front takes these.
"""

from msgspec import Struct

from storage.records.conversation import Usage
from storage.records.request import OfSession


class ReserveBudget(OfSession, frozen=True, kw_only=True, tag="reserve-budget"):
    """May `by` make the call that is known as `key`? Answered with a Granted or a refusal.

    Of a model: `prompt_tokens` and at most `max_tokens` of answer, of which `least` are needed.
    `estimated`: the prompt could not be counted. Of tools: so many calls. `life` is the run of
    greenroom that makes it, `at` the seconds on its clock.
    """

    key: str
    by: str
    life: str
    at: float
    model: str | None = None
    provider: str | None = None
    prompt_tokens: int = 0
    max_tokens: int = 0
    least: int = 0
    estimated: bool = False
    tool_calls: int = 0


class Granted(Struct, frozen=True):
    """It may be made, with at most so much answer; it is to be cut off after `seconds`."""

    max_tokens: int
    seconds: float | None = None


class SettleBudget(OfSession, frozen=True, kw_only=True, tag="settle-budget"):
    """The call has ended, or was never made. `estimated`: it was cut off; `until`: see `at`."""

    key: str
    until: float
    usage: Usage = Usage()
    model: str | None = None
    provider: str | None = None
    tool_calls: int = 0
    estimated: bool = False
