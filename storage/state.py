"""Everything that a session's journal says, folded into one value."""

from msgspec import Struct, field

from storage.ledger import Ledger
from storage.records.budget import Reservation
from storage.records.conversation import Round, Turn
from storage.records.delivery import Prompt
from storage.records.message import ChatMessage
from storage.records.permission import PermissionRequest
from storage.records.removal import Removal, RemovedWorktree
from storage.records.session import Session


class SessionState(Struct, frozen=True, kw_only=True):
    """`session` is None before the first event. `n`: of the journal's last line that is in it.
    Finished rounds are in `rounds`, open ones in
    `open_rounds`, oldest first; only the first of them can be running. So it is with `prompts` for
    agents, of which each worker has one under way. `permissions` are the answered permission
    requests, of which the first `answered_elsewhere` were so in another greenroom, where alone
    they hold; `remembered`: the hashes of what was allowed for the rest of the session. `digests`:
    tool -> what its server said of it when it last ran here. `reservations` are of calls under way
    that spend from this session's budget; `counted_until`: up to when their time is counted, on
    the clock of the run that they belong to. `removal`: the worktree goes before the session does;
    `removed` or `kept`, why, is what became of that.
    """

    session: Session | None = None
    n: int = 0
    deleting: bool = False
    deleted: bool = False
    removal: Removal | None = None
    removed: RemovedWorktree | None = None
    kept: str | None = None
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
    answered_elsewhere: int = 0
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

    def useless_summaries(self, model: str) -> tuple[str, ...]:
        """The first message of each span of which this model gave a summary that was of no use,
        once for each such answer.
        """
        turns = [turn for one in (*self.rounds, *self.open_rounds) for turn in one.turns]
        asked = [turn for turn in turns if turn.model == model]
        return tuple(made.of for turn in asked for made in turn.summaries if made.of)

    @property
    def running(self) -> tuple[Round, Turn] | None:
        """The round whose answer is being made, with its latest turn."""
        if self.open_rounds and self.open_rounds[0].turns:
            return self.open_rounds[0], self.open_rounds[0].turns[-1]
        return None
