"""PURE: requests to a conversation: queued, answered once their round has ended, cancelled."""

from msgspec.structs import replace

from actors.decisions import conversation
from actors.decisions.decision import (
    Awaiting,
    Decision,
    Draft,
    Given,
    Ready,
    Reply,
    Until,
    Verdict,
)
from actors.messages.effects import RefreshContext as Refresh
from actors.messages.effects import ShowContext
from storage.codec import encode
from storage.records import event as e
from storage.records.conversation import Failure, Round
from storage.records.message import ChatMessage, Content, TextContent
from storage.records.request import Cancel, GetContext, RefreshContext, Refusal, Request
from storage.records.session import Session
from storage.records.worker import ConversationWorker
from storage.state import SessionState

MESSAGE_LIMIT_BYTES = 2_000_000
"""Of text. It is recorded twice in one line of the journal when its round starts at once."""
RECENT_ROUNDS = 100
"""A request that is handed in again was among the last ones."""


def request(state: SessionState, command: Request, given: Given) -> Verdict:
    """Queue a request; it starts at once if none is open. One that was queued before goes on."""
    content = (
        (TextContent(command.content),) if isinstance(command.content, str) else command.content
    )
    before = _asked_before(state, given.request_id, content)
    if before:
        return Decision(reply=_reply_to(command, before.id), follows=before.id)
    refusal = _too_large(content) or _not_now(state, command)
    if refusal:
        return refusal
    warnings = tuple(filter(None, [given.settings_problem()]))
    message = ChatMessage(id=given.new_id(), role="user", content=content, created_at=given.now)
    response_id = f"{state.record.id}-{given.new_id()}"
    draft = Draft(state, given)
    draft.add(e.RequestQueued(response_id, message, given.request_id))
    conversation.begin_next(draft)
    made = draft.decision(_reply_to(command, response_id, warnings))
    return replace(made, warnings=warnings)


def _reply_to(command: Request, response_id: str, warnings: tuple[str, ...] = ()) -> Reply:
    if command.wait:
        return Until(lambda after: _with(warnings, answer_of(after, response_id)))
    return Ready(lambda _: _with(warnings, {"response_id": response_id}))


def _with(warnings: tuple[str, ...], answer: object | None) -> object | None:
    return {**answer, "warnings": warnings} if warnings and isinstance(answer, dict) else answer


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


def show_context(state: SessionState, _: GetContext, given: Given) -> Verdict:
    """Have the conversation build what it would send now; who performs that answers."""
    refusal = _no_conversation(state)
    key = given.new_id()
    return refusal or Decision(effects=(ShowContext(key),), reply=Awaiting(key))


def refresh_context(state: SessionState, _: RefreshContext, given: Given) -> Verdict:
    """What tools said for the prompt is forgotten; the next request has them called."""
    refusal = _no_conversation(state)
    ids = [each.id for each in given.settings().dynamic_context]
    reply = Ready(lambda _: {"refreshed": ids})
    return refusal or Decision(effects=(Refresh(),), reply=reply)


def _too_large(content: tuple[Content, ...]) -> Refusal | None:
    texts = [block.text for block in content if isinstance(block, TextContent)]
    size = sum(len(encode(text)) - len('""') for text in texts)
    if size <= MESSAGE_LIMIT_BYTES:
        return None
    text = (
        f"the message has {size:,} bytes, and {MESSAGE_LIMIT_BYTES:,} at most can be sent at once:"
        " send it in parts, or name a file that the model can read"
    )
    return Refusal(code="too-large", message=text, path="$.content")


def _not_now(state: SessionState, command: Request) -> Refusal | None:
    if isinstance(command.content, str) and not command.content.strip():
        return Refusal(code="bad-request", message="the request is blank", path="$.content")
    return _no_conversation(state)


def _no_conversation(state: SessionState) -> Refusal | None:
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
    costs = [cost for _, cost in done.calls]
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
        conversation.end_round(
            draft, found, "cancelled", Failure(code="cancelled", message="cancelled")
        )
        conversation.begin_next(draft)
    return draft.decision(
        Ready(lambda after: {"response_id": found.id, "status": _status_of(after, found.id)})
    )


def _status_of(state: SessionState, response_id: str) -> str | None:
    found = state.round(response_id)
    return found.status if found else None
