"""Lets a look-up show what its session was asked before it, and nothing that came later.

Look-ups are answered from the durable records, and a change that was handed over may not be in them
yet. One that wants to be answered in order goes by way of the session's actor, behind all that came
before it. Others show what is durable, however long the disk takes. Part of the directory, in its
thread.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from actors.messages.session import Dispatch, GetRecord, Reply
from actors.sessions.flights import CUT_SHORT
from storage.records import request as r
from storage.records.request_kinds import is_of_the_past, is_reading
from storage.records.session import Session

if TYPE_CHECKING:
    from actors.sessions.directory import Directory
    from actors.sessions.look_ups import LookUps


class Order:
    """`_changing`: sessions that were handed something that may not be in their records yet."""

    def __init__(self, directory: "Directory", look_ups: "LookUps") -> None:
        self._directory = directory
        self._look_ups = look_ups
        self._changing: set[str] = set()

    def handed_over(self, session_id: str, asked: Dispatch) -> None:
        """The session was given this request."""
        if not is_reading(asked.request) and not isinstance(asked.request, GetRecord):
            self._changing.add(session_id)

    def forget(self, session_id: str) -> None:
        """It is deleted."""
        self._changing.discard(session_id)

    def answers(self, asked: Dispatch) -> bool:
        """True for a look-up that is answered by way of its session's actor."""
        request = asked.request
        if not asked.in_order or not isinstance(request, r.OfSession):
            return False
        found = self._directory.resolve(request.session)
        if not isinstance(found, str) or found not in self._changing:
            return False
        if not self._directory.is_occupied(found):
            self._changing.discard(found)  # all that its actor did was told before it ended
            return False

        def answer(record: object) -> None:
            """From the actor's thread."""
            if is_of_the_past(request):
                self._again(replace(asked, in_order=False))
            elif isinstance(record, Session):
                self._look_ups.answer_of(record, request, asked.reply)
            else:
                self._look_ups.answer(request, asked.reply)

        self._directory.hand_over(found, Dispatch(GetRecord(session=found), Reply(answer)))
        return True

    def _again(self, asked: Dispatch) -> None:
        """Behind what the directory was told of the journal's end. From the actor's thread."""
        if not self._directory.around.directory.tell(asked):
            asked.reply.send(CUT_SHORT)
