"""The servers of one box, kept as they are wanted: started, ended, and started anew when changed.

Part of the supervisor that has them as children, and used in its thread only. What is wanted is for
the caller to say, as often as it likes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field, structs

from actors.adapters.io_loop import IoLoop
from actors.messages.orphans import server_key
from actors.redactor import Redactor, of_server
from actors.supervision import ChildSpec
from actors.tools.mcp_server_actor import CLOSE_SECONDS, Connect, McpServerActor
from actors.tools.tool_box import ToolBox
from storage.records.workspace import McpServerSettings


class HasChildren(Protocol):
    """What of a supervisor is needed here."""

    def add_child(self, spec: ChildSpec) -> None: ...
    def stop_child(self, child_id: str) -> bool: ...
    def children(self) -> tuple[str, ...]: ...


class Place(Struct, frozen=True, kw_only=True):
    """Where servers start, where their standard error goes, and whose they are: one of `session`
    and `workspace` is set.

    By the mark `instance` they are known when nobody is left who holds them. `group` gives the
    control group of a server by its key, or nothing. The `redactor` is told of their secrets.
    `home` is the data directory: one of ours finds its daemon by it.
    """

    home: str
    location: str
    logs: Path
    instance: str
    session: str = ""
    workspace: str = ""
    group: Callable[[str], str] = lambda _key: ""
    redactor: Redactor = field(default_factory=Redactor)

    def key(self, name: str) -> str:
        return server_key(name, session=self.session, workspace=self.workspace)

    def marks(self, name: str) -> dict[str, str]:
        """What their processes are known by."""
        return {
            "GREENROOM_HOME": self.home,
            "GREENROOM_INSTANCE": self.instance,
            "GREENROOM_SERVER": self.key(name),
        }


class ServerSet:
    """Its children are `<prefix>:<name>`."""

    def __init__(
        self, supervisor: HasChildren, io: IoLoop, box: ToolBox, place: Place, prefix: str
    ) -> None:
        self._supervisor = supervisor
        self._io = io
        self._box = box
        self._place = place
        self._prefix = prefix
        self._wanted: dict[str, McpServerSettings] = {}
        self._running: dict[str, McpServerSettings] = {}
        self._refused: Mapping[str, str] = {}

    def follow(
        self, wanted: Mapping[str, McpServerSettings], refused: Mapping[str, str] | None = None
    ) -> None:
        """Let these run and no others; one that changed is started when its old self has ended.

        `refused`: why others are not started, by name.
        """
        self._wanted = {name: one for name, one in wanted.items() if not one.disabled}
        for name, settings in list(self._running.items()):
            if self._wanted.get(name) != settings:
                del self._running[name]
                self._supervisor.stop_child(self._id(name))
                self._box.forget(name)
        self._tell_refused(refused or {})
        for name, settings in self._wanted.items():
            if name not in self._running:
                self._box.expect(name)
                self._start(name, settings)

    def keep(
        self, named: Mapping[str, McpServerSettings], refused: Mapping[str, str] | None = None
    ) -> None:
        """End and forget those that are neither named nor refused any more; the others stay as
        they are until the next `follow`.
        """
        there = {name for name, one in named.items() if not one.disabled} | (refused or {}).keys()
        wanted = {name: one for name, one in self._wanted.items() if name in there}
        if wanted.keys() != self._wanted.keys() or not self._refused.keys() <= there:
            self.follow(wanted, {name: why for name, why in self._refused.items() if name in there})

    def _tell_refused(self, refused: Mapping[str, str]) -> None:
        for name in self._refused.keys() - refused.keys():
            self._box.forget(name)
        for name, reason in refused.items():
            if name not in self._wanted and self._refused.get(name) != reason:
                self._box.refuse(name, reason)
        self._refused = {name: why for name, why in refused.items() if name not in self._wanted}

    def child_down(self, child_id: str) -> None:
        """One that has ended and is none any more may be waited for by its next self."""
        name = child_id.removeprefix(f"{self._prefix}:")
        if name != child_id and name in self._wanted and name not in self._running:
            self._start(name, self._wanted[name])

    def _id(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _start(self, name: str, settings: McpServerSettings) -> None:
        if self._id(name) in self._supervisor.children():
            return  # it is still ending
        self._running[name] = settings
        place = self._place
        place.redactor.know(of_server(settings))
        marked = structs.replace(settings, env={**settings.env, **place.marks(name)})
        group = partial(place.group, place.key(name))
        errors = place.logs / f"mcp-{name}.log"
        connect = Connect(name, marked, place.location, errors, group, place.redactor)
        self._supervisor.add_child(
            ChildSpec(
                id=self._id(name),
                start=partial(McpServerActor.start, io=self._io, connect=connect, box=self._box),
                shutdown_seconds=CLOSE_SECONDS + 2,
            )
        )


def of_scope(servers: Mapping[str, McpServerSettings], scope: str) -> dict[str, McpServerSettings]:
    return {name: server for name, server in servers.items() if server.scope == scope}
