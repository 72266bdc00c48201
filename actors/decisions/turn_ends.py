"""PURE: a call of the model has ended: its turn is recorded, asked again, or ends its round."""

from actors.decisions import conversation, metrics, tool_calls
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import outcomes as o
from actors.messages.effects import AskModel
from storage.records import event as e
from storage.records.conversation import Failure
from storage.records.message import ChatMessage, Content, ToolCallContent
from storage.state import SessionState

RETRY_LIMIT = 3
"""How often a failed call is asked again before the request fails."""
RETRY_FIRST_SECONDS = 0.5
RETRY_AFTER_CAP_SECONDS = 60.0


def turn_arrived(state: SessionState, outcome: o.TurnArrived, given: Given) -> Decision:
    """Record a whole turn and what it cost; run its tools, or end the round."""
    draft = Draft(state, given)
    if not conversation.current(state, outcome.response_id, outcome.number):
        return draft.decision()
    calls = any(isinstance(block, ToolCallContent) for block in outcome.content)
    runs_tools = calls and outcome.stop_reason == "tool_use"
    content = outcome.content if runs_tools else _without_calls(outcome.content)
    _record_turn(draft, outcome, content)
    response_id = outcome.response_id
    if runs_tools:
        tool_calls.plan(draft, response_id, outcome.tools)
        conversation.go_on(draft, response_id)
    elif calls and outcome.stop_reason != "refusal":
        conversation.finish(draft, response_id, "failed", _half_a_call(outcome.stop_reason))
    else:
        conversation.finish(draft, response_id, "completed", None)
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


def turn_failed(state: SessionState, outcome: o.TurnFailed, given: Given) -> Decision:
    """Ask again after a pause if that may help, else end the round with the reason."""
    draft = Draft(state, given)
    turn = conversation.current(state, outcome.response_id, outcome.number)
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
    conversation.finish(draft, outcome.response_id, "failed", failure)
    return draft.decision()


def _delay(attempt: int, retry_after_seconds: float | None) -> float:
    if retry_after_seconds is not None:
        return min(retry_after_seconds, RETRY_AFTER_CAP_SECONDS)
    return RETRY_FIRST_SECONDS * float(2 ** (attempt - 1))
