"""One session: the only writer of its journal, and the supervisor of its workers.

Every command and every outcome goes the same way: decide on `ahead`, fold, put the events on their
way to the disk; once they are durable fold them into `durable`, answer, publish, perform. What is
decided stands in `decisions`, what is performed in `performer`.
"""

from typing import Any

from actors.decisions import processes, session, table
from actors.decisions.decision import Given
from actors.messages import outcomes as o
from actors.messages.recording import Published, TurnGrew
from actors.messages.session import Advanced, Dispatch, Idle, ShutDown
from actors.messages.supervision import Down, Quarantined, Verdict
from actors.recording.commits import Commits, CommitsFailed, Committed
from actors.sessions.flights import CUT_SHORT, Flight, Flights, Waiters, never_silent
from actors.sessions.performer import Performer
from actors.supervision import ActorRef, ChildContext, Supervisor, tell
from actors.surroundings import Surroundings
from storage import fold
from storage.errors import LineTooLong, StorageError
from storage.journal.frame import JournalEnd, require_fit
from storage.records.event import RequestQueued
from storage.records.ids import new_id
from storage.records.request import Refusal
from storage.records.worker import ProcessWorker, Worker
from storage.state import SessionState

IDLE_SECONDS = 60.0
"""A session with nothing to do gives its thread and its file back after this."""


class Wake:
    """Commits have settled."""


class LookIdle:
    """Time to see whether there has been anything to do."""


