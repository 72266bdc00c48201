"""The tool servers that all sessions of a workspace share: one box per workspace."""

import threading
from collections.abc import Mapping
from typing import Any

from actors.supervision import ActorRef, tell
from actors.tools.tool_box import ToolBox
from storage.records.workspace import McpServerSettings


class Look:
    """See which servers the workspaces' settings name by now."""


class SharedTools:
    """Every method may be called from any thread. `supervisor` is the actor of the servers."""

    def __init__(self) -> None:
        self.supervisor: ActorRef[Any] | None = None
        self._boxes: dict[str, ToolBox] = {}
        self._lock = threading.Lock()

    def box(self, workspace: str) -> ToolBox:
        with self._lock:
            return self._boxes.setdefault(workspace, ToolBox())

    def boxes(self) -> Mapping[str, ToolBox]:
        with self._lock:
            return dict(self._boxes)

    def want(self, workspace: str, servers: Mapping[str, McpServerSettings]) -> None:
        """Whoever asks the box for tools from now on gets those of these servers."""
        if self.box(workspace).want(servers):
            self.look()

    def look(self) -> None:
        if self.supervisor is not None:
            tell(self.supervisor, Look())
