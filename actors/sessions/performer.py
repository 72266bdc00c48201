"""Performs what a session decided: hands each effect to the actor that can do it.

Part of the session's actor and called in its thread only. Keeps nothing that a crash would miss.
"""

import shutil
from typing import TYPE_CHECKING, Any

from actors.decisions.decision import DISPOSAL
from actors.decisions.deletion import answer
from actors.decisions.restart import RestartMode
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages import terminals as t
from actors.messages import work
from actors.messages.orphans import EndAll
from actors.messages.session import Disposed
from actors.sessions.flights import CUT_SHORT
from actors.sessions.publishing import show_progress
from actors.sessions.removals import Removals
from actors.sessions.tool_servers import ToolServers
from actors.supervision import ActorRef, ChildSpec, tell
from actors.workers.kinds import start_worker
from storage.records.process import ProcessExit
from storage.records.session import Session
from storage.records.worker import ConversationWorker, TerminalWorker, Worker, WorkerRestart
from storage.report_spool import ReportSpool
from storage.state import SessionState

if TYPE_CHECKING:
    from actors.sessions.session_actor import SessionActor

_MODES: dict[WorkerRestart, RestartMode] = {
    "never": "temporary",
    "on-crash": "transient",
    "always": "permanent",
}


class Performer:
    def __init__(self, session: "SessionActor") -> None:
        self._session = session
        self._around = session.around
        self._start_when_down: set[str] = set()
        self.servers = ToolServers(session)
        self.removals = Removals(session)

    def perform(self, effect: f.Effect, state: SessionState) -> None:  # noqa: C901 - one row each
        match effect:
            case f.StartWorker():
                self.start(effect.worker_id, state.record)
            case f.RemoveWorker():
                self._remove(effect.worker_id, state.record)
            case f.EndProcess():
                self._end(effect, state.record)
            case f.EndServer():
                self._end_server(effect)
            case f.StartProcess() | f.AdoptProcess():
                self._run_process(effect, state.record)
            case f.SignalProcess():
                key = self._key(effect.worker_id)
                self._around.terminals.tell(t.SignalTerminal(key, f"SIG{effect.signal}"))
            case f.TakeExit():
                key = self._key(effect.worker_id)
                self._around.terminals.tell(t.ForgetExit(key, effect.epoch))
            case f.TypeInput():
                self._type(effect)
            case f.DeliverPrompt():
                self._deliver(effect, state)
            case f.TakeReports():
                self._take_reports(effect, state.record)
            case f.ResizeTerminal():
                key = self._key(effect.worker_id)
                self._around.terminals.tell(t.ResizeTo(key, effect.cols, effect.rows))
            case f.FollowServers():
                self.servers.follow(state)
            case f.ShowProgress():
                show_progress(self._around, effect.response_id, state)
            case f.ShowContext():
                self._show_context(effect.key, state)
            case f.RemoveWorktree():
                self.servers.end()
                self.removals.remove(effect.removal, state.record)
            case f.DisposeSession():
                self.dispose()
            case _:
                self._converse(effect, state)

    # Terminals.

    def _key(self, worker_id: str) -> str:
        return f"{self._session.session_id}/{worker_id}"

    def start(self, worker_id: str, session: Session) -> None:
        """Start a worker's actor; one that is just ending is started again when it is down."""
        worker = session.worker(worker_id)
        if worker is None:
            return
        if worker_id not in self._session.children():
            self._session.add_child(self._spec(worker))
        elif self._session.child_ref(worker_id) is None or isinstance(worker, ConversationWorker):
            self._session.restart_child(worker_id)
        else:
            self._start_when_down.add(worker_id)

    def child_down(self, child_id: str, session: Session | None) -> None:
        """An actor has ended; one that is to be started again by request is."""
        self.servers.child_down(child_id)
        if child_id in self._start_when_down:
            self._start_when_down.discard(child_id)
            worker = session.worker(child_id) if session else None
            if session and worker and worker.status == "starting":
                self.start(child_id, session)

    def _spec(self, worker: Worker) -> ChildSpec:
        boxes = (self.servers.box, self._around.shared_tools.box(self._session.workspace))
        talks = isinstance(worker, ConversationWorker)
        return ChildSpec(
            id=worker.id,
            start=lambda context: start_worker(
                context, self._around, self._session.session_id, worker, boxes
            ),
            restart="permanent" if talks else _MODES[worker.restart],
            retry_seconds=None,
        )

    def _run_process(self, effect: f.StartProcess | f.AdoptProcess, session: Session) -> None:
        worker = session.worker(effect.worker_id)
        ref = self._session.child_ref(effect.worker_id)
        if ref is not None and isinstance(worker, TerminalWorker):
            adopt = isinstance(effect, f.AdoptProcess)
            tell(ref, work.RunProcess(session=session, worker=worker, adopt=adopt))

    def _end(self, effect: f.EndProcess, session: Session) -> None:
        ref = self._session.child_ref(effect.worker_id)
        if ref is not None and tell(ref, work.EndProcess(effect.cause, effect.why)):
            return
        self._around.terminals.tell(t.EndTerminal(self._key(effect.worker_id)))
        worker = session.worker(effect.worker_id)
        if worker is not None and worker.status in {"running", "starting"}:
            exit_ = ProcessExit(at=self._around.clock.now(), cause=effect.cause)
            self._session.tell_self(o.ProcessEnded(effect.worker_id, exit_, None))

    def _end_server(self, effect: f.EndServer) -> None:
        """It is not asked: what keeps growing would grow on while it is."""
        self._around.orphans.tell(EndAll(self._key(effect.child)))
        ref = self._session.child_ref(effect.child)
        if ref is not None:
            tell(ref, work.EndServer(effect.why))

    def _type(self, effect: f.TypeInput) -> None:
        ref = self._session.child_ref(effect.worker_id)
        message = work.TypeInput(
            number=effect.number, data=effect.text.encode(), wait_seconds=effect.wait_seconds
        )
        if ref is None or not tell(ref, message):
            text = "the worker ended before it could be typed; nothing was typed"
            self._session.tell_self(
                o.InputRefused(effect.worker_id, effect.number, "worker-not-running", text)
            )

    def _deliver(self, effect: f.DeliverPrompt, state: SessionState) -> None:
        """An actor that has just ended is told when the next one has its process."""
        ref = self._session.child_ref(effect.worker_id)
        prompt = state.prompt(effect.response_id)
        if ref is not None and prompt is not None and prompt.delivery.is_open:
            tell(ref, work.DeliverPrompt(prompt))

    def _take_reports(self, effect: f.TakeReports, session: Session) -> None:
        """The reader of a process that has ended does it no more."""
        ref = self._session.child_ref(effect.worker_id)
        if ref is None or not tell(ref, work.TakeReports(effect.reports)):
            place = self._around.data.agent(session.workspace, session.id, effect.worker_id)
            self._around.recording.pool.submit(ReportSpool(place).remove, effect.reports)

    def _remove(self, worker_id: str, session: Session) -> None:
        self._start_when_down.discard(worker_id)
        self._session.stop_child(worker_id)
        place = (session.workspace, session.id, worker_id)
        for kept in (self._around.data.terminal_log(*place), self._around.data.agent(*place)):
            self._around.recording.pool.submit(remove_tree, kept)

    # The conversation.

    def _talker(self, session: Session) -> ActorRef[Any] | None:
        """The conversation's actor, while there is one."""
        talkers = [w for w in session.workers if isinstance(w, ConversationWorker)]
        return self._session.child_ref(talkers[0].id) if talkers else None

    def _show_context(self, key: str, state: SessionState) -> None:
        ref = self._talker(state.record)
        self.servers.follow(state)
        for reply in self._session.waiters.taken(key):
            shown = work.ShowContext(
                session=state.record, messages=tuple(state.messages), reply=reply
            )
            if ref is None or not tell(ref, shown):
                reply.send(CUT_SHORT)

    def _converse(self, effect: Any, state: SessionState) -> None:
        ref = self._talker(state.record)
        if ref is None:
            return
        match effect:
            case f.PrepareConversation():
                self.servers.follow(state)
                tell(ref, work.Prepare())
            case f.AskModel():
                self.servers.follow(state)
                ask = work.Ask.of(effect, state)
                if ask:
                    tell(ref, ask)
            case f.CallTool():
                tell(ref, work.Call(effect.response_id, effect.call, state.record))
            case f.RefreshContext():
                tell(ref, work.RefreshContext())
            case f.CancelResponse():
                tell(ref, work.Stop(effect.response_id))

    # The end.

    def stopped(self) -> None:
        self.servers.stopped()
        self.removals.stopped()

    def dispose(self) -> None:
        """Doing it again, for who asks meanwhile, does no more than answer."""
        session = self._session
        replies = tuple(session.waiters.taken(DISPOSAL))
        told = answer(session.ahead)
        disposed = Disposed(session.session_id, session.workspace, session.end, replies, told)
        if not self._around.directory.tell(disposed):
            for reply in replies:
                reply.send(CUT_SHORT)


def remove_tree(path: Any) -> None:
    """The output of a worker that was deleted, and what it told of itself."""
    shutil.rmtree(path, ignore_errors=True)