class SessionActor(Supervisor):
    """`first` is the decision that begins a new session; without one the journal is replayed."""

    strategy = "one_for_one"

    def __init__(
        self,
        context: ChildContext,
        around: Surroundings,
        session_id: str,
        workspace: str,
        first: Flight | None = None,
        named_elsewhere: int = 0,
    ) -> None:
        super().__init__(context)
        self.session_id = session_id
        self.workspace = workspace
        self.around = around
        self.waiters = Waiters()
        self._first = first
        self._named_elsewhere = named_elsewhere
        self._place = around.data.session(workspace, session_id)
        self._ahead = self._durable = SessionState()
        self._flights = Flights()
        self._commits: Commits | None = None
        self._performer = Performer(self)
        self._requests = 0
        self._busy_at = context.clock.monotonic()
        self._is_closing = False
        self._is_shutting_down = False

    # Start and end.

    def started(self) -> None:
        recording = self.around.recording
        if self._first:
            at = self._first.at
            self._commits = recording.create(
                self._place, self.session_id, self.workspace, at, self._notify
            )
            self._send(self._first)
            if self._ahead.session is None:
                self.stop()  # refused for its size: it never comes to be
        else:
            self._commits, commits = recording.open(
                self._place, self._notify, self._named_elsewhere
            )
            for commit in commits:
                self._ahead = fold.apply_all(self._ahead, commit.events, commit.at)
            self._durable = self._ahead
            given = self._given()
            self._send(Flight(session.boot(self._ahead, given), given.now))
        self._watch_idleness(IDLE_SECONDS)

    def stopping(self) -> None:
        self._is_closing = True
        try:
            if self._commits:
                self.around.recording.release(self._place)
                self._collect()
            if self._durable.deleted:
                self._performer.dispose()  # for those who asked after the first was told
        finally:
            for flight in self._flights.lost():
                flight.refuse(CUT_SHORT)
            self.waiters.refuse_all(CUT_SHORT)

    def dropped(self, message: Any) -> None:
        """A request that came too late for this incarnation goes to the next one."""
        if isinstance(message, Dispatch) and not self.around.directory.tell(message):
            message.reply.send(CUT_SHORT)

    @property
    def end(self) -> JournalEnd:
        """Where the journal ends, when nothing is on its way."""
        return self._commits.end if self._commits else JournalEnd(0, 0, "")

    def tell_self(self, message: object) -> None:
        tell(self.actor_ref, message)

    def _notify(self) -> None:
        self.tell_self(Wake())

    # What arrives.

    def handle(self, message: Any) -> object:
        match message:
            case Wake():
                self._collect()
            case LookIdle():
                self._look_idle()
            case Dispatch():
                self._requests += 1
                with never_silent(message):
                    self._decide(message.request, message)
            case _:
                self._decide(message)
        return None

    def _given(self, asked: Dispatch | None = None) -> Given:
        return Given(
            now=self.context.clock.now(),
            new_id=new_id,
            settings=self.around.workspaces.settings(self.workspace),
            prices=self.around.prices,
            written=self.around.written.contents(),
            closing=self._is_shutting_down,
            request_id=asked.request_id if asked and asked.once else None,
        )

    def _decide(self, message: Any, asked: Dispatch | None = None) -> None:
        self._busy_at = self.context.clock.monotonic()
        self._is_shutting_down |= isinstance(message, ShutDown)
        given = self._given(asked)
        verdict = table.decide(self._ahead, message, given)
        self._send(Flight(verdict, given.now, asked))

    def _send(self, flight: Flight) -> None:
        """Put a decision on its way; what writes nothing lands with what it rests on."""
        if flight.writes and self._commits:
            events = flight.events
            try:
                require_fit(flight.at, events, flight.request_id)
            except LineTooLong as error:
                self._refuse_too_long(flight, error)
                return
            self._ahead = fold.apply_all(self._ahead, events, flight.at)
            self._flights.add(flight)
            self._commits.submit(flight.at, events, flight.request_id)
        elif len(self._flights):
            self._flights.add(flight)
        else:
            self._land(flight, self._durable)

    def _refuse_too_long(self, flight: Flight, error: LineTooLong) -> None:
        """Nobody loses an outcome for its size alone: what cannot be recorded ends its request."""
        if flight.asked is None:
            raise error
        flight.refuse(Refusal(code=error.code, message=str(error)))

    # What became of it.

    def _collect(self) -> None:
        for result in self._commits.collect() if self._commits else ():
            if isinstance(result, Committed):
                self._advance(list(self._flights.landed(result.count)), result.end)
            else:
                self._fail(result)

    def _advance(self, flights: list[Flight], end: JournalEnd) -> None:
        """A batch is durable. The directory hears of its end once, with the state it stands for."""
        landed = []
        for flight in flights:
            self._durable = fold.apply_all(self._durable, flight.events, flight.at)
            landed.append((flight, self._durable))
        session = None if self._durable.deleted else self._durable.session
        self.around.directory.tell(Advanced(self.session_id, session, end))
        try:
            for flight, state in landed:
                self._land(flight, state)
        except BaseException:
            for flight in flights:
                flight.refuse(CUT_SHORT)
            raise

    def _land(self, flight: Flight, state: SessionState) -> None:
        """What a decision wanted, in order: tell everybody, answer, perform."""
        decision = flight.decision
        if isinstance(decision, Refusal):
            flight.refuse(decision)
            return
        self._let_follow(flight)
        self._publish(flight, state)
        if flight.asked:
            self.waiters.answer(decision.reply, state, flight.asked.reply)
        self.waiters.look(state)
        for key, value in decision.resolved.items():
            self.waiters.resolve(key, value)
        if not self._is_closing:
            for effect in decision.effects:
                self._performer.perform(effect, state)

    def _let_follow(self, flight: Flight) -> None:
        follow = flight.asked.follow if flight.asked else None
        if follow is None or isinstance(flight.decision, Refusal):
            return
        queued = [e.response_id for e in flight.events if isinstance(e, RequestQueued)]
        for response_id in (*queued, flight.decision.follows):
            if response_id:
                self.around.followers.follow(response_id, follow)
                follow(TurnGrew(self.session_id, response_id, None))

    def _publish(self, flight: Flight, state: SessionState) -> None:
        if not flight.writes:
            return
        session = None if state.deleted else state.session
        self.around.broadcaster.publish(
            Published(self.session_id, flight.at, flight.events, session)
        )
        for response_id in dict.fromkeys(getattr(e, "response_id", None) for e in flight.events):
            self._show(response_id, state)

    def _show(self, response_id: str | None, state: SessionState) -> None:
        """Whoever follows a response sees its turn as it is now."""
        found = state.round(response_id) if response_id else None
        if found and found.turns:
            notice = TurnGrew(self.session_id, found.id, found.turns[-1])
            self.around.broadcaster.publish(notice)
        if found and not found.is_open:
            self.around.followers.drop(found.id)

    def _fail(self, result: CommitsFailed) -> None:
        """Nothing on its way is durable: who asked is told; a lost outcome needs a new start."""
        error = result.error
        code = error.code if isinstance(error, StorageError) else "storage-failed"
        lost = self._flights.lost()
        self._ahead = self._durable
        if self._commits:
            self._commits.reset()
        for flight in lost:
            flight.refuse(Refusal(code=code, message=f"nothing was changed: {error}"))
        if any(flight.asked is None for flight in lost) or self._durable.session is None:
            raise error

    # Its workers.

    def child_started(self, child_id: str, ref: ActorRef[Any]) -> None:
        worker = self._worker(child_id)
        if worker and self._is_wanted(worker):
            self._decide(o.WorkerUp(child_id))
        elif worker:
            self.stop_child(child_id)

    def _is_wanted(self, worker: Worker) -> bool:
        """Somebody may have stopped it while it waited for its restart."""
        if worker.status in {"running", "starting"}:
            return True
        is_ending = self._is_shutting_down or self._ahead.deleting
        return not is_ending and worker.desired == "run" and self._ahead.record.desired != "stopped"

    def _worker(self, child_id: str) -> Any:
        return self._ahead.session.worker(child_id) if self._ahead.session else None

    def may_restart(self, child_id: str, down: Down) -> bool:
        if self._is_closing or self._is_shutting_down or self._ahead.deleting:
            return False
        worker = self._worker(child_id)
        if worker is None:
            return True  # an MCP server
        if worker.desired != "run" or self._ahead.record.desired == "stopped":
            return False
        if isinstance(worker, ProcessWorker) and worker.exit and worker.status != "running":
            return processes.comes_back(worker, worker.exit.cause)
        return True

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        if isinstance(verdict, Quarantined) and self._worker(child_id):
            self._decide(o.WorkerGaveUp(child_id, down.error or "it ended too often"))
        self._performer.child_down(child_id, self._ahead.session)

    # Idleness.

    def _watch_idleness(self, seconds: float) -> None:
        self.context.clock.after(seconds, lambda: self.tell_self(LookIdle()))

    def _look_idle(self) -> None:
        if self._is_needed():
            self._busy_at = self.context.clock.monotonic()
        left = self._busy_at + IDLE_SECONDS - self.context.clock.monotonic()
        if left <= 0:
            self.around.directory.tell(Idle(self.session_id, self._requests))
        self._watch_idleness(left if left > 0 else IDLE_SECONDS)

    def _is_needed(self) -> bool:
        session = self._ahead.session
        if session is None or len(self._flights) or len(self.waiters) or session.open_requests:
            return True
        return any(
            isinstance(worker, ProcessWorker)
            and (worker.status in {"running", "starting"} or self._comes_again(worker.id))
            for worker in session.workers
        )

    def _comes_again(self, worker_id: str) -> bool:
        """Its actor waits for a restart, or lives still."""
        node = self.context.board.find((*self.context.path, worker_id))
        return node is not None and node.state not in {"stopped", "quarantined"}
