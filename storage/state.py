"""Everything that a session's journal says, folded into one value."""

from msgspec import Struct, field

from storage.ledger import Ledger
from storage.records.conversation import Round, Turn
from storage.records.message import ChatMessage
from storage.records.session import Session


class SessionState(Struct, frozen=True, kw_only=True):
    """`session` is None before the first event. Finished rounds are in `rounds`, open ones in
    `open_rounds`, oldest first; only the first of them can be running.
    """

    session: Session | None = None
    deleting: bool = False
    deleted: bool = False
    critical: bool = False
    doomed_workers: frozenset[str] = frozenset()
    inputs: int = 0
    messages: Ledger[ChatMessage] = field(default_factory=Ledger)
    rounds: Ledger[Round] = field(default_factory=Ledger)
    open_rounds: tuple[Round, ...] = ()

    @property
    def record(self) -> Session:
        """The session of a state that has one."""
        if self.session is None:
            raise LookupError("the journal has no session yet")
        return self.session

    def round(self, response_id: str) -> Round | None:
        for candidate in self.open_rounds:
            if candidate.id == response_id:
                return candidate
        return self.rounds.find(response_id)

    @property
    def running(self) -> tuple[Round, Turn] | None:
        """The round whose answer is being made, with its latest turn."""
        if self.open_rounds and self.open_rounds[0].turns:
            return self.open_rounds[0], self.open_rounds[0].turns[-1]
        return None
