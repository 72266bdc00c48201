"""A worker that is a process in a terminal: this actor lives as long as that process.

Its crash is the actor's crash, so that one mechanism restarts both; an end in order is an end in
order. The process itself belongs to the terminal host and outlives this actor and the daemon.
"""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.messages import deliveries as d
from actors.messages import outcomes as o
from actors.messages import terminals as t
from actors.messages import work
from actors.messages.agent_reports import LookForReports, WatchForReports
from actors.messages.orphans import EndAll
from actors.supervision import ActorEndedError, BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.terminals.look import GLANCE_BYTES, look, terminal_size
from actors.workers.activity_watch import ActivityWatch, ScreenSeen, TimeToWatch, patterns_of
from actors.workers.environment import environment_of
from actors.workers.held_input import HeldInput
from actors.workers.memory_kills import MemoryKills
from actors.workers.prompt_courier import Doors, Glanced, PromptCourier, TimeToDeliver, Window
from actors.workers.report_reader import Heard, ReportReader, ReportsFound, reader_of
from storage import output_log
from storage.data_dir import DEFAULT_WORKSPACE
from storage.records.delivery import Prompt
from storage.records.process import EndCause, ProcessExit
from storage.records.worker import Activity, AgentWorker, TerminalWorker
from storage.records.workspace import ActivityTimes

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
        self._workspace = DEFAULT_WORKSPACE
        self._is_agent = False
        self._is_up = False
        self._ending: EndCause | None = None
        self._why = ""
        self._kills = MemoryKills(around, self._key)
        self._input = HeldInput()
        self._worker: TerminalWorker | None = None
        self._activity = ActivityWatch(
            context.clock, self._tell_self, self._publish_activity, self._activity_times
        )
        self._reports: ReportReader | None = None
        doors = Doors(self._tell_self, self._tell_step, self._type, self._doing)
        self._prompts = PromptCourier(context.clock, around.delivery_times, doors)

    def on_message(self, message: Any) -> object:  # noqa: C901 - one row per message
        match message:
            case work.RunProcess():
                self._open(message)
            case work.EndProcess():
                self._end(message)
            case work.TypeInput():
                self._type(message)
            case work.DeliverPrompt():
                self._prompts.take(message.prompt)
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
                is_nothing = not (message.accepted or message.repeated)
                self._prompts.typed(message.number, is_nothing=is_nothing)
            case t.TerminalRefused():
                self._input_refused(message)
            case t.TerminalHostSilent():
                self._host_silent(message.problem)
            case t.TerminalWriter():
                self._type_all(self._input.let_go() if message.owner is None else [])
                self._prompts.writer_is(message.owner)
            case t.TerminalWrote():
                self._activity.wrote(message)
                self._prompts.wrote(message.end)
            case TimeToDeliver():
                self._prompts.due()
            case Glanced():
                self._prompts.glanced(message)
            case TimeToWatch():
                self._activity.due()
            case ScreenSeen():
                self._activity.looked(message)
            case LookForReports() | ReportsFound() | work.TakeReports():
                self._attend(message)
            case _WaitedEnough():
                self._input.expire(message.number)
                self._check_held(message.number)
            case _:
                return super().on_message(message)
        return None

    def stopping(self) -> None:
        self._activity.end()
        self._prompts.end()
        self._stop_listening()
        for number in self._input.under_way:
            text = "the terminal ended meanwhile; whether it was typed is not known"
            self._refuse_input(number, "outcome-unknown", text)
        for held in self._input.let_go():
            self.dropped(held)

    def dropped(self, message: Any) -> None:
        if isinstance(message, work.TypeInput):
            text = "the worker ended before it could be typed; nothing was typed"
            self._refuse_input(message.number, "worker-not-running", text)
        elif isinstance(message, work.TakeReports) and self._reports is not None:
            self._reports.taken(message.reports)

    def _refuse_input(self, number: int, code: str, text: str) -> None:
        self._input.settled(number)
        self._tell(o.InputRefused(self._worker_id, number, code, text))
        self._prompts.refused(number, code, text)

    def _tell_self(self, message: object) -> None:
        tell(self.actor_ref, message)

    def _activity_times(self) -> ActivityTimes:
        return self._around.workspaces.settings(self._workspace).activity

    def _publish_activity(self, activity: Activity | None) -> None:
        self._around.tell_activity(self._key, activity)

    def _tell_step(self, prompt: Prompt, step: d.Step) -> None:
        state, number = prompt.delivery.state, prompt.number
        self._tell(o.PromptMoved(self._worker_id, prompt.id, state, number, step))

    def _doing(self) -> Activity | None:
        return self._around.activities.get(self._key)

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
        self._workspace = session.workspace
        self._is_agent = isinstance(worker, AgentWorker)
        self._worker = worker
        self._kills.begin()
        if run.adopt:
            self._listen(run)
            self._link(t.TakeOverTerminal(self._key, self.actor_ref))
            return
        self._link(
            t.OpenTerminal(
                key=self._key,
                argv=self._listen(run, _command(worker, self._around.environ)),
                cwd=session.location_path,
                env=environment_of(worker, self._around),
                cols=worker.cols,
                rows=worker.rows,
                log_directory=self._log_directory,
                nonce=secrets.token_hex(8),
                listener=self.actor_ref,
            )
        )

    def _listen(self, run: work.RunProcess, command: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Hear from now on what an agent says of itself. The command line that lets it do so."""
        place = self._around.data.agent(run.session.workspace, run.session.id, run.worker.id)
        pool = self._around.recording.pool
        reports = reader_of(run.worker, place, self.context.clock, pool, self._tell_self)
        self._reports = reports
        if reports is None:
            return command
        command = reports.prepare(command) if command else command
        self._around.report_listeners[reports.directory] = self.actor_ref
        self._around.files_watch.tell(WatchForReports())
        return command

    def _stop_listening(self) -> None:
        if self._reports is not None:
            self._reports.stop()
            self._around.report_listeners.pop(self._reports.directory, None)
            self._around.files_watch.tell(WatchForReports())

    def _attend(self, message: LookForReports | ReportsFound | work.TakeReports) -> None:
        """Before its process is there, and after its end, there is nothing to hear."""
        if self._reports is None or not self._is_up:
            return
        match message:
            case LookForReports():
                self._reports.look()
            case ReportsFound():
                self._hear(self._reports.found(message))
            case work.TakeReports():
                self._reports.taken(message.reports)

    def _hear(self, heard: list[Heard]) -> None:
        """A conversation's id is recorded before the reports that name it go."""
        self._activity.reported([each.report for each in heard])
        for each in heard:
            self._prompts.reported(each.report)
        if any(each.report.kind == "prompt-accepted" for each in heard):
            self._tell(o.PromptTaken(self._worker_id))
        naming = [each for each in heard if each.report.conversation_id]
        if naming:
            conversation_id = naming[-1].report.conversation_id or ""
            names = tuple(each.name for each in naming)
            self._tell(o.ConversationTold(self._worker_id, conversation_id, names))
        if self._reports is not None:
            self._reports.taken([each.name for each in heard if each not in naming])

    def _end(self, end: work.EndProcess) -> None:
        self._ending, self._why = end.cause, end.why
        if end.cause == "limit":  # what keeps growing is not asked to end
            self._around.orphans.tell(EndAll(self._key))
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

    def _host_silent(self, problem: str) -> None:
        for number in self._input.under_way:
            text = f"{problem}. Do not repeat it: if the host goes on, it is typed then, once"
            self._refuse_input(number, t.HOST_SILENT, text)
        self._tell(o.HostSilent(self._worker_id, problem))

    def _check_held(self, number: int) -> None:
        if self._input.is_late(number):
            text = (
                f"nothing was typed: {self._input.reason}; to wait until that is over:"
                f" greenroom type --wait SECONDS {self._key} TEXT (in a request, wait_seconds)"
            )
            self._refuse_input(number, "input-held", text)

    def _up(self, up: t.TerminalUp) -> None:
        self._is_up = True
        self._link(t.WatchTerminal(self._key))
        if self._worker is not None:
            self._activity.begin(self._worker, self._around.recording.pool, self._glance)
            self._await_prompts(self._worker)
        if self._reports is not None:
            self._reports.look()
        self._tell(o.ProcessStarted(self._worker_id, up.process, up.adopted))
        if self._ending:
            self._link(t.EndTerminal(self._key))

    def _await_prompts(self, worker: TerminalWorker) -> None:
        if isinstance(worker, AgentWorker) and worker.definition is not None:
            log = Path(self._log_directory)
            window = Window(
                self._around.recording.pool, self._glance, lambda paste: paste.look(log)
            )
            self._prompts.begin(worker.definition, patterns_of(worker), window)

    def _not_opened(self, failure: t.TerminalNotOpened) -> None:
        self._tell(o.ProcessNotStarted(self._worker_id, failure.errno, failure.message))
        self.stop()

    def _ended(self, ended: t.TerminalEnded) -> None:
        self._hear_the_last()
        passed = None if self._ending else self._kills.passed(ended)
        if passed is not None:
            self._ending, self._why = "limit", passed.text
        cause = self._cause(ended)
        exit_ = ProcessExit(code=ended.code, signal=ended.signal, at=ended.at, cause=cause)
        evidence = self._evidence(ended) if cause == "crashed" else self._why or None
        self._tell(o.ProcessEnded(self._worker_id, exit_, ended.epoch, evidence, passed))
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

    def _hear_the_last(self) -> None:
        """Whatever follows from the end of the process, follows from all that it said."""
        if self._reports is not None:
            self._hear(self._reports.last())

    def _lost(self) -> None:
        self._hear_the_last()
        cause: EndCause = self._ending or "lost"
        exit_ = ProcessExit(at=self.context.clock.now(), cause=cause)
        self._tell(o.ProcessEnded(self._worker_id, exit_, None, self._why or None))
        if cause in {"lost", "limit"}:
            raise ProcessEndedError(self._why or "lost together with the terminal host")
        self.stop()


def _command(worker: TerminalWorker, environ: Any) -> tuple[str, ...]:
    """The worker's command, else the user's shell; never a shell in the place of an agent."""
    if worker.command is not None:
        return worker.command
    if isinstance(worker, AgentWorker):
        raise ProcessEndedError(f"the agent {worker.agent} has no command")
    shell = environ.get("SHELL", "")
    return (shell if os.access(shell, os.X_OK) else "/bin/sh",)
