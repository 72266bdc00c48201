"""PURE: permission requests are opened here, found again, and closed when nobody waits any more.

Whether one is needed is said by `permission`; what follows from an answer, by `permission_answers`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actors.decisions import permission
from actors.decisions.decision import Draft
from actors.decisions.parents import line_of
from storage import codec
from storage.records import event as e
from storage.records.conversation import ToolCall
from storage.records.permission import PermissionKind, PermissionRequest, hash_of
from storage.records.session import Session
from storage.records.tool import Tool
from storage.state import SessionState

SHOWN_CHARACTERS = 2000
"""So much of an argument is kept to be shown; the whole call stands in the history."""
SHOWN_ARGUMENTS = 50
BY_US = "greenroom"
"""Who closed a request that nobody waits for any more."""


def permission_of(draft: Draft, call: ToolCall, tool: Tool) -> permission.Permission:
    """What the settings say, and what was answered for the rest of the session.

    A tool of which its server says anything else than when it last ran is asked about again,
    whatever would allow it.
    """
    verdict = permission.decide(tool, call.args, draft.given.settings())
    if isinstance(verdict, permission.Denied):
        return verdict
    if hash_of(call.name, call.args, tool.digest) in draft.state.remembered:
        return permission.Allowed()
    if draft.state.digests.get(tool.name, tool.digest) != tool.digest:
        text = "what its server says of this tool has changed since it last ran in this session"
        return permission.MustAsk("", text)
    return verdict


def ask_for_call(
    draft: Draft, response_id: str, call: ToolCall, tool: Tool, why: permission.MustAsk
) -> None:
    """The call waits until this is answered, or its time has run out."""
    rule = why.rule_hint
    _ask(
        draft,
        "call",
        tool=tool.name,
        server=tool.server,
        arguments=_shown(call.args),
        hash=hash_of(tool.name, call.args, tool.digest),
        reason=why.reason,
        rule=rule if rule and len(rule) <= SHOWN_CHARACTERS else None,
        only_reads=tool.only_reads,
        response_id=response_id,
        tool_call_id=call.tool_call_id,
    )


def ask_for_server(draft: Draft, name: str, arguments: dict[str, Any], reason: str) -> None:
    """Whether a tool server may be started, which somebody else named; see `last_of_server`.

    `arguments`: all that says what would be started; another value is another question.
    """
    _ask(
        draft,
        "server",
        tool=name,
        server=name,
        arguments=_shown(arguments),
        hash=hash_of_server(name, arguments),
        reason=reason,
    )


def hash_of_server(name: str, arguments: dict[str, Any]) -> str:
    """The `hash` of the request for this very server."""
    return hash_of(name, arguments, "")


def last_of_server(
    state: SessionState, name: str, arguments: dict[str, Any]
) -> PermissionRequest | None:
    """The request for this very server: the open one, else the latest; None if never asked here."""
    wanted = hash_of_server(name, arguments)
    asked = (*state.permissions[state.answered_elsewhere :], *state.record.permissions)
    return next((p for p in reversed(asked) if p.kind == "server" and p.hash == wanted), None)


def _ask(draft: Draft, kind: PermissionKind, **fields: Any) -> None:
    # The session's id is in it, so that an answer finds its way also when it comes late.
    session_id = draft.state.record.id
    asked = PermissionRequest(
        id=f"{draft.given.new_id()}-{session_id}",
        session_id=session_id,
        kind=kind,
        seconds_left=draft.given.settings().permissions.deadline_seconds,
        asked_at=draft.given.now,
        **fields,
    )
    draft.add(e.PermissionRequested(asked))


def session_of(permission_id: str) -> str:
    """The id of the session in which it was asked."""
    return permission_id.partition("-")[2]


def waiting_calls(state: SessionState, response_id: str) -> dict[str, PermissionRequest]:
    """The open requests of a response, by the id of the call that waits."""
    return {
        asked.tool_call_id: asked
        for asked in state.record.permissions
        if asked.response_id == response_id and asked.tool_call_id is not None
    }


def withdraw(draft: Draft, response_id: str | None = None) -> None:
    """Close what is open for a response, or all: whoever waited for an answer has ended."""
    for asked in draft.state.record.permissions:
        if response_id is None or asked.response_id == response_id:
            draft.add(e.PermissionAnswered(asked.id, "expired", BY_US))


def withdraw_each(draft: Draft, permission_ids: tuple[str, ...]) -> None:
    """Close those of them that are open: what they ask about is gone."""
    for asked in draft.state.record.permissions:
        if asked.id in permission_ids:
            draft.add(e.PermissionAnswered(asked.id, "expired", BY_US))


def _shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Short values as they are; of a long one its beginning, as text."""
    shown = {name: _short(value) for name, value in list(arguments.items())[:SHOWN_ARGUMENTS]}
    left_out = len(arguments) - len(shown)
    return {**shown, "…": f"{left_out} more"} if left_out else shown


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else codec.encode(value).decode()
    if len(text) <= SHOWN_CHARACTERS:
        return value
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"


def listed(
    sessions: Mapping[str, Session], seconds: Mapping[str, float], of: str | None = None
) -> list[dict[str, Any]]:
    """The open requests of these sessions, oldest first, as fronts show them.

    Those of one moment stay as they stand in their session: in the order of the calls.

    Each has the `title` of its session and `shown_in`: the ids of that session, the one that
    started it, and so on; with `of` only those that are shown in that session. `seconds`: what is
    left now, by id; of the others it is what was recorded.
    """
    open_ = [(asked, each) for each in sessions.values() for asked in each.permissions]
    told = []
    for asked, session in sorted(open_, key=_age):
        shown_in = [one.id for one in line_of(session, sessions.get)]
        left = round(seconds.get(asked.id, asked.seconds_left), 1)
        known = {"title": session.title, "shown_in": shown_in, "seconds_left": left}
        if of is None or of in shown_in:
            told.append({**codec.builtins(asked), **known})
    return told


def _age(asked: tuple[PermissionRequest, Session]) -> datetime:
    return asked[0].asked_at
