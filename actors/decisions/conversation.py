"""PURE: the turn machine. What arrived for a conversation -> events to record, effects to perform.

A round is a request and the turns that answer it; one round runs, others wait in order. Each turn
is one call of the model; its tool calls run before the next. Nothing here remembers anything: the
machine's whole state is the session's, so after a crash it goes on from the journal.
"""

from msgspec.structs import replace

from actors.decisions import metrics, permission_asks, tool_calls
from actors.decisions.decision import Decision, Draft, Given
from actors.decisions.models import model_of
from actors.messages import outcomes as o
from actors.messages.effects import AskModel, CancelResponse, PrepareConversation
from storage.records import event as e
from storage.records.conversation import Failure, Round, RoundStatus, Turn
from storage.records.session import Session
from storage.records.worker import ConversationWorker
from storage.state import SessionState

CUT_LIMIT = 2
"""A request whose turns were cut by so many crashes is not asked again."""


def end_round(draft: Draft, ending: Round, status: RoundStatus, failure: Failure) -> None:
    """End an open round in any state: its turn cut, its calls settled, its work stopped."""
    if ending.turns:
        last = ending.turns[-1]
        tool_calls.settle(draft, ending, last)
        if last.status == "streaming":
            came = draft.given.written.get(ending.id, ()) or last.content
            _cut(draft, ending, last, took_something=bool(came) or ending.id in draft.given.sent)
        draft.want(CancelResponse(ending.id))
    draft.add(e.RequestCompleted(ending.id, status, failure))


def _cut(draft: Draft, cut: Round, turn: Turn, *, took_something: bool) -> None:
    """What came of the turn is kept to be shown; what it took is booked as an estimate."""
    written = draft.given.written.get(cut.id, turn.content)
    done = e.TurnCompleted(
        response_id=cut.id, number=turn.number, status="interrupted", content=written
    )
    if not took_something:
        draft.add(done)
        return
    usage, cost = metrics.cut_off(draft, turn, written, draft.given.sent.get(cut.id))
    draft.add(
        replace(done, usage=usage, cost=cost, estimated=True),
        metrics.after_cut(draft.state.record.metrics, usage, cost),
    )


def begin_next(draft: Draft) -> None:
    """Start the oldest queued round, unless one runs or the conversation does not."""
    waiting = draft.state.open_rounds
    if not waiting or waiting[0].turns or not _runs(draft.state.record):
        return
    draft.add(e.MessageAdded(waiting[0].request))
    _next_turn(draft, waiting[0].id, 0)


def _runs(session: Session) -> bool:
    """A conversation that is just being started says so when it is up."""
    talkers = [worker for worker in session.workers if isinstance(worker, ConversationWorker)]
    return session.desired == "run" and any(worker.status == "running" for worker in talkers)


def _next_turn(draft: Draft, response_id: str, number: int, max_tokens: int | None = None) -> None:
    _, model = model_of(draft.state.record.config, draft.given.settings())
    draft.add(e.TurnStarted(response_id, number, model, max_tokens))
    draft.want(AskModel(response_id, number))


def current(state: SessionState, response_id: str, number: int) -> Turn | None:
    """The turn, if it is the one being streamed; late news of another is of no interest."""
    found = state.round(response_id)
    if found is None or not found.is_open or not found.turns:
        return None
    last = found.turns[-1]
    return last if last.number == number and last.status == "streaming" else None


def block_arrived(state: SessionState, outcome: o.BlockArrived, given: Given) -> Decision:
    draft = Draft(state, given)
    if current(state, outcome.response_id, outcome.number):
        draft.add(e.TurnBlockCompleted(outcome.response_id, outcome.number, outcome.block))
    return draft.decision()


def go_on(draft: Draft, response_id: str) -> None:
    """Start the next call that waits; ask the model again once all have a result, or end the round
    if one of them stops it.
    """
    stopped, ending = tool_calls.stops(draft.state, response_id), draft.state.round(response_id)
    if stopped and ending:
        if not tool_calls.is_running(draft.state, response_id):
            end_round(draft, ending, "failed", stopped)
            begin_next(draft)
        return
    following = tool_calls.next_writer(draft, response_id)
    if following:
        tool_calls.start(draft, response_id, following)
    elif tool_calls.all_done(draft, response_id):
        ask_again(draft, response_id)


