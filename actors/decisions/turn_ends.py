"""PURE: a turn came whole: it is recorded, its tools run, it is asked again, or ends its round."""

from actors.decisions import conversation, metrics, tool_calls
from actors.decisions.decision import Decision, Draft, Given
from actors.decisions.history import distinct_calls
from actors.decisions.models import CONFIG_IS_SET
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records.conversation import Failure, Turn
from storage.records.message import ChatMessage, Content, ToolCallContent
from storage.records.tool import Tool
from storage.state import SessionState

_CUT = "a tool call was cut off by the limit of {} tokens; asked again with a higher one"


def turn_arrived(state: SessionState, outcome: o.TurnArrived, given: Given) -> Decision:
    """Record a whole turn and what it cost; run its tools, go on, or end the round."""
    draft = Draft(state, given)
    turn = conversation.current(state, outcome.response_id, outcome.number)
    if turn is None:
        return draft.decision()
    calls = any(isinstance(block, ToolCallContent) for block in outcome.content)
    more = _longer(turn, outcome) if calls else None
    if calls and outcome.stop_reason == "tool_use":
        _record_turn(draft, outcome, distinct_calls(outcome.content))
        tool_calls.plan(draft, outcome.response_id, outcome.tools)
        conversation.go_on(draft, outcome.response_id)
    elif more:
        _record_turn(draft, outcome, _without_calls(outcome.content), cut_at=outcome.max_tokens)
        conversation.ask_again(draft, outcome.response_id, max_tokens=more)
    else:
        _end(draft, outcome, calls=calls)
    return draft.decision()


def _end(draft: Draft, outcome: o.TurnArrived, *, calls: bool) -> None:
    """Without a call to run: the end, unless the model wants only to be asked to go on."""
    content = _without_calls(outcome.content)
    _record_turn(draft, outcome, content)
    failure = _failure(outcome, content, calls=calls)
    if failure:
        conversation.finish(draft, outcome.response_id, "failed", failure)
    elif outcome.stop_reason == "pause_turn" and content:
        conversation.ask_again(draft, outcome.response_id)
    else:
        conversation.finish(draft, outcome.response_id, "completed", None)


def _longer(turn: Turn, outcome: o.TurnArrived) -> int | None:
    """The limit to ask again with, once, when a call was cut by the one before; None: no use."""
    limit = outcome.max_tokens
    if outcome.stop_reason != "max_tokens" or limit is None or turn.max_tokens is not None:
        return None
    doubled = min(2 * limit, outcome.most_tokens or 2 * limit)
    return doubled if doubled > limit else None


def _failure(
    outcome: o.TurnArrived, content: tuple[Content, ...], *, calls: bool
) -> Failure | None:
    """A call may run only if the model said that it had come to its end with it."""
    reason = outcome.stop_reason
    is_full = reason == "model_context_window_exceeded"
    if is_full and not content:
        text = (
            "the conversation fills the model's window; set config.context_strategy"
            f" ({CONFIG_IS_SET}), or begin another session"
        )
        return Failure(code="context-limit", message=text)
    if not calls or reason == "refusal":
        return None
    if is_full or reason == "max_tokens":
        text = (
            "the model reached its output limit inside a tool call; raise config.max_tokens"
            f" ({CONFIG_IS_SET})"
        )
        return Failure(code="output-limit", message=text)
    text = f"the model called a tool and ended with {reason}; the call was not run"
    return Failure(code="provider-error", message=text)


def _without_calls(content: tuple[Content, ...]) -> tuple[Content, ...]:
    return tuple(block for block in content if not isinstance(block, ToolCallContent))


def _record_turn(
    draft: Draft,
    outcome: o.TurnArrived,
    content: tuple[Content, ...],
    *,
    cut_at: int | None = None,
) -> None:
    """`cut_at`: the limit that cut it; such a turn is shown, and its text is in no history."""
    cost = draft.given.prices.cost(outcome.usage, outcome.model, outcome.provider)
    message_id = None
    if content and not cut_at:
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
            status="error" if cut_at else "completed",
            message_id=message_id,
            content=content if cut_at else (),
            error=_CUT.format(cut_at) if cut_at else None,
            stop_reason=outcome.stop_reason,
            usage=outcome.usage,
            cost=cost,
            raw_response=outcome.raw_response,
            digests=_digests(outcome.tools, content),
        )
    )
    before, critical = draft.state.record.metrics, draft.state.critical
    draft.add(*metrics.after_call(before, outcome.usage, cost, outcome.window, critical=critical))


def _digests(tools: tuple[Tool, ...], content: tuple[Content, ...]) -> dict[str, str]:
    called = {block.name for block in content if isinstance(block, ToolCallContent)}
    return {tool.name: tool.digest for tool in tools if tool.name in called}
