"""PURE: the turn machine. What arrived for a conversation -> events to record, effects to perform.

A round is a request and the turns that answer it; one round runs, others wait in order. Each turn
is one call of the model; its tool calls run before the next. Nothing here remembers anything: the
machine's whole state is the session's, so after a crash it goes on from the journal.
"""

from actors.decisions import metrics, tool_calls
from actors.decisions.decision import Decision, Draft, Given, Ready, Reply, Until, Verdict
from actors.decisions.models import model_of
from actors.messages import outcomes as o
from actors.messages.effects import AskModel, CancelResponse, PrepareConversation
from storage.records import event as e
from storage.records.conversation import Failure, Round, RoundStatus, ToolCallStatus, Turn
from storage.records.message import ChatMessage, Content, TextContent, ToolCallContent
from storage.records.request import Cancel, Refusal, Request
from storage.records.session import Session
from storage.records.worker import ConversationWorker
from storage.state import SessionState

RECENT_ROUNDS = 100
"""A request that is handed in again was among the last ones."""
RETRY_LIMIT = 3
"""How often a failed call is asked again before the request fails."""
RETRY_FIRST_SECONDS = 0.5
RETRY_AFTER_CAP_SECONDS = 60.0
TURN_LIMIT = 50
"""Turns of one round; a model that has not come to an end by then is going in circles."""
CUT_LIMIT = 2
"""A request whose turns were cut by so many crashes is not asked again."""


def request(state: SessionState, command: Request, given: Given) -> Verdict:
    """Queue a request; it starts at once if none is open. One that was queued before goes on."""
    content = (
        (TextContent(command.content),) if isinstance(command.content, str) else command.content
    )
    before = _asked_before(state, given.request_id, content)
    if before:
        return Decision(reply=_reply_to(command, before.id), follows=before.id)
    refusal = _not_now(state, command)
    if refusal:
        return refusal
    message = ChatMessage(id=given.new_id(), role="user", content=content, created_at=given.now)
    response_id = f"{state.record.id}-{given.new_id()}"
    draft = Draft(state, given)
    draft.add(e.RequestQueued(response_id, message, given.request_id))
    _begin_next(draft)
    return draft.decision(_reply_to(command, response_id))


def _reply_to(command: Request, response_id: str) -> Reply:
    if command.wait:
        return Until(lambda after: answer_of(after, response_id))
    return Ready(lambda _: {"response_id": response_id})


def _asked_before(
    state: SessionState, request_id: str | None, content: tuple[Content, ...]
) -> Round | None:
    """The round of this very request, handed in again because nobody saw its answer."""
    if request_id is None:
        return None
    recent = [*state.rounds[-RECENT_ROUNDS:], *state.open_rounds]
    return next(
        (r for r in recent if r.request_id == request_id and r.request.content == content), None
    )


def _not_now(state: SessionState, command: Request) -> Refusal | None:
    session = state.record
    talkers = [w for w in session.workers if isinstance(w, ConversationWorker)]
    names = ", ".join(worker.name for worker in session.workers) or "none"
    if not talkers:
        text = (
            f"session {session.id} has no conversation (its workers: {names}); add one with:"
            f" greenroom worker add {session.id} --conversation; into a terminal one types with:"
            f" greenroom type {session.id}/WORKER TEXT"
        )
        return Refusal(code="no-conversation", message=text)
    if isinstance(command.content, str) and not command.content.strip():
        return Refusal(code="bad-request", message="the request is blank", path="$.content")
    return _not_running(session, talkers[0])


def _not_running(session: Session, talker: ConversationWorker) -> Refusal | None:
    if session.desired == "stopped":
        text = f"session {session.id} is stopped; start it with: greenroom run {session.id}"
        return Refusal(code="session-stopped", message=text)
    whole = f"{session.id}/{talker.name}"
    if talker.desired == "stopped":
        text = f"worker {talker.name} is stopped; start it with: greenroom run {whole}"
        return Refusal(code="worker-not-running", message=text)
    if talker.status == "quarantined":
        text = f"{talker.name} failed too often ({talker.last_error}): greenroom restart {whole}"
        return Refusal(code="worker-not-running", message=text)
    return None


def answer_of(state: SessionState, response_id: str) -> object | None:
    """What a request is answered once its round has ended; None while it is open."""
    done = state.round(response_id)
    if done is None or done.is_open:
        return None
    data = response_record(done)
    if done.status == "completed":
        return data
    failure = done.failure or Failure(code=done.status, message=f"the request was {done.status}")
    return Refusal(code=failure.code, message=failure.message, data=data)


def response_record(done: Round) -> dict[str, object]:
    costs = [turn.cost for turn in done.turns if turn.usage]
    known = [cost for cost in costs if cost]
    return {
        "response_id": done.id,
        "status": done.status,
        "text": done.text,
        "turns": done.turns,
        "usage": done.usage,
        "cost": sum(cost.usd for cost in known) if known and len(known) == len(costs) else None,
    }