def ask_again(draft: Draft, response_id: str, max_tokens: int | None = None) -> None:
    """The next turn, unless the round goes on for too long already."""
    found = draft.state.round(response_id)
    if found is None:
        return
    limits = draft.given.settings().conversation
    repeated = tool_calls.goes_in_circles(found, limits.loop_limit)
    if repeated:
        times = limits.loop_limit
        text = f"{repeated.name} gave the same {times} times in a row; say what to do instead"
        finish(draft, response_id, "failed", Failure(code="loop-detected", message=text))
    elif len(found.turns) >= limits.turn_limit:
        text = f"no end after {limits.turn_limit} turns; send another request to go on"
        finish(draft, response_id, "failed", Failure(code="turn-limit", message=text))
    else:
        _next_turn(draft, response_id, found.turns[-1].number + 1, max_tokens)


def finish(draft: Draft, response_id: str, status: RoundStatus, failure: Failure | None) -> None:
    draft.add(e.RequestCompleted(response_id, status, failure))
    begin_next(draft)


def tool_returned(state: SessionState, outcome: o.ToolReturned, given: Given) -> Decision:
    draft = Draft(state, given)
    call = tool_calls.running_call(state, outcome.response_id, outcome.tool_call_id)
    if call:
        tool_calls.returned(draft, call, outcome)
        go_on(draft, outcome.response_id)
    return draft.decision()


def call_stopped(state: SessionState, outcome: o.CallStopped, given: Given) -> Decision:
    """What the call would have spent is not left: the round ends with those that run beside it."""
    draft = Draft(state, given)
    call = tool_calls.running_call(state, outcome.response_id, outcome.tool_call_id)
    if call:
        tool_calls.stopped(draft, call, outcome)
        go_on(draft, outcome.response_id)
    return draft.decision()


def worker_up(draft: Draft) -> None:
    """The conversation's actor runs (again): take up what a crash or a restart left open.

    Nothing runs in an actor that has just started, so a turn being streamed was cut off. What is
    to become of tool calls depends on what is known of their tools.
    """
    running = draft.state.running
    if running is None:
        begin_next(draft)
    elif running[1].status == "streaming":
        _after_cut(draft, *running)
    else:
        draft.want(PrepareConversation())


def ready(state: SessionState, outcome: o.ConversationReady, given: Given) -> Decision:
    """The tools are known: go on with the calls that were cut off."""
    draft = Draft(state, given)
    if state.running and state.running[1].status != "streaming":
        running, turn = state.running
        tools = {tool.name: tool for tool in outcome.tools}
        tool_calls.take_up(draft, running, turn, tools, outcome.under_way)
        go_on(draft, running.id)
    return draft.decision()


def _after_cut(draft: Draft, running: Round, turn: Turn) -> None:
    left = (turn.waits_until - draft.given.now).total_seconds() if turn.waits_until else 0.0
    if left > 0:  # nothing was asked meanwhile: what is left is waited
        draft.want(CancelResponse(running.id), AskModel(running.id, turn.number, left))
        return
    _cut(draft, running, turn, took_something=True)  # nobody knows how far it had come
    if running.cuts + 1 >= CUT_LIMIT:
        text = "the turn was cut off twice by a crash; send the request again"
        finish(draft, running.id, "interrupted", Failure(code="interrupted", message=text))
    else:
        draft.want(CancelResponse(running.id))  # the new actor may have been asked before it was up
        _next_turn(draft, running.id, turn.number + 1)


def interrupt(draft: Draft, *, all_open: bool, reason: str) -> None:
    """Pause or stop: the running round ends as cancelled, and with `all_open` the queued ones."""
    failure = Failure(code="cancelled", message=reason)
    for found in draft.state.open_rounds:
        if found.turns or all_open:
            end_round(draft, found, "cancelled", failure)
    if all_open:
        permission_asks.withdraw(draft)


def gave_up(draft: Draft, reason: str) -> None:
    """The conversation's actor failed too often: nobody is left to answer what is open."""
    failure = Failure(code="worker-not-running", message=f"the conversation failed: {reason}")
    for found in draft.state.open_rounds:
        end_round(draft, found, "failed", failure)
    permission_asks.withdraw(draft)
