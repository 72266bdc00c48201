"""A worker that is a process in a terminal: this actor lives as long as that process.

Its crash is the actor's crash, so that one mechanism restarts both; an end in order is an end in
order. The process itself belongs to the terminal host and outlives this actor and the daemon.
"""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.messages import outcomes as o
from actors.messages import terminals as t
from actors.messages import work
from actors.supervision import ActorEndedError, BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.terminals.look import GLANCE_BYTES, look, terminal_size
from actors.workers.activity_watch import ActivityWatch, ScreenSeen, TimeToWatch
from actors.workers.environment import environment_of
from actors.workers.held_input import HeldInput
from storage import output_log
from storage.records.process import EndCause, ProcessExit
from storage.records.worker import Activity, AgentWorker, TerminalWorker

if TYPE_CHECKING:
    from actors.terminals.screen import Look

EVIDENCE_BYTES = 2000
"""How much of a crashed process's last output is kept in its record."""


class ProcessEndedError(ActorEndedError):
    """The process crashed or was lost; whether it comes back is the supervisor's to say."""


class _WaitedEnough(NamedTuple):
    number: int


class TerminalActor(BaseActor):
    """Waits for `RunProcess`; tells the session what becomes of the process."""

    def __init__(self, context: ChildContext, around: Surroundings, key: str) -> None:
        super().__init__(context)
        self._around = around
        self._key = key
        self._worker_id = key.partition("/")[2]
        self._log_directory = ""
        self._is_agent = False
        self._is_up = False
        self._ending: EndCause | None = None
        self._input = HeldInput()
        self._worker: TerminalWorker | None = None
        self._activity = ActivityWatch(context.clock, self._tell_self, self._publish_activity)

    def on_message(self, message: Any) -> object:  # noqa: C901 - one row per message
        match message:
            case work.RunProcess():
                self._open(message)
            case work.EndProcess():
                self._end(message.cause)
            case work.TypeInput():
                self._type(message)
            case t.TerminalUp():
                self._up(message)
            case t.TerminalNotOpened():
                self._not_opened(message)
            case t.TerminalEnded():
                self._ended(message)
            case t.TerminalLost():
                self._lost()
            case t.TerminalTyped():
                self._input.settled(message.number)
                self._tell(o.InputTyped(self._worker_id, message.number, message.accepted))
            case t.TerminalRefused():
                self._input_refused(message)
            case t.TerminalWriter():
                self._type_all(self._input.let_go() if message.owner is None else [])
            case t.TerminalWrote():
                self._activity.wrote(message)
            case TimeToWatch():
                self._activity.due()
            case ScreenSeen():
                self._activity.looked(message)
            case _WaitedEnough():
                self._input.expire(message.number)
                self._check_held(message.number)
            case _:
                return super().on_message(message)
        return None

    def stopping(self) -> None:
        self._activity.end()
        for number in self._input.under_way:
            text = "the terminal ended meanwhile; whether it was typed is not known"
            self._refuse_input(number, "outcome-unknown", text)
        for held in self._input.let_go():
            self.dropped(held)

    def dropped(self, message: Any) -> None:
        if isinstance(message, work.TypeInput):
            text = "the worker ended before it could be typed; nothing was typed"
            self._refuse_input(message.number, "worker-not-running", text)

    def _refuse_input(self, number: int, code: str, text: str) -> None:
        self._input.settled(number)
        self._tell(o.InputRefused(self._worker_id, number, code, text))

    def _tell_self(self, message: object) -> None:
        tell(self.actor_ref, message)

    def _publish_activity(self, activity: Activity | None) -> None:
        if activity is None:
            self._around.activities.pop(self._key, None)
        else:
            self._around.activities[self._key] = activity

    def _glance(self) -> "Look":
        """The screen as it is now; in a thread for files."""
        assert self._worker is not None
        size = terminal_size(self._around.data.root, self._key, self._worker)
        return look(Path(self._log_directory), *size, GLANCE_BYTES)

    def _tell(self, outcome: o.Outcome) -> None:
        if self.context.supervisor is not None:
            tell(self.context.supervisor, outcome)

    def _link(self, message: object) -> None:
        if not self._around.terminals.tell(message):
            raise ProcessEndedError("there is no link to the terminal host")

    def _open(self, run: work.RunProcess) -> None:
        worker, session = run.worker, run.session
        log = self._around.data.terminal_log(session.workspace, session.id, worker.id)
        self._log_directory = str(log)
        self._is_agent = isinstance(worker, AgentWorker)
        self._worker = worker
        if run.adopt:
            self._link(t.TakeOverTerminal(self._key, self.actor_ref))
            return
        self._link(
            t.OpenTerminal(
                key=self._key,
                argv=_command(worker, self._around.environ),
                cwd=session.location_path,
                env=environment_of(worker, self._around),
                cols=worker.cols,
                rows=worker.rows,
                log_directory=self._log_directory,
                nonce=secrets.token_hex(8),
                listener=self.actor_ref,
            )
        )

    def _end(self, cause: EndCause) -> None:
        self._ending = cause
        if self._is_up:
            self._link(t.EndTerminal(self._key))

    def _type(self, message: work.TypeInput) -> None:
        if message.wait_seconds:
            late = _WaitedEnough(message.number)
            self.context.clock.after(message.wait_seconds, lambda: tell(self.actor_ref, late))
        if self._input.take(message):
            self._type_all([message])
        else:
            self._check_held(message.number)

    def _type_all(self, messages: list[work.TypeInput]) -> None:
        for each in messages:
            self._link(t.TypeIntoTerminal(self._key, each.number, each.data, self.actor_ref))

    def _input_refused(self, refused: t.TerminalRefused) -> None:
        if refused.code == "input-held":
            self._input.hold(refused.number, refused.message)
            self._check_held(refused.number)
        else:
            self._refuse_input(refused.number, refused.code, refused.message)

    def _check_held(self, number: int) -> None:
        if self._input.is_late(number):
            text = f"nothing was typed: {self._input.reason}; say wait_seconds to wait for the end"
            self._refuse_input(number, "input-held", text)

    def _up(self, up: t.TerminalUp) -> None:
        self._is_up = True
        self._link(t.WatchTerminal(self._key))
        if self._worker is not None:
            self._activity.begin(self._worker, self._around.recording.pool, self._glance)
        self._tell(o.ProcessStarted(self._worker_id, up.process, up.adopted))
        if self._ending:
            self._link(t.EndTerminal(self._key))

    def _not_opened(self, failure: t.TerminalNotOpened) -> None:
        self._tell(o.ProcessNotStarted(self._worker_id, failure.errno, failure.message))
        self.stop()

    def _ended(self, ended: t.TerminalEnded) -> None:
        cause = self._cause(ended)
        exit_ = ProcessExit(code=ended.code, signal=ended.signal, at=ended.at, cause=cause)
        evidence = self._evidence(ended) if cause == "crashed" else None
        self._tell(o.ProcessEnded(self._worker_id, exit_, ended.epoch, evidence))
        if evidence is not None:
            raise ProcessEndedError(evidence)
        self.stop()

    def _cause(self, ended: t.TerminalEnded) -> EndCause:
        if self._ending:
            return self._ending
        if ended.ended_by_us:
            return "stopped"
        has_failed = ended.signal is not None or (self._is_agent and ended.code != 0)
        return "crashed" if has_failed else "exited"

    def _evidence(self, ended: t.TerminalEnded) -> str:
        how = (
            f"exited with {ended.code}"
            if ended.signal is None
            else f"ended by signal {ended.signal}"
        )
        try:
            tail = output_log.tail(Path(self._log_directory), EVIDENCE_BYTES)
        except OSError as error:
            return f"{how}; its output cannot be read: {error}"
        text = tail.decode(errors="replace")
        return f"{how}; its last output: {text}"

    def _lost(self) -> None:
        cause: EndCause = self._ending or "lost"
        exit_ = ProcessExit(at=self.context.clock.now(), cause=cause)
        self._tell(o.ProcessEnded(self._worker_id, exit_, None))
        if cause == "lost":
            raise ProcessEndedError("lost together with the terminal host")
        self.stop()


def _command(worker: TerminalWorker, environ: Any) -> tuple[str, ...]:
    """The worker's command, else the user's shell; never a shell in the place of an agent."""
    if worker.command is not None:
        return worker.command
    if isinstance(worker, AgentWorker):
        raise ProcessEndedError(f"the agent {worker.agent} has no command")
    shell = environ.get("SHELL", "")
    return (shell if os.access(shell, os.X_OK) else "/bin/sh",)
