"""PURE: the tool servers that a session's directory brings along, and which of them may run.

Each is asked for once in its session, as it is: other settings are another question. A no stays a
no; where nobody answered in time, the next request asks again.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from actors.decisions import permission_asks
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import outcomes as o
from storage import codec
from storage.records.project_servers import MCP_JSON, ProjectServers
from storage.records.workspace import McpServerSettings
from storage.state import SessionState

Standing = Literal["allowed", "denied", "open", "unasked"]
_REASON = f"{MCP_JSON} in the session's directory names this server"
_WHY_NOT = {
    "denied": f"{MCP_JSON}: it was denied; other settings would be asked for anew",
    "open": f"{MCP_JSON}: it waits for permission; see greenroom asks",
    "unasked": f"{MCP_JSON}: it is about to be asked for",
}
_TAKEN = f"{MCP_JSON}: workspace.json has a server of this name; rename one of them"


class Sorted(Struct, frozen=True, kw_only=True):
    """`refused`: why the others do not run, by name. `unasked`: those to ask for now.

    `gone`: the ids of open questions about servers that are not there any more.
    """

    allowed: Mapping[str, McpServerSettings]
    refused: Mapping[str, str]
    unasked: Mapping[str, McpServerSettings]
    gone: tuple[str, ...] = ()


def sort(state: SessionState, found: ProjectServers, taken: Mapping[str, Any]) -> Sorted:
    """`taken`: the names that workspace.json uses."""
    allowed: dict[str, McpServerSettings] = {}
    unasked: dict[str, McpServerSettings] = {}
    refused = {
        name: why if name == MCP_JSON else f"{MCP_JSON}: {why}"
        for name, why in found.problems.items()
    }
    for name, settings in found.servers.items():
        standing = standing_of(state, name, settings)
        if name in taken:
            refused[name] = _TAKEN
        elif standing == "allowed":
            allowed[name] = settings
        else:
            refused[name] = _WHY_NOT[standing]
            if standing == "unasked":
                unasked[name] = settings
    return Sorted(allowed=allowed, refused=refused, unasked=unasked, gone=_gone(state, found))


def _gone(state: SessionState, found: ProjectServers) -> tuple[str, ...]:
    """None while the file cannot be read: it may be half written."""
    if MCP_JSON in found.problems:
        return ()
    there = {permission_asks.hash_of_server(n, shown(one)) for n, one in found.servers.items()}
    asked = (each for each in state.record.permissions if each.kind == "server")
    return tuple(each.id for each in asked if each.hash not in there)


def standing_of(state: SessionState, name: str, settings: McpServerSettings) -> Standing:
    last = permission_asks.last_of_server(state, name, shown(settings))
    if last is None or last.state == "expired":
        return "unasked"
    return last.state


def shown(settings: McpServerSettings) -> dict[str, Any]:
    """What a person is asked about, and what the answer holds for. Values of the environment and
    of headers may be secret: of them the names are shown, and a digest tells one from another.
    """
    whole = json.dumps(codec.builtins(settings), sort_keys=True)
    asked: dict[str, Any] = {
        "command": settings.command,
        "args": list(settings.args),
        "cwd": settings.cwd,
        "url": settings.url and _without_secrets(settings.url),
        "env": sorted(settings.env),
        "headers": sorted(settings.headers),
    }
    digest = hashlib.sha256(whole.encode()).hexdigest()[:32]
    return {name: value for name, value in asked.items() if value} | {"digest": digest}


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def found(state: SessionState, outcome: o.ServersFound, given: Given) -> Decision:
    """Ask for those that nobody was asked for."""
    draft = Draft(state, given)
    for name, settings in outcome.servers.items():
        if standing_of(draft.state, name, settings) == "unasked":
            permission_asks.ask_for_server(draft, name, shown(settings), _REASON)
    return draft.decision()


def gone(state: SessionState, outcome: o.ServersGone, given: Given) -> Decision:
    """Nobody needs an answer any more for what the directory does not name."""
    draft = Draft(state, given)
    permission_asks.withdraw_each(draft, outcome.permission_ids)
    return draft.decision()
