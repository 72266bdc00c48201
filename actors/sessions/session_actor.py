"""One session: the only writer of its journal, and the supervisor of its workers.

Every command and every outcome goes the same way: decide on `ahead`, fold, put the events on their
way to the disk; once they are durable fold them into `durable`, answer, publish, perform. What is
decided stands in `decisions`, what is performed in `performer`.
"""

from functools import partial
from typing import Any

from actors.decisions import again, endings, processes, session, table
from actors.decisions.decision import Decision, Given
from actors.decisions.decision import Verdict as Decided
from actors.decisions.worktrees.safety import Seen
from actors.messages import outcomes as o
from actors.messages.effects import Effect
from actors.messages.session import Advanced, Dispatch, Idle, ShutDown
from actors.messages.supervision import Down, Quarantined, Verdict
from actors.recording.commits import Commits, CommitsFailed, Committed
from actors.sessions.deadlines import Deadlines
from actors.sessions.flights import CUT_SHORT, Flight, Flights, Waiters, never_silent
from actors.sessions.idleness import Idleness, LookIdle, has_work
from actors.sessions.owed import OwedLines, Retry, refused
from actors.sessions.performer import Performer
from actors.sessions.publishing import tell_all
from actors.sessions.removals import Looked
from actors.sessions.tool_servers import LookAtServers
from actors.supervision import ActorRef, ChildContext, Supervisor, tell
from actors.surroundings import Surroundings
from storage import fold
from storage.errors import LineTooLong, StorageError, StorageFull
from storage.journal import find
from storage.journal.frame import JournalEnd, require_fit
from storage.records.new_ids import new_id
from storage.records.request import Refusal
from storage.records.worker import ProcessWorker, Worker
from storage.replay import folded
from storage.state import SessionState

BROKEN = StorageError("the journal cannot be written; see greenroom logs")


class Boot:
    """The actor has started: go on where the journal ends."""


