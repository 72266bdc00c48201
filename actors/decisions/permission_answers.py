"""PURE: what follows when a permission request is answered, or nobody answered in time.

The answer is for that one call: allowed, it goes on in its turn; otherwise the model is given one
result that says why it did not run.
"""

from actors.decisions import conversation, tool_calls
from actors.decisions.decision import Decision, Draft, Given, Ready, Verdict
from actors.messages import outcomes as o
from actors.messages.effects import FollowServers
from storage.records import event as e
from storage.records.permission import PermissionEnd, PermissionRequest
from storage.records.request import AnswerPermission, Refusal
from storage.state import SessionState

DENIED = "permission denied: whoever was asked said no; this call was not run"
_BY = {
    "control-socket": "at the command line or by a program over the socket",
    "inbox": "by a file in inbox/",
    "program": "by the program that greenroom runs in",
}
EXPIRED = "permission denied: nobody answered in time; this call was not run"


def answer(state: SessionState, command: AnswerPermission, given: Given) -> Verdict:
    """By whichever front it came. Refused when it is answered already, or was never asked."""
    asked = _open(state, command.permission)
    if asked is None:
        return _too_late(state.permissions.find(command.permission), command.permission)
    draft = Draft(state, given)
    end: PermissionEnd = "allowed" if command.decision == "allow" else "denied"
    draft.add(e.PermissionAnswered(asked.id, end, given.by, remember=command.remember))
    _go_on(draft, asked, None if end == "allowed" else DENIED)
    return draft.decision(record_of(asked.id))


def record_of(permission_id: str) -> Ready:
    return Ready(lambda after: after.permissions.find(permission_id))


def _open(state: SessionState, permission_id: str) -> PermissionRequest | None:
    return next((asked for asked in state.record.permissions if asked.id == permission_id), None)


def _too_late(asked: PermissionRequest | None, permission_id: str) -> Refusal:
    if asked is None:
        return not_found(permission_id)
    if asked.state == "expired":
        ended = "its request ended" if asked.response_id else "nothing names it any more"
        why = ended if asked.answered_by else "nobody answered it in time"
        text = f"permission request {asked.id} has expired: {why}, and {asked.tool} did not run"
        return Refusal(code="permission-answered", message=text)
    by = _BY.get(str(asked.answered_by), f"by {asked.answered_by}")
    text = f"permission request {asked.id} was {asked.state} already, {by}"
    return Refusal(code="permission-answered", message=text)


def not_found(permission_id: str) -> Refusal:
    text = (
        f"no permission request {permission_id} is open; see which are: greenroom asks;"
        " what became of earlier ones: greenroom history SESSION"
    )
    return Refusal(code="permission-not-found", message=text)


def due(state: SessionState, outcome: o.PermissionDue, given: Given) -> Decision:
    """Silence means no."""
    draft = Draft(state, given)
    asked = _open(state, outcome.permission_id)
    if asked is not None:
        draft.add(e.PermissionAnswered(asked.id, "expired"))
        _go_on(draft, asked, EXPIRED)
    return draft.decision()


def _go_on(draft: Draft, asked: PermissionRequest, refused: str | None) -> None:
    response_id = asked.response_id
    if asked.kind == "server":
        draft.want(FollowServers())
    if response_id is None:
        return
    for call in tool_calls.calls_of(draft.state, response_id):
        if call.tool_call_id == asked.tool_call_id and call.status == "pending":
            if refused is not None:
                tool_calls.complete(draft, response_id, call, refused, "denied")
            elif asked.only_reads:
                tool_calls.start(draft, response_id, call, only_reads=True)
            conversation.go_on(draft, response_id)


def held(state: SessionState, outcome: o.PermissionsHeld, given: Given) -> Decision:
    """The session's actor ends: what is left of each deadline is recorded."""
    draft = Draft(state, given)
    for permission_id, seconds in outcome.seconds_left.items():
        if _open(state, permission_id):
            draft.add(e.PermissionHeld(permission_id, seconds))
    return draft.decision()
