"""The tool servers that all sessions of a workspace share: one box per workspace.

Sessions that have servers of their own are reminded here to compare them with the settings.
"""

import threading
from collections.abc import Callable, Mapping
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
        self._reminders: dict[str, Callable[[], object]] = {}
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

    def remind(self, session_id: str, how: Callable[[], object] | None) -> None:
        """Whenever the settings are looked at, `how` is called; with None not any more."""
        with self._lock:
            self._reminders.pop(session_id, None)
            if how is not None:
                self._reminders[session_id] = how

    def remind_all(self) -> None:
        with self._lock:
            reminders = list(self._reminders.values())
        for remind in reminders:
            remind()

    def look(self) -> None:
        if self.supervisor is not None:
            tell(self.supervisor, Look())
