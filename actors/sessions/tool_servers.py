"""The tool servers of one session: those of its workspace's settings, and of its own directory.

Part of the session's actor and used in its thread. They are compared with what is wanted whenever
the session is about to need them, so that an edit holds for the next request; what a directory
names is started once a person has allowed it. What was taken out ends, with its question, at the
next regular look of a session that does nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from actors.decisions import project_servers
from actors.messages import outcomes as o
from actors.tools.server_set import Place, ServerSet, of_scope
from actors.tools.tool_box import ToolBox
from storage import mcp_json
from storage.records.project_servers import MCP_JSON, ProjectServers
from storage.records.session import Session
from storage.state import SessionState

if TYPE_CHECKING:
    from actors.sessions.session_actor import SessionActor

PREFIX = "mcp"
_Stamp = tuple[int, int, int] | None


class LookAtServers:
    """Time to see whether some were taken out of the settings."""


class ToolServers:
    def __init__(self, session: "SessionActor") -> None:
        self._session = session
        self._around = session.around
        self.box = ToolBox()
        self._around.session_tools[session.session_id] = self.box
        self._set: ServerSet | None = None
        self._stamp: _Stamp = None
        self._found = ProjectServers()
        self._around.shared_tools.remind(
            session.session_id, lambda: session.tell_self(LookAtServers())
        )

    def follow(self, state: SessionState) -> None:
        """Let those run that are wanted by now, and ask for those that nobody was asked about.

        A session that is stopped wants none.
        """
        session = state.record
        if session.desired == "stopped":
            if self._set is not None:
                self._set.follow({})
            return
        servers = self._around.workspaces.settings(session.workspace).mcp_servers
        brought = project_servers.sort(state, self._brought(session), servers)
        if brought.unasked:
            self._session.tell_self(o.ServersFound(brought.unasked))
        self._withdraw(brought)
        if self._set is None:
            self._set = self._new_set(session)
        self._set.follow({**brought.allowed, **of_scope(servers, "session")}, brought.refused)
        self._around.shared_tools.want(session.workspace, of_scope(servers, "workspace"))

    def end(self) -> None:
        """Until somebody needs them again: their directory is about to go."""
        if self._set is not None:
            self._set.follow({})

    def look(self, state: SessionState) -> None:
        """End those that are not named any more, and ask no more about them. What is to be started
        or asked waits for the next request.
        """
        session = state.session
        if session is None or session.open_requests or not (self._set or session.permissions):
            return
        servers = self._around.workspaces.settings(session.workspace).mcp_servers
        brought = project_servers.sort(state, self._brought(session), servers)
        self._withdraw(brought)
        if self._set is not None and MCP_JSON not in brought.refused:
            named = {**brought.allowed, **of_scope(servers, "session")}
            self._set.keep(named, brought.refused)

    def _withdraw(self, brought: project_servers.Sorted) -> None:
        if brought.gone:
            self._session.tell_self(o.ServersGone(brought.gone))

    def child_down(self, child_id: str) -> None:
        if self._set is not None:
            self._set.child_down(child_id)

    def stopped(self) -> None:
        """The session's actor has ended, and its servers with it."""
        if self._around.session_tools.get(self._session.session_id) is self.box:
            del self._around.session_tools[self._session.session_id]
            self._around.shared_tools.remind(self._session.session_id, None)

    def _new_set(self, session: Session) -> ServerSet:
        place = Place(
            home=str(self._around.data.root),
            location=session.location_path,
            logs=self._around.data.session(session.workspace, session.id),
            instance=self._around.data.instance,
            session=session.id,
            group=lambda key: self._around.groups.enter(key, self._around.limits_of(session.id)),
            redactor=self._around.redactor,
        )
        return ServerSet(self._session, self._around.io, self.box, place, PREFIX)

    def _brought(self, session: Session) -> ProjectServers:
        """Read again when the file has changed."""
        directory = Path(session.location_path)
        stamp = _stamp(directory / MCP_JSON)
        if stamp != self._stamp:
            self._stamp = stamp
            self._found = mcp_json.read(directory)
        return self._found


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