class Wake:
    """Commits have settled."""


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
        self.ahead = self._durable = SessionState()
        self._flights = Flights()
        self._notify = partial(self.tell_self, Wake())
        self._owed = OwedLines(self)
        self._past = find.Past(self._place)
        self._set_aside: list[Dispatch] = []
        self._commits: Commits | None = None
        self._performer = Performer(self)
        self._requests = 0
        self._idleness = Idleness(context.clock, lambda: self.tell_self(LookIdle()))
        self._deadlines = Deadlines(
            context.clock, around.deadlines, lambda each: self.tell_self(o.PermissionDue(each))
        )
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
            if self.ahead.session is None:
                self.stop()  # refused for its size: it never comes to be
        else:
            self._commits, commits = recording.open(
                self._place, self._notify, self._named_elsewhere
            )
            self.ahead = self._durable = folded(self._place, commits)
            self._deadlines.follow(self.ahead.session)
            self._decide(Boot())
        self._write()
        self._idleness.watch()

    def stopping(self) -> None:
        self._is_closing = True
        self._idleness.forget()
        try:
            if self._commits:
                left = self._deadlines.stop()
                if left:
                    self._decide(o.PermissionsHeld(left))
                self._owed.write()
                self.around.recording.release(self._place)
                self._collect()
            if self.ahead.deleted:
                self._performer.dispose()  # for those who asked after the first was told
        finally:
            self._performer.stopped()
            for flight in self._flights.lost():
                flight.refuse(CUT_SHORT)
            for asked in self._set_aside:
                self.dropped(asked)
            self.waiters.refuse_all(CUT_SHORT)

    def dropped(self, message: Any) -> None:
        """A request that came too late for this incarnation goes to the next one."""
        asked = message.asked if isinstance(message, Looked) else message
        if isinstance(asked, Dispatch) and not self.around.directory.tell(asked):
            asked.reply.send(CUT_SHORT)

    @property
    def end(self) -> JournalEnd:
        """Where the journal ends, when nothing is on its way."""
        return self._commits.end if self._commits else JournalEnd(0, 0, "")

    def tell_self(self, message: object) -> None:
        tell(self.actor_ref, message)

    # What arrives.

    def on_message(self, message: Any) -> object:
        """What was decided is written once nothing else is left to decide, with one sync."""
        result = super().on_message(message)
        if self.actor_inbox.empty():
            self._write()
        return result

    def _write(self) -> None:
        if self._commits and self._commits.is_waiting:
            self._commits.write()
            self._collect()
            if self._commits.is_waiting:  # decided again, after a failure
                self._notify()

    def handle(self, message: Any) -> object:
        match message:
            case Wake():
                self._collect()
            case Retry():
                self._owed.write()
            case LookIdle():
                self._look_idle()
            case LookAtServers():
                self._performer.servers.look(self._durable)
            case Looked():
                self._performer.removals.looked()
                self._asked(message.asked, message.seen)
            case Dispatch():
                self._requests += 1
                self._asked(message)
            case _:
                self._decide(message)
        return None

    def _asked(self, asked: Dispatch, seen: Seen | None = None) -> None:
        with never_silent(asked):
            self._decide(asked.request, asked, seen)

    def _given(self, asked: Dispatch | None, seen: Seen | None) -> Given:
        return Given(
            now=self.context.clock.now(),
            new_id=new_id,
            settings=partial(self.around.workspaces.settings, self.workspace),
            settings_problem=partial(self.around.workspaces.in_words, self.workspace),
            prices=self.around.prices,
            written=self.around.written.contents(),
            sent=self.around.written.under_way(),
            closing=self._is_shutting_down,
            request_id=asked.request_id if asked and asked.once else None,
            activities=self.around.activities,
            progress=self.around.progress,
            by=asked.by if asked else "greenroom",
            worktree=seen,
        )

    def _decide(
        self, message: Any, asked: Dispatch | None = None, seen: Seen | None = None
    ) -> None:
        self._idleness.busy()
        self._is_shutting_down |= isinstance(message, ShutDown)
        if asked and asked.again and self._flights.holds(asked.request_id):
            self._set_aside.append(asked)  # the first of its kind is still on its way
            return
        if asked and seen is None and self._performer.removals.looks_first(asked):
            return
        given = self._given(asked, seen)
        verdict = self._verdict(message, asked, given)
        self._send(Flight.of(verdict, given.now, asked, message))

    def _verdict(self, message: Any, asked: Dispatch | None, given: Given) -> Decided:
        if isinstance(message, Boot):
            return session.boot(self.ahead, given)
        if asked and asked.again and asked.request_id:
            done = self._past.find(asked.request_id, self.end.bytes)
            if done:
                return again.answer(
                    self.ahead, message, again.Done(done.events, done.followed), given
                )
        return table.decide(self.ahead, message, given)

    def decide_again(self, flight: Flight) -> None:
        """What an earlier decision rested on was refused."""
        self._decide(flight.message, flight.asked)

    def _send(self, flight: Flight) -> None:
        """Put a decision on its way; what writes nothing lands with what it rests on."""
        if flight.writes and not self._fits(flight):
            return
        if flight.writes and self._owed.is_refusing and self.ahead.session:
            self._owed.take(flight)
        elif flight.writes:
            self.ahead = fold.apply_line(self.ahead, flight.events, flight.at)
            self.submit(flight)
        elif len(self._flights):
            self._flights.add(flight)
        else:
            self._land(flight, self.ahead if len(self._owed) else self._durable)

    def submit(self, flight: Flight) -> None:
        """On its way to the disk; `ahead` holds it already."""
        assert self._commits is not None
        self._flights.add(flight)
        self._commits.submit(flight.at, flight.events, flight.request_id, flight.apart)

    def _fits(self, flight: Flight) -> bool:
        """Nobody loses an outcome for its size alone: what cannot be recorded ends its request."""
        try:
            require_fit(flight.at, flight.events, flight.request_id)
        except LineTooLong as error:
            if flight.asked is None:
                raise
            flight.refuse(Refusal(code=error.code, message=str(error)))
            return False
        return True

    # What became of it.

    def _collect(self) -> None:
        for result in self._commits.collect() if self._commits else ():
            if isinstance(result, Committed):
                self._advance(list(self._flights.landed(result.count)), result.end)
            else:
                self._fail(result)
        while self._set_aside and not len(self._flights):
            self._asked(self._set_aside.pop(0))

    def _advance(self, flights: list[Flight], end: JournalEnd) -> None:
        """A batch is durable. The directory hears of its end once, with the state it stands for."""
        landed = []
        for flight in flights:
            self._durable = fold.apply_line(self._durable, flight.events, flight.at)
            landed.append((flight, self._durable))
        self._deadlines.follow(self._durable.session)
        session = None if self._durable.deleted else self._durable.session
        self.around.directory.tell(Advanced(self.session_id, session, end, self._durable.deleting))
        try:
            for flight, state in landed:
                tell_all(self.around, self.session_id, flight, state)  # whatever comes after it
            for flight, state in landed:
                self._settle(flight, state)
        except BaseException:
            for flight in flights:
                flight.refuse(CUT_SHORT)
            raise

    def _land(self, flight: Flight, state: SessionState) -> None:
        """What a decision wanted, in order: tell everybody, answer, perform."""
        tell_all(self.around, self.session_id, flight, state)
        self._settle(flight, state)

    def _settle(self, flight: Flight, state: SessionState) -> None:
        decision = flight.decision
        if isinstance(decision, Refusal):
            flight.refuse(decision)
            return
        if flight.acted:
            self._owed.landed()
        else:
            self.answer(flight, state)
        for effect in decision.effects:
            if not (flight.acted and endings.is_done_first(effect, state.record)):
                self.perform(effect, state)

    def answer(self, flight: Flight, state: SessionState) -> None:
        """Whoever asked, and all whose time has come; `state` is durable, or `ahead` while lines
        are owed.
        """
        decision = flight.decision
        assert isinstance(decision, Decision)
        if flight.asked:
            reply = flight.asked.reply
            is_owed = len(self._owed) > 0
            self.waiters.answer(decision.reply, state, reply.as_not_durable() if is_owed else reply)
        self.waiters.look(state)
        for key, value in decision.resolved.items():
            self.waiters.resolve(key, value)

    def perform(self, effect: Effect, state: SessionState) -> None:
        if not self._is_closing:
            self._performer.perform(effect, state)

    def _fail(self, result: CommitsFailed) -> None:
        """Nothing on its way is durable: who asked is told, and what has happened is owed."""
        error = result.error
        lost = self._flights.lost()
        self.ahead = self._durable
        if self._commits:
            self._commits.reset()
        if isinstance(error, StorageError) and not self._is_closing:
            if isinstance(error, StorageFull):
                self.around.health.failed(error)
            if self._durable.session is not None:
                self._owed.after_failure(error, lost)
                return
        for flight in lost:
            flight.refuse(refused(error if isinstance(error, StorageError) else BROKEN))
        if not self._is_closing:
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
        is_ending = self._is_shutting_down or self.ahead.deleting
        return not is_ending and worker.desired == "run" and self.ahead.record.desired != "stopped"

    def _worker(self, child_id: str) -> Any:
        return self.ahead.session.worker(child_id) if self.ahead.session else None

    def may_restart(self, child_id: str, down: Down) -> bool:
        if self._is_closing or self._is_shutting_down or self.ahead.deleting:
            return False
        worker = self._worker(child_id)
        if worker is None:
            return True  # an MCP server
        if worker.desired != "run" or self.ahead.record.desired == "stopped":
            return False
        if isinstance(worker, ProcessWorker) and worker.exit and worker.status != "running":
            return processes.comes_back(worker, worker.exit.cause)
        return True

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        if isinstance(verdict, Quarantined) and self._worker(child_id):
            self._decide(o.WorkerGaveUp(child_id, down.error or "it ended too often"))
        self._performer.child_down(child_id, self.ahead.session)

    # Idleness.

    def _look_idle(self) -> None:
        if self._idleness.is_over(needed=self._is_needed()):
            self.around.directory.tell(Idle(self.session_id, self._requests))

    def _is_needed(self) -> bool:
        is_at_it = self.ahead.deleting or self._performer.removals.is_busy
        if is_at_it or len(self._flights) or len(self._owed) or len(self.waiters):
            return True
        return self.ahead.session is None or has_work(self.ahead.session, self._comes_again)

    def _comes_again(self, worker_id: str) -> bool:
        """Its actor waits for a restart, or lives still."""
        node = self.context.board.find((*self.context.path, worker_id))
        return node is not None and node.state not in {"stopped", "quarantined"}
