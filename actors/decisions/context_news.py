"""PURE: news of the context of a turn: a summary was made for it, or a part of it failed."""

from actors.decisions import conversation, metrics
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import outcomes as o
from actors.messages.effects import AskModel
from storage.records import event as e
from storage.records.message import ChatMessage, TextContent
from storage.state import SessionState


def summarized(state: SessionState, outcome: o.HistorySummarized, given: Given) -> Decision:
    """Record the summary and what it cost; then ask the model, which is shown it."""
    draft = Draft(state, given)
    turn = conversation.current(state, outcome.response_id, outcome.number)
    if turn is None:
        return draft.decision()
    message = ChatMessage(
        id=given.new_id(),
        role="summary",
        content=(TextContent(outcome.text),),
        created_at=given.now,
        metadata={"is_summary": True, "summarized_messages": list(outcome.of)},
    )
    cost = given.prices.cost(outcome.usage, outcome.model, outcome.provider)
    before = draft.state.record.metrics
    draft.add(
        e.MessageAdded(message),
        e.HistorySummarized(
            response_id=outcome.response_id,
            number=turn.number,
            message_id=message.id,
            usage=outcome.usage,
            cost=cost,
        ),
        metrics.after_cut(before, outcome.usage, cost),
    )
    draft.want(AskModel(outcome.response_id, turn.number))
    return draft.decision()


def part_failed(state: SessionState, outcome: o.ContextPartFailed, given: Given) -> Decision:
    """Record it, and what it took."""
    draft = Draft(state, given)
    turn = conversation.current(state, outcome.response_id, outcome.number)
    if turn is None:
        return draft.decision()
    usage, cost = outcome.usage, None
    if usage:
        cost = given.prices.cost(usage, turn.model or "", outcome.provider)
    draft.add(
        e.ContextPartFailed(
            response_id=outcome.response_id,
            number=outcome.number,
            part=outcome.part,
            message=outcome.message,
            usage=usage,
            cost=cost,
            of=outcome.of,
        )
    )
    if usage:
        draft.add(metrics.after_cut(draft.state.record.metrics, usage, cost))
    return draft.decision()
