"""Looks at the worktree of a session before it is deleted with it, and removes it.

Part of the session's actor. Git and the files are for the pool's threads; what they found comes
back as a message, and what it means is decided as everything else is.
"""

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from actors.decisions import deletion
from actors.decisions.worktrees.safety import Seen
from actors.git.as_put import FilesAsPut
from actors.git.command import Git
from actors.git.removal import Outcome, WorktreeRemover
from actors.messages import outcomes as o
from actors.messages.session import Dispatch
from actors.orphans.snapshot import all_marked
from actors.sessions.at_work import at_work_in
from actors.sessions.flights import CUT_SHORT
from actors.supervision import tell
from actors.workers.environment import without_secrets
from storage import trash
from storage.records import request as r
from storage.records.removal import Removal
from storage.records.session import Session, WorktreeSession

if TYPE_CHECKING:
    from actors.sessions.session_actor import SessionActor

CLEAN_UP_SECONDS = 300.0
_SHOWN = 500


class Looked(Struct, frozen=True):
    """What was seen in the worktree that a request is to delete."""

    asked: Dispatch
    seen: Seen


class Removals:
    """`is_busy`: somebody waits for a look, so that the session is needed."""

    def __init__(self, session: "SessionActor") -> None:
        self._session = session
        self._around = session.around
        self._looks = 0
        self._is_removing = False

    @property
    def is_busy(self) -> bool:
        return self._looks > 0

    def looks_first(self, asked: Dispatch) -> bool:
        """Whether the request has to wait for a look, which begins now."""
        ahead, request = self._session.ahead, asked.request
        if not isinstance(request, r.DeleteSession) or ahead.deleting:
            return False
        record = ahead.record
        if not isinstance(record, WorktreeSession) or not deletion.removes(record, request):
            return False
        self._looks += 1
        remover = self._remover(record)
        self._around.recording.pool.submit(self._look, remover, asked, self._around.clock.now())
        return True

    def _look(self, remover: WorktreeRemover, asked: Dispatch, now: datetime) -> None:
        try:
            seen = remover.look(now)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and nothing was done
            seen = Seen(problem=str(error))
        self._tell(Looked(asked, seen))

    def looked(self) -> None:
        self._looks -= 1

    def remove(self, removal: Removal, session: Session) -> None:
        """Once at a time; an incarnation that was cut off in it is waited for."""
        if self._is_removing or not isinstance(session, WorktreeSession):
            return
        self._is_removing = True
        self._around.recording.pool.submit(self._remove, removal, session, self._around.clock.now())

    def _remove(self, removal: Removal, session: WorktreeSession, now: datetime) -> None:
        outcome: Outcome
        try:
            with trash.held(self._around.data.session(session.workspace, session.id)):
                outcome = self._remover(session).remove(removal, now)
        except Exception as error:  # noqa: BLE001 - the session stays, and says why
            outcome = o.RemovalRefused(f"{session.worktree_path} could not be removed: {error}")
        self._is_removing = False
        self._tell(outcome)

    def _tell(self, message: object) -> None:
        """Where the actor has ended, the next one begins with the intent; a look is made anew."""
        if tell(self._session.actor_ref, message) or not isinstance(message, Looked):
            return
        if not self._around.directory.tell(message.asked):
            message.asked.reply.send(CUT_SHORT)

    def _remover(self, session: WorktreeSession) -> WorktreeRemover:
        index, root = self._around.index, str(self._around.data.root)

        def others(path: Path) -> tuple[str, ...]:
            sessions = [entry.session for entry in list(index.entries.values())]
            return at_work_in(path, session, all_marked(root), sessions)

        return WorktreeRemover(
            session,
            Git(Path("/"), self._around.environ),
            others=others,
            clean_up=lambda path: self._clean_up(path, session),
            is_put=FilesAsPut(session, self._around.data.set_up(session.workspace)).has,
        )

    def _clean_up(self, path: Path, session: WorktreeSession) -> str | None:
        set_up = session.set_up
        if set_up is None or set_up.cleanup is None:
            return None
        if not set_up.trusted:
            return (
                "its clean-up command was not run, for the repository that names it is not trusted"
            )
        return clean_up(set_up.cleanup, path, without_secrets(self._around.environ))


def clean_up(command: tuple[str, ...], path: Path, environ: dict[str, str]) -> str | None:
    """Runs it in the worktree; what went wrong, a sentence. Nothing of it runs on after that."""
    with tempfile.TemporaryFile() as told:
        try:
            child = subprocess.Popen(
                command,
                cwd=path,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                start_new_session=True,
            )
        except OSError as error:
            return f"its clean-up command failed: {error}"[:_SHOWN]
        try:
            status = child.wait(CLEAN_UP_SECONDS)
        except subprocess.TimeoutExpired as error:
            return f"its clean-up command failed: {error}"[:_SHOWN]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        told.seek(0)
        said = told.read(_SHOWN).decode(errors="replace").strip()
    if status == 0:
        return None
    return f"its clean-up command ended with {status}{f': {said}' if said else ''}"[:_SHOWN]
