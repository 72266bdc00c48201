"""What a session in the trash has in git: a worktree, made again with it, and refs of its own.

Runs git, so it is for the pool's threads.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.decisions.deletion import RECOVERY
from actors.git.command import Git, GitFailed
from actors.git.links import home_of, link_of
from actors.git.remake import CannotRemake, make_again
from actors.messages.session import Reply
from storage import trash
from storage.records.session import Session, WorktreeSession

_log = logging.getLogger(__name__)


class RestoredWorktree:
    """`make_again` comes before the session leaves the trash; `told_with` adds what came of it."""

    def __init__(self, item: trash.Shelved, environ: Mapping[str, str]) -> None:
        self._item = item
        self._git = Git(Path("/"), environ)
        self._told: dict[str, Any] | None = None

    def make_again(self, lock: int) -> None:
        """If it was removed with the session. CannotRemake, with what stands in the way."""
        state = trash.state_of(self._item)
        if state is None or state.removed is None:
            return
        removed = state.removed
        try:
            notes = make_again(self._git, self._item.id, removed, (lock,))
        except (GitFailed, OSError) as error:
            text = f"its worktree {removed.path} could not be made again, so the session stays"
            raise CannotRemake(f"{text} in the trash: {error}; restore it once more") from error
        except CannotRemake as error:
            raise CannotRemake(f"the session stays in the trash: {error}") from error
        self._told = {"made_again": True, "path": removed.path, "notes": notes}

    def told_with(self, reply: Reply) -> Reply:
        if self._told is None:
            return reply
        told = self._told

        def deliver(value: Any) -> None:
            reply.send({**value, "worktree": told} if isinstance(value, dict) else value)

        return Reply(deliver)


class KeptInGit(Struct, frozen=True):
    """Of one session; `session` is None where its journal cannot be read. `repository`: that from
    which its worktree was removed, if it was.
    """

    session: Session | None
    repository: str | None = None

    def forget(self, environ: Mapping[str, str]) -> None:
        """Its refs go, and a worktree that stayed is no longer locked; what fails is logged."""
        session = self.session
        if session is None:
            return
        own = session if isinstance(session, WorktreeSession) else None
        place = home_of(own) if own else Path(session.location_path)
        git = Git(Path(self.repository) if self.repository else place, environ)
        try:
            refs = [f"{RECOVERY}/{session.id}/*", f"refs/greenroom/{session.id}/*"]
            names = git.run("for-each-ref", "--format=delete %(refname)%00%00", *refs)
            lines = names.out.replace(b"\0\0\n", b"\0\0")
            if names.status == 0 and lines:
                git.ask("update-ref", "--no-deref", "--stdin", "-z", stdin=lines)
            if own:
                _unlock(git, own)
        except FileNotFoundError:
            return  # its repository has gone, and the refs with it
        except (GitFailed, OSError) as error:
            _log.warning("session %s: what git keeps of it could not go: %s", session.id, error)


def kept_in_git(item: trash.Shelved) -> KeptInGit:
    state = trash.state_of(item)
    if state is None:
        return KeptInGit(None)
    return KeptInGit(state.session, state.removed.repository if state.removed else None)


def _unlock(git: Git, session: WorktreeSession) -> None:
    path = Path(session.worktree_path)
    link = link_of(path)
    if link is not None and link.session_id == session.id:
        git.ask("worktree", "unlock", str(path))
