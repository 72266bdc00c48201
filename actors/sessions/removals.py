"""Looks at the worktree of a session before it is deleted with it, and removes it.

Part of the session's actor. Git and the files are for the pool's threads; what they found comes
back as a message, and what it means is decided as everything else is.
"""

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions import deletion
from actors.decisions.worktrees.safety import SHOWN, Seen
from actors.git.as_put import FilesAsPut
from actors.git.command import Git
from actors.git.removal import Outcome, WorktreeRemover
from actors.messages import outcomes as o
from actors.messages.session import Dispatch
from actors.orphans.snapshot import all_marked
from actors.sessions.at_work import at_work_in
from actors.sessions.clean_up import OfSession, clean_up
from actors.sessions.flights import CUT_SHORT
from actors.sessions.own_processes import end_own, own_processes
from actors.supervision import tell
from storage import trash
from storage.records import request as r
from storage.records.removal import Removal
from storage.records.session import Session, WorktreeSession

if TYPE_CHECKING:
    from actors.sessions.session_actor import SessionActor


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
        self._is_over = threading.Event()

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
        self._around.recording.outside.submit(self._look, remover, asked, self._around.clock.now())
        return True

    def _look(self, remover: WorktreeRemover, asked: Dispatch, now: datetime) -> None:
        try:
            seen = remover.look(now)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and nothing was done
            seen = Seen(problem=str(error))
        self._tell(Looked(asked, seen))

    def stopped(self) -> None:
        """The session's actor ends. What is being removed is cut short, and taken up again by the
        next one.
        """
        self._is_over.set()

    def looked(self) -> None:
        self._looks -= 1

    def remove(self, removal: Removal, session: Session) -> None:
        """Once at a time; an incarnation that was cut off in it is waited for."""
        if self._is_removing or not isinstance(session, WorktreeSession):
            return
        self._is_removing = True
        self._around.recording.outside.submit(
            self._remove, removal, session, self._around.clock.now()
        )

    def _remove(self, removal: Removal, session: WorktreeSession, now: datetime) -> None:
        outcome: Outcome
        try:
            place = self._around.data.session(session.workspace, session.id)
            ended: list[str] = []
            with trash.held(place) as lock:
                outcome = self._remover(session, lock, ended).remove(removal, now)
            if ended and isinstance(outcome, o.WorktreeRemoved):
                notes = (_told_of(ended), *outcome.worktree.notes)
                outcome = o.WorktreeRemoved(replace(outcome.worktree, notes=notes))
        except Exception as error:  # noqa: BLE001 - the session stays, and says why
            outcome = o.RemovalRefused(f"{session.worktree_path} could not be removed: {error}")
        self._is_removing = False
        if not self._is_over.is_set():
            self._tell(outcome)

    def _tell(self, message: object) -> None:
        """Where the actor has ended, the next one begins with the intent; a look is made anew."""
        if tell(self._session.actor_ref, message) or not isinstance(message, Looked):
            return
        if not self._around.directory.tell(message.asked):
            message.asked.reply.send(CUT_SHORT)

    def _remover(
        self, session: WorktreeSession, lock: int | None = None, ended: list[str] | None = None
    ) -> WorktreeRemover:
        """`lock`: the one under which it removes; with none it only looks. `ended` is added to."""
        index, root = self._around.index, str(self._around.data.root)
        git = Git(Path("/"), self._around.environ).until(self._is_over.is_set)

        def others(path: Path) -> tuple[str, ...]:
            sessions = [entry.session for entry in list(index.entries.values())]
            processes = all_marked(root)
            seen = [each.pid for each in own_processes(self._around, session.id)]
            has_ended = lock is not None
            return at_work_in(path, session, processes, sessions, seen=seen, has_ended=has_ended)

        def end_them() -> bool:
            names = end_own(lambda: own_processes(self._around, session.id))
            if ended is not None:
                ended.extend(names)
            return bool(names)

        return WorktreeRemover(
            session,
            git if lock is None else git.holding(lock),
            others=others,
            clean_up=lambda path: self._clean_up(path, session, lock),
            end_own=end_them,
            is_put=FilesAsPut(session, self._around.data.set_up(session.workspace)).has,
        )

    def _clean_up(self, path: Path, session: WorktreeSession, lock: int | None) -> str | None:
        set_up = session.set_up
        if set_up is None or set_up.cleanup is None or lock is None:
            return None
        if not set_up.trusted:
            return (
                "its clean-up command was not run, for the repository that names it is not trusted:"
                ' "worktrees": {"trust_setup": true} in workspace.json, or greenroom new --setup,'
                " has it run for sessions that are made then"
            )
        run = OfSession(self._around, session.id)
        over = self._is_over.is_set
        note = clean_up(set_up.cleanup, path, run.environ, held=lock, over=over, began=run.began)
        end_own(lambda: own_processes(self._around, session.id))
        return note


def _told_of(ended: list[str]) -> str:
    more = f" and {len(ended) - SHOWN} more" if len(ended) > SHOWN else ""
    return f"what its workers had left running was ended: {', '.join(ended[:SHOWN])}{more}"
