"""A plan on its way: which of its tasks can be sent, and what was answered.

Those of one session go one after another, those of several at the same time, so many at once. Pure
bookkeeping: sending is for others.
"""

from collections import Counter, deque
from collections.abc import Iterable

from actors.edits.plan import Plan, Task
from storage.edit_claims import Claim, Stamp
from storage.records.request import Answer

AT_ONCE = 16
"""Sessions that are worked on at the same time: each is awake while it is."""

MOST_WAITS = 5
"""So often a task waits for room: it may be larger than all the room that there is."""

DONE_BEFORE = frozenset({"session-exists", "session-deleted"})
"""What is answered where a session was made of this edit already, be it deleted since or not."""


class Errand:
    """`stamp` is the claim's when it was read; `again`: some of it may have been done before."""

    def __init__(self, claim: Claim, plan: Plan, stamp: Stamp | None, *, again: bool) -> None:
        self.claim = claim
        self.plan = plan
        self.stamp = stamp
        self.again = again
        self.refused: list[tuple[Task, str]] = []
        self._by_session: dict[str, deque[Task]] = {}
        for task in plan.tasks:
            self._by_session.setdefault(task.session_id, deque()).append(task)
        self._waiting = deque(self._by_session)
        self._under_way: dict[int, Task] = {}
        self._waits: Counter[int] = Counter()

    @property
    def is_done(self) -> bool:
        return not self._by_session

    def next(self) -> Iterable[Task]:
        """Tasks to be sent now; each is given once."""
        while self._waiting and len(self._under_way) < AT_ONCE:
            task = self._by_session[self._waiting.popleft()][0]
            self._under_way[task.position] = task
            yield task

    def task(self, position: int) -> Task | None:
        """One that was sent and has no answer yet."""
        return self._under_way.get(position)

    def may_wait(self, position: int) -> bool:
        """Whether a task for which there was no room is to be sent again once there is; counted."""
        self._waits[position] += 1
        return self._waits[position] <= MOST_WAITS

    def answered(self, position: int, answer: Answer) -> None:
        task = self._under_way.pop(position)
        if answer.error and answer.error.code not in DONE_BEFORE:
            self.refused.append((task, answer.error.message))
        queue = self._by_session[task.session_id]
        queue.popleft()
        if queue:
            self._waiting.append(task.session_id)
        else:
            del self._by_session[task.session_id]
