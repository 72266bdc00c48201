"""The tool servers that all sessions of a workspace share: one box per workspace."""

import threading

from actors.tools.tool_box import ToolBox


class SharedTools:
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self._boxes: dict[str, ToolBox] = {}
        self._lock = threading.Lock()

    def box(self, workspace: str) -> ToolBox:
        with self._lock:
            return self._boxes.setdefault(workspace, ToolBox())
