"""PURE: everything that a session can be told, and the decision that answers it.

`decide` is the one entrance: a command or an outcome in, a Decision or a Refusal out.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from actors.decisions import (
    agents,
    budget,
    call_progress,
    context_news,
    conversation,
    deletion,
    history_edits,
    limits,
    permission_answers,
    processes,
    project_servers,
    prompts,
    requests,
    session,
    timers,
    turn_ends,
    turn_failures,
    updates,
    workers,
)
from actors.decisions.decision import Decision, Draft, Given, Ready, Verdict
from actors.decisions.session_activity import activity_of
from actors.messages import outcomes as o
from actors.messages.budget import ReserveBudget, SettleBudget
from actors.messages.session import (
    EndOverLimit,
    FireTimers,
    GetRecord,
    RecordEndedOrphans,
    ShutDown,
)
from storage.records import request as r
from storage.records.conversation import Round
from storage.records.message import Content
from storage.state import SessionState


def decide(state: SessionState, message: Any, given: Given) -> Verdict:
    """What follows from `message`, a session command or an outcome."""
    if state.deleting and isinstance(message, r.OfSession) and not _is_still_heard(message):
        return not_found(state.record.id)
    return _TABLE[type(message)](state, message, given)


def _is_still_heard(message: r.OfSession) -> bool:
    """Of a session that is being deleted: its clean-up may pass a limit, too."""
    return isinstance(
        message,
        r.GetMessages | r.GetHistory | r.DeleteSession | ShutDown | GetRecord | EndOverLimit,
    )


def not_found(session_id: str) -> r.Refusal:
    return r.Refusal(code="session-not-found", message=f"Session not found with ID: {session_id}")


def _after_end(
    decide_end: Callable[[SessionState, Any, Given], Decision],
) -> Callable[[SessionState, Any, Given], Decision]:
    """An end may be the last that a deletion waited for."""

    def decide_both(state: SessionState, outcome: Any, given: Given) -> Decision:
        first = decide_end(state, outcome, given)
        draft = Draft(state, given)
        draft.add(*first.events)
        draft.want(*first.effects)
        deletion.finish(draft)
        return draft.decision()

    return decide_both


def _reading(value: Callable[[SessionState], Any]) -> Callable[..., Verdict]:
    return lambda _state, _command, _given: Decision(reply=Ready(value))


def get_response(state: SessionState, command: r.GetResponse, given: Given) -> Verdict:
    """The round as it is, with what has arrived of a turn that is being streamed."""
    if state.prompt(command.response_id) is not None:
        return Decision(reply=Ready(lambda after: _prompt_record(after, command.response_id)))
    if state.round(command.response_id) is None:
        text = f"Response not found with ID: {command.response_id}"
        return r.Refusal(code="response-not-found", message=text)
    written = given.written.get(command.response_id)
    progress = dict(given.progress)

    def grown(after: SessionState) -> Round | None:
        found = _grown(after.round(command.response_id), written)
        return call_progress.with_progress(found, progress) if found else None

    return Decision(reply=Ready(grown))


def _prompt_record(state: SessionState, response_id: str) -> dict[str, Any] | None:
    found = state.prompt(response_id)
    return prompts.record_of(found) if found else None


def cancel(state: SessionState, command: r.Cancel, given: Given) -> Verdict:
    """A request to the conversation, or a prompt for an agent."""
    if state.prompt(command.response_id) is not None:
        return prompts.cancel(state, command, given)
    return requests.cancel(state, command, given)


def _grown(found: Round | None, written: tuple[Content, ...] | None) -> Round | None:
    if found is None or not written or not found.turns or found.turns[-1].status != "streaming":
        return found
    return replace(found, turns=(*found.turns[:-1], replace(found.turns[-1], content=written)))


def get_history(_: SessionState, __: r.GetHistory, given: Given) -> Verdict:
    """All rounds as they were asked, the one under way with what has arrived of it."""
    progress = dict(given.progress)

    def rounds(after: SessionState) -> dict[str, Any]:
        growing = [_grown(one, given.written.get(one.id)) for one in after.open_rounds]
        shown = [call_progress.with_progress(one, progress) for one in growing if one]
        return {"rounds": sorted([*after.rounds, *shown], key=lambda one: one.created_at)}

    return Decision(reply=Ready(rounds))


def get_activity(state: SessionState, command: r.GetActivity, given: Given) -> Verdict:
    worker = workers.find(state, command.worker)
    if isinstance(worker, r.Refusal):
        return worker
    known = given.activities
    return Decision(reply=Ready(lambda after: activity_of(after.record, worker.id, known)))


_TABLE: dict[type, Callable[[SessionState, Any, Given], Verdict]] = {
    r.UpdateSession: updates.update,
    r.PauseSession: session.of_running(session.desired("paused")),
    r.ResumeSession: session.of_running(session.desired("run")),
    r.StartSession: session.desired("run"),
    r.StopSession: session.desired("stopped"),
    r.RestartSession: session.restart,
    r.ArchiveSession: session.archive,
    r.UnarchiveSession: session.unarchive,
    r.DeleteSession: session.delete,
    ShutDown: session.shut_down,
    r.AddMessage: history_edits.add_message,
    r.UpdateMessage: history_edits.update_message,
    r.GetMessages: _reading(lambda state: {"messages": list(state.messages)}),
    r.GetResponse: get_response,
    r.GetActivity: get_activity,
    r.GetHistory: get_history,
    r.GetContext: requests.show_context,
    r.RefreshContext: requests.refresh_context,
    ReserveBudget: budget.reserve,
    SettleBudget: budget.settle,
    RecordEndedOrphans: workers.orphans_ended,
    EndOverLimit: limits.passed,
    GetRecord: _reading(lambda state: state.record),
    r.UpdateTokenMetrics: history_edits.update_metrics,
    r.Request: workers.converse,
    r.Cancel: cancel,
    r.AnswerPermission: permission_answers.answer,
    r.SetTimer: timers.set_timer,
    r.CancelTimer: timers.cancel,
    FireTimers: timers.fire,
    r.CreateWorker: workers.create,
    r.StartWorker: workers.start,
    r.StopWorker: workers.stop,
    r.RestartWorker: workers.restart,
    r.UpdateWorker: workers.update,
    r.DeleteWorker: workers.delete,
    r.WriteInput: workers.write_input,
    r.ResizeWorker: workers.resize,
    o.WorkerUp: processes.worker_up,
    o.ProcessStarted: processes.process_started,
    o.ProcessNotStarted: _after_end(processes.process_not_started),
    o.ProcessEnded: _after_end(processes.process_ended),
    o.WorkerGaveUp: _after_end(processes.gave_up),
    o.ConversationTold: agents.conversation_told,
    o.InputTyped: processes.input_typed,
    o.InputRefused: processes.input_refused,
    o.PromptMoved: prompts.moved,
    o.PromptTaken: agents.prompt_taken,
    o.HostSilent: processes.host_silent,
    o.ConversationReady: conversation.ready,
    o.BlockArrived: conversation.block_arrived,
    o.TurnArrived: turn_ends.turn_arrived,
    o.TurnFailed: turn_failures.turn_failed,
    o.ToolReturned: conversation.tool_returned,
    o.ToolProgressed: call_progress.progressed,
    o.ServersFound: project_servers.found,
    o.ServersGone: project_servers.gone,
    o.HistorySummarized: context_news.summarized,
    o.ContextPartFailed: context_news.part_failed,
    o.CallStopped: conversation.call_stopped,
    o.WorktreeRemoved: deletion.worktree_removed,
    o.WorktreeKept: deletion.worktree_kept,
    o.RemovalRefused: deletion.removal_refused,
    o.PermissionDue: permission_answers.due,
    o.PermissionsHeld: permission_answers.held,
}