def cancel(state: SessionState, command: Cancel, given: Given) -> Verdict:
    """End a request. One that has ended stays as it is."""
    found = state.round(command.response_id)
    if found is None:
        text = f"Response not found with ID: {command.response_id}"
        return Refusal(code="response-not-found", message=text)
    draft = Draft(state, given)
    if found.is_open:
        end_round(draft, found, "cancelled", Failure(code="cancelled", message="cancelled"))
        _begin_next(draft)
    return draft.decision(
        Ready(lambda after: {"response_id": found.id, "status": _status_of(after, found.id)})
    )


def _status_of(state: SessionState, response_id: str) -> str | None:
    found = state.round(response_id)
    return found.status if found else None


def end_round(draft: Draft, ending: Round, status: RoundStatus, failure: Failure) -> None:
    """End an open round in any state: its turn cut, its calls settled, its work stopped."""
    if ending.turns:
        last = ending.turns[-1]
        tool_calls.settle(draft, ending, last)
        if last.status == "streaming":
            draft.add(_cut(draft, ending, last))
        draft.want(CancelResponse(ending.id))
    draft.add(e.RequestCompleted(ending.id, status, failure))


def _cut(draft: Draft, cut: Round, turn: Turn) -> e.TurnCompleted:
    written = draft.given.written.get(cut.id, turn.content)
    return e.TurnCompleted(
        response_id=cut.id, number=turn.number, status="interrupted", content=written
    )


def _begin_next(draft: Draft) -> None:
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


def _next_turn(draft: Draft, response_id: str, number: int) -> None:
    _, model = model_of(draft.state.record.config, draft.given.settings())
    draft.add(e.TurnStarted(response_id, number, model))
    draft.want(AskModel(response_id, number))


def _current(state: SessionState, response_id: str, number: int) -> Turn | None:
    """The turn, if it is the one being streamed; late news of another is of no interest."""
    found = state.round(response_id)
    if found is None or not found.is_open or not found.turns:
        return None
    last = found.turns[-1]
    return last if last.number == number and last.status == "streaming" else None


def block_arrived(state: SessionState, outcome: o.BlockArrived, given: Given) -> Decision:
    draft = Draft(state, given)
    if _current(state, outcome.response_id, outcome.number):
        draft.add(e.TurnBlockCompleted(outcome.response_id, outcome.number, outcome.block))
    return draft.decision()


def turn_arrived(state: SessionState, outcome: o.TurnArrived, given: Given) -> Decision:
    """Record a whole turn and what it cost; run its tools, or end the round."""
    draft = Draft(state, given)
    if not _current(state, outcome.response_id, outcome.number):
        return draft.decision()
    calls = any(isinstance(block, ToolCallContent) for block in outcome.content)
    runs_tools = calls and outcome.stop_reason == "tool_use"
    content = outcome.content if runs_tools else _without_calls(outcome.content)
    _record_turn(draft, outcome, content)
    response_id = outcome.response_id
    if runs_tools:
        tool_calls.plan(draft, response_id, outcome.tools)
        _go_on(draft, response_id)
    elif calls and outcome.stop_reason != "refusal":
        _finish(draft, response_id, "failed", _half_a_call(outcome.stop_reason))
    else:
        _finish(draft, response_id, "completed", None)
    return draft.decision()


def _half_a_call(stop_reason: str) -> Failure:
    """A call may run only if the model said that it had come to its end with it."""
    if stop_reason in {"max_tokens", "model_context_window_exceeded"}:
        text = "the model reached its output limit inside a tool call; raise max_tokens"
        return Failure(code="output-limit", message=text)
    text = f"the model called a tool and ended with {stop_reason}; the call was not run"
    return Failure(code="provider-error", message=text)


def _without_calls(content: tuple[Content, ...]) -> tuple[Content, ...]:
    return tuple(block for block in content if not isinstance(block, ToolCallContent))


def _record_turn(draft: Draft, outcome: o.TurnArrived, content: tuple[Content, ...]) -> None:
    cost = draft.given.prices.cost(outcome.usage, outcome.model, outcome.provider)
    message_id = None
    if content:
        message_id = draft.given.new_id()
        calls = tuple(block for block in content if isinstance(block, ToolCallContent))
        draft.add(
            e.MessageAdded(
                ChatMessage(
                    id=message_id,
                    role="assistant",
                    content=content,
                    created_at=draft.given.now,
                    tool_calls=calls or None,
                )
            )
        )
    draft.add(
        e.TurnCompleted(
            response_id=outcome.response_id,
            number=outcome.number,
            status="completed",
            message_id=message_id,
            stop_reason=outcome.stop_reason,
            usage=outcome.usage,
            cost=cost,
            raw_response=outcome.raw_response,
        )
    )
    before, critical = draft.state.record.metrics, draft.state.critical
    draft.add(*metrics.after_call(before, outcome.usage, cost, outcome.window, critical=critical))


