"""Watches the inbox, every workspace and where agents leave reports; tells who is to look there.

A workspace that comes to be is watched from then on, the reports of an agent as long as its worker
listens. A watch that has died is set up again.
"""

import logging
from pathlib import Path
from typing import Any

from actors.inbox.inbox_actor import Look
from actors.messages.agent_reports import LookForReports, WatchForReports
from actors.messages.edits import LookAtSessions
from actors.supervision import ActorEndedError, BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage.data_dir import is_workspace_name
from storage.files_watch import FilesWatch

CHECK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Check:
    """See whether the watch is alive, and whether there are new workspaces."""


class LookForWorkspaces:
    """Something changed among them."""


class WatchEndedError(ActorEndedError):
    """Reports of changes have ceased to come; a new watch is needed."""


class FilesWatchActor(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self._around = around
        self._data = around.data
        self._workspaces: set[str] = set()
        self._reports: set[Path] = set()
        self._watch = FilesWatch([self._data.inbox, self._data.workspaces], self._look)

    def started(self) -> None:
        self._watch.start()
        self._add_workspaces()
        self._around.files_watch.ref = self.actor_ref
        self._follow_agents()
        self._check_later()

    def stopping(self) -> None:
        self._watch.stop()

    def on_message(self, message: Any) -> object:
        match message:
            case Check():
                self._follow_agents()
                if not self._watch.is_alive():
                    raise WatchEndedError("the watch of the inbox and the workspaces has ended")
                self._add_workspaces()
                self._check_later()
            case WatchForReports():
                self._follow_agents()
            case LookForWorkspaces():
                self._add_workspaces()
            case _:
                return super().on_message(message)
        return None

    def _add_workspaces(self) -> None:
        for name in set(self._data.workspace_names()) - self._workspaces:
            try:
                self._watch.add(self._data.workspace(name))
            except OSError as error:  # gone again, or no more watches: the poll sees to it
                _log.warning("workspace %s is not watched: %s", name, error)
                continue
            self._workspaces.add(name)
            self._around.edits.tell(LookAtSessions(name))  # what was there before the watch

    def _follow_agents(self) -> None:
        """Those whose workers listen now, and no other; each looks for what is there already."""
        wanted = dict(self._around.report_listeners)
        for directory in self._reports - wanted.keys():
            self._watch.remove(directory)
            self._reports.discard(directory)
        for directory in wanted.keys() - self._reports:
            try:
                self._watch.add(directory)
            except OSError as error:  # the worker looks by itself, now and then
                _log.warning("reports in %s are not watched: %s", directory, error)
                continue
            self._reports.add(directory)
            tell(wanted[directory], LookForReports())

    def _look(self, directory: Path, file: Path | None) -> None:
        """From the threads of the watch."""
        if directory == self._data.inbox:
            self._around.inbox.tell(Look())
        elif directory == self._data.workspaces:
            tell(self.actor_ref, LookForWorkspaces())
        elif directory in self._reports:
            listener = self._around.report_listeners.get(directory)
            if listener is not None:
                tell(listener, LookForReports())
        elif is_workspace_name(directory.name):
            if file in {None, self._data.workspace_file(directory.name)}:
                self._around.shared_tools.look()
            is_finished = file == self._data.sessions_file(directory.name)
            self._around.edits.tell(LookAtSessions(directory.name, is_finished))

    def _check_later(self) -> None:
        self.context.clock.after(CHECK_SECONDS, self._ask_for_check)

    def _ask_for_check(self) -> None:
        tell(self.actor_ref, Check())
