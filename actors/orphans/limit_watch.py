"""Holds sessions to their limits by the account: whoever makes one too large is told of, once.

Used in the sweeper's thread, after each look. What follows is for the session to decide.
"""

from collections.abc import Iterable, Mapping

from actors.decisions import limits
from actors.messages.orphans import Owner, Usage
from actors.messages.session import Dispatch, EndOverLimit, Reply
from actors.surroundings import Mailbox
from storage.records.session import Session

_Incarnation = tuple[str, str]
"""Key and nonce."""


class LimitWatch:
    def __init__(self, directory: Mailbox) -> None:
        self._directory = directory
        self._told: set[_Incarnation] = set()

    def looked(
        self, sessions: Iterable[Session], usage: Mapping[str, Usage], owners: Iterable[Owner]
    ) -> None:
        seen = {(owner.key, owner.nonce) for owner in owners}
        self._told &= seen
        for session in sessions:
            held_to = session.config.limits if session.config else None
            excess = limits.excess(session.id, held_to, usage) if held_to else None
            if excess:
                key = f"{session.id}/{excess.by}"
                whose = {each for each in seen if each[0] == key}
                if not whose <= self._told:
                    self._told |= whose
                    self._tell(session.id, excess)

    def _tell(self, session_id: str, excess: limits.Excess) -> None:
        request = EndOverLimit(
            session=session_id,
            by=excess.by,
            limit=excess.limit,
            most=excess.most,
            found=excess.found,
            text=excess.text,
        )
        self._directory.tell(Dispatch(request, Reply(lambda _: None)))
