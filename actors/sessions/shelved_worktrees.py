"""What a session in the trash has in git: a worktree, made again with it, and refs of its own.

Runs git, so it is for the pool's threads.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.decisions.deletion import RECOVERY
from actors.git.command import Git, GitFailed
from actors.git.given_up import let_go
from actors.git.half_remade import undone
from actors.git.left_places import left_in, take_away
from actors.git.links import home_of
from actors.git.remake import CannotRemake, make_again
from actors.messages.session import Reply
from storage import restoring, trash
from storage.data_dir import DataDir
from storage.errors import StorageError
from storage.records.removal import RemovedWorktree
from storage.records.session import Session, WorktreeSession

_log = logging.getLogger(__name__)


class RestoredWorktree:
    """`make_again` comes before the session leaves the trash, `is_back` after it; `told_with` adds
    what came of it.
    """

    def __init__(self, item: trash.Shelved, environ: Mapping[str, str]) -> None:
        self._item = item
        self._git = Git(Path("/"), environ)
        self._told: dict[str, Any] | None = None

    def make_again(self, lock: int) -> None:
        """If it was removed with the session. CannotRemake, with what stands in the way: then all
        that was made is undone. StorageError.
        """
        removed = self._removed()
        if removed is None:
            return
        restoring.begin(self._item)
        try:
            notes = make_again(self._git, self._item.id, removed, (lock,))
        except (GitFailed, OSError) as error:
            self.undo(lock)
            text = f"its worktree {removed.path} could not be made again, so the session stays"
            raise CannotRemake(f"{text} in the trash: {error}; restore it once more") from error
        except CannotRemake as error:
            self.undo(lock)
            raise CannotRemake(f"the session stays in the trash: {error}") from error
        self._told = {"made_again": True, "path": removed.path, "notes": notes}

    def undo(self, lock: int) -> None:
        """What was made of it and is not whole goes. What fails is logged, and done at the next
        start.
        """
        removed = self._removed()
        try:
            left = removed and undone(self._git.holding(lock), self._item.id, removed)
            restoring.end(self._item)
        except (GitFailed, OSError, StorageError) as error:
            text = "session %s: its half worktree is undone at the next start: %s"
            _log.warning(text, self._item.id, error)
        else:
            if left:
                _log.warning("session %s, which was not restored: %s", self._item.id, left)

    def is_back(self) -> None:
        """The session is among the others, with its worktree."""
        try:
            restoring.end(self._item)
        except StorageError as error:
            _log.warning("session %s: %s", self._item.id, error)

    def _removed(self) -> RemovedWorktree | None:
        state = trash.state_of(self._item)
        return state.removed if state else None

    def told_with(self, reply: Reply) -> Reply:
        if self._told is None:
            return reply
        told = self._told

        def deliver(value: Any) -> None:
            reply.send({**value, "worktree": told} if isinstance(value, dict) else value)

        return Reply(deliver)


class KeptInGit(Struct, frozen=True):
    """Of one session; `session` is None where its journal cannot be read. `removed`: its worktree,
    if that was.
    """

    session: Session | None
    removed: RemovedWorktree | None = None

    def forget(self, environ: Mapping[str, str]) -> None:
        """Its refs go, with what its removal or a restore left, and a worktree that stayed is no
        longer locked; what fails is logged.
        """
        session = self.session
        if session is None:
            return
        own = session if isinstance(session, WorktreeSession) else None
        place = home_of(own) if own else Path(session.location_path)
        git = Git(Path(self.removed.repository) if self.removed else place, environ)
        try:
            refs = [f"{RECOVERY}/{session.id}/*", f"refs/greenroom/{session.id}/*"]
            names = git.run("for-each-ref", "--format=delete %(refname)%00%00", *refs)
            lines = names.out.replace(b"\0\0\n", b"\0\0")
            self._take_away(git, session.id)  # what is kept by that was not there before, and stays
            if names.status == 0 and lines:
                git.ask("update-ref", "--no-deref", "--stdin", "-z", stdin=lines)
            kept = let_go(git, session.id) if own else ()
            if kept:
                text = "session %s: commits of its worktree, which is gone, are kept as %s"
                _log.warning(text, session.id, ", ".join(kept))
        except FileNotFoundError:
            return  # its repository has gone, and the refs with it
        except (GitFailed, OSError) as error:
            _log.warning("session %s: what git keeps of it could not go: %s", session.id, error)

    def _take_away(self, git: Git, session_id: str) -> None:
        """While its copy is there: without one nobody would."""
        half = undone(git, session_id, self.removed) if self.removed else None
        if half is not None:
            _log.warning("session %s: %s", session_id, half)
        around = Path(os.path.realpath(self.removed.path)).parent if self.removed else None
        for left in left_in(around) if around else ():
            why = take_away(git, left) if left.session_id == session_id else None
            if why is not None:
                _log.warning("session %s: %s", session_id, why)


def kept_in_git(item: trash.Shelved) -> KeptInGit:
    state = trash.state_of(item)
    if state is None:
        return KeptInGit(None)
    return KeptInGit(state.session, state.removed)


def undo_half_restored(data: DataDir, environ: Mapping[str, str]) -> None:
    """What a crash left of restores. Waits for a git that outlived it; what fails is logged."""
    try:
        found = restoring.cut_off(data)
    except (StorageError, OSError) as error:
        _log.warning("what a crash left of a restore is looked for at the next start: %s", error)
        return
    for item in found:
        worktree = RestoredWorktree(item, environ)
        try:
            with trash.held(item.directory) as lock:
                worktree.undo(lock)
        except FileNotFoundError:  # restored or purged meanwhile
            worktree.is_back()
        except OSError as error:
            _log.warning("session %s: its half worktree stays: %s", item.id, error)
