"""The MCP servers that all sessions of a workspace share, each a child of this supervisor."""

from typing import Any

from actors.adapters.io_loop import IoLoop
from actors.messages.supervision import Down, Verdict
from actors.redactor import Redactor
from actors.supervision import ChildContext, Supervisor, tell
from actors.tools.server_set import Place, ServerSet, of_scope
from actors.tools.shared_tools import Look, SharedTools
from actors.workspaces import Workspaces
from storage.data_dir import DataDir

LOOK_SECONDS = 5.0


class LookAgain:
    """It is time; whoever knows of a change says so at once."""


class McpServers(Supervisor):
    strategy = "one_for_one"

    def __init__(
        self,
        context: ChildContext,
        data: DataDir,
        workspaces: Workspaces,
        io: IoLoop,
        shared: SharedTools,
        redactor: Redactor | None = None,
    ) -> None:
        super().__init__(context)
        self._data = data
        self._workspaces = workspaces
        self._io = io
        self._shared = shared
        self._redactor = redactor or Redactor()
        self._sets: dict[str, ServerSet] = {}

    def started(self) -> None:
        self._shared.supervisor = self.actor_ref
        self._look_and_again()

    def handle(self, message: Any) -> object:
        match message:
            case Look():
                self._look()
            case LookAgain():
                self._look_and_again()
            case _:
                return super().handle(message)
        return None

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        for servers in self._sets.values():
            servers.child_down(child_id)

    def _look(self) -> None:
        for workspace in self._data.workspace_names():
            wanted = of_scope(self._workspaces.settings(workspace).mcp_servers, "workspace")
            self._servers(workspace).follow(wanted)
            self._shared.box(workspace).settled(wanted)

    def _servers(self, workspace: str) -> ServerSet:
        known = self._sets.get(workspace)
        if known is None:
            directory = self._data.workspace(workspace)
            place = Place(
                home=str(self._data.root),
                location=str(directory),
                logs=directory,
                instance=self._data.instance,
                workspace=workspace,
                redactor=self._redactor,
            )
            box = self._shared.box(workspace)
            known = self._sets[workspace] = ServerSet(self, self._io, box, place, workspace)
        return known

    def _look_and_again(self) -> None:
        self._look()
        self._shared.remind_all()
        self.context.clock.after(LOOK_SECONDS, self._ask_to_look)

    def _ask_to_look(self) -> None:
        tell(self.actor_ref, LookAgain())
