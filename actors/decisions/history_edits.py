"""PURE: messages and numbers put into a session's record by hand, without calling a model."""

from actors.decisions import metrics
from actors.decisions.decision import Draft, Given, Ready, Reply, Verdict
from actors.decisions.models import model_of
from actors.decisions.session import RECORD
from storage import codec
from storage.errors import FileRefused
from storage.records import event as e
from storage.records import request as r
from storage.records.conversation import Usage
from storage.records.message import ChatMessage, TextContent
from storage.state import SessionState


def add_message(state: SessionState, command: r.AddMessage, given: Given) -> Verdict:
    """Record a message of any role; no model is called."""
    new = command.message
    if new.id is not None and _is_taken(state, new.id):
        text = f"Message already exists with ID: {new.id}"
        return r.Refusal(code="message-exists", message=text, path="$.message.id")
    message = ChatMessage(
        id=new.id or given.new_id(),
        role=new.role,
        content=(TextContent(new.content),) if isinstance(new.content, str) else new.content,
        created_at=new.created_at or given.now,
        tool_call_id=new.tool_call_id,
        tool_calls=new.tool_calls,
        metadata=new.metadata,
    )
    draft = Draft(state, given)
    draft.add(e.MessageAdded(message))
    return draft.decision(record_and_message(message.id))


def _is_taken(state: SessionState, message_id: str) -> bool:
    """By a message of the history, or by one that joins it when its request's turn comes."""
    waiting = {found.request.id for found in state.open_rounds}
    return message_id in waiting or state.messages.find(message_id) is not None


def record_and_message(message_id: str) -> Reply:
    return Ready(lambda state: {**codec.builtins(state.record), "message_id": message_id})


def update_message(state: SessionState, command: r.UpdateMessage, given: Given) -> Verdict:
    message = state.messages.find(command.message_id)
    if message is None:
        text = f"Message not found with ID: {command.message_id}"
        return r.Refusal(code="message-not-found", message=text)
    for name in ("id", "created_at"):
        if name in command.updates:
            path = f"$.updates.{name}"
            return r.Refusal(code="read-only-field", message=f"{name} cannot be set", path=path)
    try:
        codec.convert({**codec.builtins(message), **command.updates}, r.StrictMessage)
    except FileRefused as problem:
        path = "$.updates" + (problem.path or "$").removeprefix("$")
        return r.Refusal(code="bad-request", message=str(problem), path=path)
    draft = Draft(state, given)
    draft.add(e.MessageUpdated(command.message_id, command.updates))
    return draft.decision(record_and_message(command.message_id))


def update_metrics(state: SessionState, command: r.UpdateTokenMetrics, given: Given) -> Verdict:
    provider, model = model_of(state.record.config, given.settings())
    usage = Usage(prompt_tokens=command.prompt_tokens, completion_tokens=command.completion_tokens)
    cost = given.prices.cost(usage, model, provider)
    window = given.prices.context_window(model, provider)
    draft = Draft(state, given)
    draft.add(
        *metrics.after_call(state.record.metrics, usage, cost, window, critical=state.critical)
    )
    return draft.decision(RECORD)
