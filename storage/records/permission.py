"""A durable question whether something may be done: a tool be called, a server be started.

Open ones stand in their session's record until somebody answers or their time has run out; silence
means no. An answer is for exactly what was asked: `hash` is of the tool, its arguments and its
description. `seconds_left` is what was left when it was last recorded.
"""

import hashlib
import json
from typing import Any, Literal

from msgspec import Struct

from storage.records.process import UtcTime

PermissionKind = Literal["call", "server"]
PermissionState = Literal["open", "allowed", "denied", "expired"]
PermissionEnd = Literal["allowed", "denied", "expired"]


class PermissionRequest(Struct, frozen=True, gc=False, kw_only=True):
    """`tool`: its full name, of a server that is to be started the server's own.

    `arguments` are shown shortened where they are long. `reason`: why it is asked although it may
    have been allowed before. `rule`: JSON of the rule in `workspace.json` that allows this very
    call from then on. `only_reads`: it need not wait for other calls. `response_id` and
    `tool_call_id` name the call that waits. `answered_by`: the front that the answer came by, None
    for none. `remember`: the answer holds for the same question later in this session.
    """

    id: str
    session_id: str
    kind: PermissionKind = "call"
    tool: str
    server: str
    arguments: dict[str, Any] = {}
    hash: str
    reason: str | None = None
    rule: str | None = None
    only_reads: bool = False
    response_id: str | None = None
    tool_call_id: str | None = None
    state: PermissionState = "open"
    seconds_left: float
    asked_at: UtcTime
    answered_at: UtcTime | None = None
    answered_by: str | None = None
    remember: bool = False


def hash_of(tool: str, arguments: dict[str, Any], digest: str) -> str:
    """What an answer is bound to, in 64 hexadecimal digits; `digest` is of the description."""
    asked = json.dumps([tool, arguments, digest], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode()).hexdigest()
