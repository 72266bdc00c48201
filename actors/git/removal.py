"""Removes the worktree of a session, once a ref of its repository holds all that was in it.

In steps, each of which is found done after a crash: the ref, the clean-up, the directory renamed,
the ref again with what was written since, its files, what git knows of it. What is not provably the
session's own worktree, where its record says, is never touched. All of it may wait: use the pool.
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
from actors.git.kept_copy import KeptCopy
from actors.git.links import home_of, link_of, session_of
from actors.git.merged import is_merged
from actors.git.mounts import mounts_below
from actors.git.repository import commit_of, listed
from actors.git.safety import branch_of, none_put, see
from actors.git.snapshot import head_of
from actors.messages import outcomes as o
from storage.records.removal import Removal, RemovedWorktree
from storage.records.session import WorktreeSession

Outcome = o.WorktreeRemoved | o.WorktreeKept | o.RemovalRefused
ENDED = "The session stays, but its workers have ended"
PARKED = ".greenroom-parked-"
"""Renamed so, it may still hold what no copy does."""
REMOVING = ".greenroom-removing-"
"""Renamed so, all of it is kept, and it is being emptied."""


def nobody(_path: Path) -> tuple[str, ...]:
    return ()


class WorktreeRemover:
    """`others` names those at work below a directory who are not the session; `clean_up` runs the
    session's own command there, and says what went wrong with it, if anything. `is_put` is for
    `safety.see`.
    """

    def __init__(
        self,
        session: WorktreeSession,
        git: Git,
        *,
        others: Callable[[Path], tuple[str, ...]] = nobody,
        clean_up: Callable[[Path], str | None] = lambda _: None,
        is_put: Callable[[str], bool] = none_put,
    ) -> None:
        self._session = session
        self._path = Path(session.worktree_path)
        self._place = Path(os.path.realpath(self._path))
        left = self._place.parent.glob(f".greenroom-*-{session.id}-*")
        self._repository = git.at(home_of(session, *left))
        self._git = git.at(self._path)
        self._others = others
        self._clean_up = clean_up
        self._is_put = is_put

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
            mounted = mounts_below(self._path)
            if mounted:
                return Seen(problem=f"{mounted[0]} is a mount; unmount it first")
            session = self._session
            branches = (session.branch,) if session.branch else ()
            seen = see(self._git, branches=branches, bases=self._bases(), is_put=self._is_put)
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
        copy = KeptCopy(self._repository, removal.ref, self._session.id)
        parked, removing = (self._beside(kind, removal) for kind in (PARKED, REMOVING))
        try:
            note: str | None = None
            if not os.path.lexists(parked) and not os.path.lexists(removing):
                found = self._parked(removal, copy, at)
                if not isinstance(found, str | None):
                    return found
                note = found
            if os.path.lexists(parked):
                self._kept_parked(parked, copy, removal)
                parked.rename(removing)
            return self._after_keeping(removal, copy, note)
        except (GitFailed, OSError) as error:
            if os.path.lexists(parked) and not os.path.lexists(self._place):
                parked.rename(self._place)
            text = f"the worktree {self._path} could not be removed, and stays: {error}"
            return o.RemovalRefused(text)

    def _beside(self, kind: str, removal: Removal) -> Path:
        """Of this removal alone, so that what is left of an earlier one is in nobody's way."""
        time = removal.ref.rpartition("/")[2]
        return self._place.with_name(f"{kind}{self._session.id}-{time}")

    def _is_gone(self, at: datetime) -> bool:
        """Not merely moved."""
        return look.place(self._session, self._repository, at).location == "gone"

    # What is kept.

    def _parked(self, removal: Removal, copy: KeptCopy, at: datetime) -> Outcome | str | None:
        """Kept, cleaned up and renamed, or found gone after that: then what went wrong with the
        clean-up, if anything. Else why not.
        """
        seen = self.look(at)
        if self._is_gone(at) and copy.read() is not None:
            return None
        stopped = self._stopped(seen, force=removal.force)
        if stopped is not None:
            return stopped
        copy.take(self._git, self._described(removal, seen))
        note = self._clean_up(self._path)
        if self._is_gone(at):
            return note
        stopped = self._stopped(self.look(at), force=True)  # made since then, and not to be kept
        if stopped is not None:
            return stopped
        self._place.rename(self._beside(PARKED, removal))
        return note

    def _stopped(self, seen: Seen, *, force: bool) -> Outcome | None:
        if seen.absent is not None:
            return o.WorktreeKept(seen.absent)
        found = verdicts.reasons(seen)
        refusal = verdicts.refusal(str(self._path), found, force=force, so_far=ENDED)
        return o.RemovalRefused(refusal.message, found) if refusal else None

    def _described(self, removal: Removal, seen: Seen) -> RemovedWorktree:
        return RemovedWorktree(
            path=str(self._path),
            repository=str(self._repository.directory),
            ref=removal.ref,
            commit="",
            head=seen.head,
            branch=seen.branch,
            ignored=seen.ignored[:SHOWN],
            ignored_count=len(seen.ignored),
        )

    def _kept_parked(self, parked: Path, copy: KeptCopy, removal: Removal) -> None:
        """What was written since the first copy was taken. Nobody finds it by its name any more.

        Git is told where all is: by itself it would note the new place. GitFailed, OSError.
        """
        link = link_of(parked)
        if link is None or not link.is_whole or not link.name:
            raise OSError(f"{parked} is no worktree any more")
        own = link.common / "worktrees" / link.name
        git = self._git.at(parked).having({"GIT_DIR": str(own), "GIT_WORK_TREE": str(parked)})
        known = copy.read() or self._described(removal, Seen())
        taken = copy.take(git, replace(known, head=head_of(git), branch=branch_of(git)))
        if taken.left_out:
            within = ", ".join(taken.left_out[:SHOWN])
            raise OSError(f"of repositories within it no copy can be kept: {within}")

    # What goes.

    def _after_keeping(self, removal: Removal, copy: KeptCopy, note: str | None) -> Outcome:
        kept, removing = copy.read(), self._beside(REMOVING, removal)
        if kept is None:
            text = f"{removing} stays, for {removal.ref}, that should hold it, is gone"
            return o.WorktreeKept(text)
        notes = [note, copy.note(), _emptied(removing)]
        if self._path.is_symlink() and not self._path.exists():
            self._path.unlink()
        notes.append(self._forgotten())
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
        if branch != self._session.branch:
            notes.append(f"the branch {branch} stays, for it is not the session's own")
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
    """Removes it with all that is in it; a link goes, what it leads to stays, and so do mounts."""
    mounted = mounts_below(directory)
    if mounted:
        return f"{directory} stays, for {mounted[0]} is a mount"
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
