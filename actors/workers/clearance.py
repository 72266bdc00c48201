"""Clears one call with every session whose budget it spends from, and tells them what it used.

Those are the session itself and the ones that it was started from, as far as they have a budget;
each decides and journals for itself. Runs on the I/O loop and blocks no actor. What is asked here
and not settled, since a crash came between, counts as spent.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from actors.decisions import budget
from actors.decisions.parents import line_of
from actors.messages.budget import Granted, ReserveBudget, SettleBudget
from actors.messages.session import Dispatch, NotDurable, Reply
from actors.ports import ModelError
from actors.surroundings import Surroundings
from storage.records.conversation import Usage
from storage.records.request import Refusal
from storage.records.session import Session

READY_SECONDS = 10.0
"""A directory that crashed is there again within this."""
NOBODY = Refusal(
    code="starting", message="nobody could be asked about the budget; see greenroom status"
)
NOTHING = Usage()
_MAY_PASS = frozenset({"interrupted", "internal-error", "starting"})


def holders(around: Surroundings, session: Session) -> tuple[str, ...]:
    """The ids of those whose budget its calls spend from, itself first. A deleted one has none."""
    return tuple(
        one.id
        for one in line_of(session, around.index.session)
        if budget.in_force(one, around.workspaces.settings(one.workspace)) is not None
    )


class BudgetedCall:
    """`asked` names the call. `tell` reaches the actor of the session that makes it.

    Whoever clears it settles it, whatever happens.
    """

    def __init__(
        self,
        around: Surroundings,
        holders: tuple[str, ...],
        asked: ReserveBudget,
        tell: Callable[[Any], object],
    ) -> None:
        self._around = around
        self._holders = holders
        self._asked = asked
        self._tell = tell
        self._reached: list[str] = []
        self._unanswered: str | None = None
        self.timed_by: str | None = None
        """The holder with the least time left; None if none has a limit of time."""

    async def clear(self) -> Granted:
        """How much it may use; the most frugal holder decides. ModelError: it may not be made."""
        granted = Granted(self._asked.max_tokens)
        for holder in self._holders:
            self._reached.append(holder)
            self._unanswered = holder
            asked = replace(self._asked, session=holder, max_tokens=granted.max_tokens)
            answer = await self._answer(asked)
            self._unanswered = None
            if isinstance(answer, Granted):
                lesser = _lesser(granted, answer)
                self.timed_by = self.timed_by if lesser.seconds == granted.seconds else holder
                granted = lesser
            elif holder == self._asked.by or answer.code != "session-not-found":
                self.settle()
                code = answer.code
                raise ModelError(answer.message, code=code, retryable=code in _MAY_PASS)
        return granted

    async def _answer(self, asked: ReserveBudget) -> Granted | Refusal:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def deliver(value: Any) -> None:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(_give, answered, value)

        self._send(asked, Reply(deliver))
        value = await answered
        outcome: Granted | Refusal = value.value if isinstance(value, NotDurable) else value
        return outcome

    def _send(self, request: ReserveBudget | SettleBudget, reply: Reply) -> None:
        self._around.directory.tell_within(
            READY_SECONDS,
            Dispatch(request, reply),
            self._around.clock,
            lambda: reply.send(NOBODY),
        )

    def settle(
        self,
        usage: Usage = NOTHING,
        *,
        tool_calls: int = 0,
        estimated: bool = False,
    ) -> None:
        """What it used; nothing if it was never made. The first word counts."""
        reached, self._reached = self._reached, []
        for holder in reached:
            told = SettleBudget(
                session=holder,
                key=self._asked.key,
                until=self._around.clock.monotonic(),
                usage=usage,
                model=self._asked.model,
                provider=self._asked.provider,
                tool_calls=tool_calls,
                estimated=estimated,
            )
            if holder == self._asked.by and holder != self._unanswered:
                self._tell(told)  # before what else it is told of this call
            else:  # by the way that the question went, and so behind it
                self._send(told, Reply(lambda _: None))


def _lesser(one: Granted, other: Granted) -> Granted:
    seconds = [each.seconds for each in (one, other) if each.seconds is not None]
    return Granted(min(one.max_tokens, other.max_tokens), min(seconds) if seconds else None)


def _give(future: "asyncio.Future[Any]", value: Any) -> None:
    if not future.done():
        future.set_result(value)
