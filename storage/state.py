"""Everything that a session's journal says, folded into one value."""

from msgspec import Struct, field

from storage.ledger import Ledger
from storage.records.budget import Reservation
from storage.records.conversation import Round, Turn
from storage.records.delivery import Prompt
from storage.records.message import ChatMessage
from storage.records.permission import PermissionRequest
from storage.records.session import Session


class SessionState(Struct, frozen=True, kw_only=True):
    """`session` is None before the first event. Finished rounds are in `rounds`, open ones in
    `open_rounds`, oldest first; only the first of them can be running. So it is with `prompts` for
    agents, of which each worker has one under way. `permissions` are the answered permission
    requests, `remembered` the hashes of what was allowed for the rest of the session. `digests`:
    tool -> what its server said of it when it last ran here. `reservations` are of calls under way
    that spend from this session's budget; `counted_until`: up to when their time is counted, on
    the clock of the run that they belong to.
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
    prompts: Ledger[Prompt] = field(default_factory=Ledger)
    open_prompts: tuple[Prompt, ...] = ()
    permissions: Ledger[PermissionRequest] = field(default_factory=Ledger)
    remembered: frozenset[str] = frozenset()
    digests: dict[str, str] = {}
    reservations: tuple[Reservation, ...] = ()
    counted_until: float = 0.0

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

    def prompt(self, response_id: str) -> Prompt | None:
        for candidate in self.open_prompts:
            if candidate.id == response_id:
                return candidate
        return self.prompts.find(response_id)

    def next_prompt(self, worker_id: str) -> Prompt | None:
        """The worker's oldest prompt that is not delivered."""
        return next((one for one in self.open_prompts if one.worker_id == worker_id), None)

    @property
    def running(self) -> tuple[Round, Turn] | None:
        """The round whose answer is being made, with its latest turn."""
        if self.open_rounds and self.open_rounds[0].turns:
            return self.open_rounds[0], self.open_rounds[0].turns[-1]
        return None
