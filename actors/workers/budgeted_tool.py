"""A tool call that is cleared with the budgets that it spends from, before it is made.

Runs on the I/O loop. Where no budget is to be asked it costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from actors.messages.budget import ReserveBudget
from actors.ports import ModelError
from actors.surroundings import Surroundings
from actors.workers.budgeted_model import OUT_OF_TIME
from actors.workers.clearance import BudgetedCall, holders
from storage.records.session import Session


@asynccontextmanager
async def cleared(
    around: Surroundings, session: Session, key: str, tell: Callable[[Any], object]
) -> AsyncIterator[None]:
    """What is done inside is the call, which `key` names. ModelError: it may not be made, or its
    time has run out.
    """
    asked = holders(around, session)
    if not asked:
        yield
        return
    budgeted = BudgetedCall(around, asked, _asked(around, session, key), tell)
    made = 0
    try:
        granted = await budgeted.clear()
        made = 1
        async with asyncio.timeout(granted.seconds):
            yield
    except TimeoutError as error:
        text = OUT_OF_TIME.format(budgeted.timed_by)
        raise ModelError(text, code="budget-exceeded") from error
    finally:
        budgeted.settle(tool_calls=made)


def _asked(around: Surroundings, session: Session, key: str) -> ReserveBudget:
    return ReserveBudget(
        session=session.id,
        key=key,
        by=session.id,
        life=around.life,
        at=around.clock.monotonic(),
        tool_calls=1,
    )
