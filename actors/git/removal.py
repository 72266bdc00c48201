"""Removes the worktree of a session, once a ref of its repository holds all that was in it.

In steps, each of which is found done after a crash: the ref, the clean-up, the directory renamed to
`.greenroom-removing-<session>`, its files, what git knows of it. What is not provably the session's
own worktree, where its record says, is never touched. Everything here may wait: use the pool.
"""

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from actors.decisions.worktrees import safety as verdicts
from actors.decisions.worktrees.safety import SHOWN, Seen
from actors.git import look
from actors.git.command import Git, GitFailed
from actors.git.links import session_of
from actors.git.merged import is_merged
from actors.git.repository import commit_of, listed
from actors.git.safety import see
from actors.git.snapshot import keep, snapshot
from actors.messages import outcomes as o
from storage import codec
from storage.records.removal import Removal, RemovedWorktree
from storage.records.session import WorktreeSession

Outcome = o.WorktreeRemoved | o.WorktreeKept | o.RemovalRefused
ENDED = "The session stays, but its workers have ended"
PARKED = ".greenroom-removing-"


def nobody(_path: Path) -> tuple[str, ...]:
    return ()


class WorktreeRemover:
    """`others` names those at work below a directory who are not the session; `clean_up` runs the
    session's own command there, and says what went wrong with it, if anything.
    """

    def __init__(
        self,
        session: WorktreeSession,
        git: Git,
        *,
        others: Callable[[Path], tuple[str, ...]] = nobody,
        clean_up: Callable[[Path], str | None] = lambda _: None,
    ) -> None:
        self._session = session
        self._path = Path(session.worktree_path)
        self._parked = self._path.with_name(f"{PARKED}{session.id}")
        self._repository = git.at(Path(session.repository))
        self._git = git.at(self._path)
        self._others = others
        self._clean_up = clean_up

    def look(self, at: datetime) -> Seen:
        """All that its removal would lose. No exception: what cannot be seen is a `problem`."""
        try:
            found = look.place(self._session, self._repository, at)
            if found.location in {"gone", "moved", "not-ours"}:
                return Seen(absent=found.problem or f"{found.path} is not its worktree")
            if found.problem is not None:
                return Seen(problem=found.problem)
            elses = self._not_ours()
            if elses is not None:
                return Seen(absent=elses)
            session = self._session
            branches = (session.branch,) if session.branch else ()
            seen = see(self._git, branches=branches, bases=self._bases())
            return replace(seen, processes=self._others(self._path))
        except (GitFailed, OSError) as error:
            return Seen(problem=str(error))

    def _bases(self) -> tuple[str, ...]:
        return (self._session.base_branch,) if self._session.base_branch else ()

    def _not_ours(self) -> str | None:
        """As git lists it: the main one is never a session's, nor is one locked for another."""
        own = os.path.realpath(self._path)
        for each in listed(self._repository)[1:]:
            if os.path.realpath(each.path) == own:
                locked = each.locked
                is_ours = locked is None or session_of(locked) == self._session.id
                return None if is_ours else f"{self._path} is locked: {locked or 'no reason given'}"
        return f"{self._path} is not among the worktrees of {self._session.repository}"

    def remove(self, removal: Removal, at: datetime) -> Outcome:
        """Looks once more, then keeps and removes; taken up again after a crash it ends the same.

        What fails leaves the worktree where it is, with all that is in it.
        """
        try:
            if os.path.lexists(self._parked):
                return self._after_parking(removal)
            seen = self.look(at)
            if self._is_gone(at) and self._kept(removal) is not None:
                return self._after_parking(removal)
            if seen.absent is not None:
                return o.WorktreeKept(seen.absent)
            found = verdicts.reasons(seen)
            refusal = verdicts.refusal(str(self._path), found, force=removal.force, so_far=ENDED)
            if refusal:
                return o.RemovalRefused(refusal.message, found)
            note = self._keep_and_clean(removal, seen)
            self._path.rename(self._parked)
            return self._after_parking(removal, note)
        except (GitFailed, OSError) as error:
            text = f"the worktree {self._path} could not be removed, and stays: {error}"
            return o.RemovalRefused(text)

    def _is_gone(self, at: datetime) -> bool:
        """Not merely moved."""
        return look.place(self._session, self._repository, at).location == "gone"

    # What is kept.

    def _keep_and_clean(self, removal: Removal, seen: Seen) -> str | None:
        described = RemovedWorktree(
            path=str(self._path),
            repository=self._session.repository,
            ref=removal.ref,
            commit="",
            head=seen.head,
            branch=seen.branch,
            ignored=seen.ignored[:SHOWN],
            ignored_count=len(seen.ignored),
        )
        text = f"greenroom: the worktree of session {self._session.id}"
        taken = snapshot(self._git, f"{text}\n\n{codec.encode(described).decode()}")
        before = self._kept(removal)
        if before is None:
            keep(self._repository, removal.ref, taken.commit)
        elif commit_of(self._repository, f"{before.commit}^{{tree}}") != taken.tree:
            # A crash came between; what was kept first is whole, and what changed since is kept.
            keep(self._repository, f"{removal.ref}-later", taken.commit)
        return self._clean_up(self._path)

    def _kept(self, removal: Removal) -> RemovedWorktree | None:
        """What the ref says of what it holds; None if it is not there."""
        commit = commit_of(self._repository, removal.ref)
        if commit is None:
            return None
        body = self._repository.ask("log", "-1", "--format=%b", commit)
        found: RemovedWorktree = codec.decode(body.encode(), RemovedWorktree)
        return replace(found, commit=commit)

    # What goes.

    def _after_parking(self, removal: Removal, note: str | None = None) -> Outcome:
        kept = self._kept(removal)
        if kept is None:
            text = f"{self._parked} stays, for {removal.ref}, that should hold it, is gone"
            return o.WorktreeKept(text)
        notes = [note, _emptied(self._parked), self._forgotten()]
        is_gone = removal.delete_branch and self._drop_branch(kept, notes)
        told = tuple(each for each in notes if each)
        return o.WorktreeRemoved(replace(kept, branch_deleted=is_gone, notes=told))

    def _forgotten(self) -> str | None:
        """Git is told that it is gone. Twice forced: for being dirty, and for being locked."""
        words = ("worktree", "remove", "--force", "--force", "--", str(self._path))
        for each in listed(self._repository)[1:]:
            is_it = os.path.realpath(each.path) == os.path.realpath(self._path)
            if is_it and not self._path.exists():
                done = self._repository.run(*words)
                if done.status != 0:
                    return f"git still lists it: {done.error}"
        return None

    def _drop_branch(self, kept: RemovedWorktree, notes: list[str | None]) -> bool:
        """Only while it is where the worktree had it, is checked out nowhere, and is merged."""
        branch, git = kept.branch, self._repository
        full = f"refs/heads/{branch}"
        if branch is None or kept.head is None:
            notes.append("no branch was checked out in it, so none was deleted")
            return False
        if commit_of(git, full) is None:
            return True
        holder = next((each.path for each in listed(git) if each.branch == branch), None)
        if holder is not None:
            notes.append(f"the branch {branch} stays, for it is checked out in {holder}")
        elif not is_merged(git, branch, self._bases()):
            notes.append(f"the branch {branch} stays, for it is not merged")
        elif git.run("update-ref", "--no-deref", "-d", full, kept.head).status != 0:
            notes.append(f"the branch {branch} stays, for it was moved")
        else:
            git.run("config", "--local", "--remove-section", f"branch.{branch}")
            return True
        return False


def _emptied(directory: Path) -> str | None:
    """Removes it with all that is in it; a link goes, what it leads to stays."""
    with suppress(FileNotFoundError):
        shutil.rmtree(directory, onerror=_made_writable)
    if os.path.lexists(directory):
        return f"some of its files could not be removed: {directory}"
    return None


def _made_writable(remove: Callable[..., Any], path: str, _: object) -> None:
    """Directories without the right to write in them, as some tools make them."""
    with suppress(OSError):
        for each in (Path(path).parent, Path(path)):
            if stat.S_ISDIR(each.lstat().st_mode):
                each.chmod(0o700)
        if remove is os.rmdir or remove is os.unlink:
            remove(path)
        else:
            shutil.rmtree(path, ignore_errors=True)