def _go_on(draft: Draft, response_id: str) -> None:
    """Start the next call that waits; ask the model again once all have a result."""
    calls = tool_calls.calls_of(draft.state, response_id)
    pending = [call for call in calls if call.status == "pending"]
    if pending and not tool_calls.writer_runs(draft, response_id):
        tool_calls.start(draft, response_id, pending[0])
    elif not pending and not any(call.status == "running" for call in calls):
        _ask_again(draft, response_id)


def _ask_again(draft: Draft, response_id: str) -> None:
    found = draft.state.round(response_id)
    if found is None:
        return
    repeated = tool_calls.goes_in_circles(found)
    if repeated:
        times = tool_calls.LOOP_LIMIT
        text = f"{repeated.name} gave the same {times} times in a row; say what to do instead"
        _finish(draft, response_id, "failed", Failure(code="loop-detected", message=text))
    elif len(found.turns) >= TURN_LIMIT:
        text = f"no end after {TURN_LIMIT} turns; send another request to go on"
        _finish(draft, response_id, "failed", Failure(code="turn-limit", message=text))
    else:
        _next_turn(draft, response_id, found.turns[-1].number + 1)


def _finish(draft: Draft, response_id: str, status: RoundStatus, failure: Failure | None) -> None:
    draft.add(e.RequestCompleted(response_id, status, failure))
    _begin_next(draft)


def turn_failed(state: SessionState, outcome: o.TurnFailed, given: Given) -> Decision:
    """Ask again after a pause if that may help, else end the round with the reason."""
    draft = Draft(state, given)
    turn = _current(state, outcome.response_id, outcome.number)
    if turn is None:
        return draft.decision()
    if outcome.retryable and turn.retries < RETRY_LIMIT:
        attempt = turn.retries + 1
        delay = _delay(attempt, outcome.retry_after_seconds)
        draft.add(e.TurnRetried(outcome.response_id, turn.number, attempt, outcome.message, delay))
        draft.want(AskModel(outcome.response_id, turn.number, delay))
        return draft.decision()
    draft.add(
        e.TurnCompleted(
            response_id=outcome.response_id,
            number=turn.number,
            status="error",
            content=outcome.content,
            error=outcome.message,
        )
    )
    failure = Failure(code=outcome.code, message=outcome.message)
    _finish(draft, outcome.response_id, "failed", failure)
    return draft.decision()


def _delay(attempt: int, retry_after_seconds: float | None) -> float:
    if retry_after_seconds is not None:
        return min(retry_after_seconds, RETRY_AFTER_CAP_SECONDS)
    return RETRY_FIRST_SECONDS * float(2 ** (attempt - 1))


def tool_returned(state: SessionState, outcome: o.ToolReturned, given: Given) -> Decision:
    draft = Draft(state, given)
    call = tool_calls.running_call(state, outcome.response_id, outcome.tool_call_id)
    if call:
        status: ToolCallStatus = "failed" if outcome.is_error else "completed"
        tool_calls.complete(draft, outcome.response_id, call, outcome.content, status)
        _go_on(draft, outcome.response_id)
    return draft.decision()


def worker_up(draft: Draft) -> None:
    """The conversation's actor runs (again): take up what a crash or a restart left open.

    Nothing runs in an actor that has just started, so a turn being streamed was cut off. What is
    to become of tool calls depends on what is known of their tools.
    """
    running = draft.state.running
    if running is None:
        _begin_next(draft)
    elif running[1].status == "streaming":
        _after_cut(draft, *running)
    else:
        draft.want(PrepareConversation())


def ready(state: SessionState, outcome: o.ConversationReady, given: Given) -> Decision:
    """The tools are known: go on with the calls that were cut off."""
    draft = Draft(state, given)
    if state.running and state.running[1].status != "streaming":
        running, turn = state.running
        tool_calls.take_up(draft, running, turn, {tool.name: tool for tool in outcome.tools})
        _go_on(draft, running.id)
    return draft.decision()


def _after_cut(draft: Draft, running: Round, turn: Turn) -> None:
    draft.add(_cut(draft, running, turn))
    if running.cuts + 1 >= CUT_LIMIT:
        text = "the turn was cut off twice by a crash; send the request again"
        _finish(draft, running.id, "interrupted", Failure(code="interrupted", message=text))
    else:
        _next_turn(draft, running.id, turn.number + 1)


def interrupt(draft: Draft, *, all_open: bool, reason: str) -> None:
    """Pause or stop: the running round ends as cancelled, and with `all_open` the queued ones."""
    failure = Failure(code="cancelled", message=reason)
    for found in draft.state.open_rounds:
        if found.turns or all_open:
            end_round(draft, found, "cancelled", failure)


def gave_up(draft: Draft, reason: str) -> None:
    """The conversation's actor failed too often: nobody is left to answer what is open."""
    failure = Failure(code="worker-not-running", message=f"the conversation failed: {reason}")
    for found in draft.state.open_rounds:
        end_round(draft, found, "failed", failure)
