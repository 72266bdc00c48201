"""The MCP servers that all sessions of a workspace share, each a child of this supervisor."""

from typing import Any

from actors.adapters.io_loop import IoLoop
from actors.supervision import ChildContext, Supervisor, tell
from actors.tools.mcp_server_actor import mcp_children
from actors.tools.shared_tools import SharedTools
from actors.workspaces import Workspaces
from storage.data_dir import DataDir

LOOK_SECONDS = 5.0


class Look:
    """See which servers the workspaces' settings name by now."""


class McpServers(Supervisor):
    strategy = "one_for_one"

    def __init__(
        self,
        context: ChildContext,
        data: DataDir,
        workspaces: Workspaces,
        io: IoLoop,
        shared: SharedTools,
    ) -> None:
        super().__init__(context)
        self._data = data
        self._workspaces = workspaces
        self._io = io
        self._shared = shared
        self._running: dict[str, Any] = {}

    def started(self) -> None:
        self._look()

    def handle(self, message: Any) -> object:
        if isinstance(message, Look):
            self._look()
            return None
        return super().handle(message)

    def _look(self) -> None:
        """Start what was added, stop what was removed or changed; that starts at the next look."""
        wanted: dict[str, Any] = {}
        for workspace in self._data.workspace_names():
            settings = self._workspaces.settings(workspace)
            place = self._data.workspace(workspace)
            box = self._shared.box(workspace)
            for spec in mcp_children(
                settings,
                "workspace",
                str(place),
                self._io,
                box,
                place,
                instance=self._data.instance,
                prefix=workspace,
            ):
                wanted[spec.id] = settings.mcp_servers[spec.id.rpartition(":")[2]]
                if spec.id not in self.children():
                    self._running[spec.id] = wanted[spec.id]
                    self.add_child(spec)
        for child_id in self.children():
            if wanted.get(child_id) != self._running.get(child_id):
                self.stop_child(child_id)
                if child_id not in wanted:
                    workspace, _, name = child_id.rpartition(":")
                    self._shared.box(workspace).forget(name)  # nobody need wait for it
        self.context.clock.after(LOOK_SECONDS, self._ask_to_look)

    def _ask_to_look(self) -> None:
        tell(self.actor_ref, Look())
