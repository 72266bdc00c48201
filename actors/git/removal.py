"""Removes the worktree of a session, once a ref of its repository holds all that was in it.

In steps, each of which is found done after a crash: the ref, the clean-up, the directory renamed,
the ref again with what was written since, its files, what git knows of it. What is not provably the
session's own worktree, where its record says, is never touched. All of it may wait: use the pool.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.worktrees import safety as verdicts
from actors.decisions.worktrees.safety import SHOWN, Seen
from actors.git import branch_settings, look
from actors.git.command import Git, GitFailed
from actors.git.emptying import emptied
from actors.git.kept_copy import KeptCopy
from actors.git.left_places import PARKED, REMOVING
from actors.git.links import forgotten, home_of, link_of, session_of
from actors.git.mounts import mounts_below
from actors.git.names import escaped, shown
from actors.git.nested import nested_in
from actors.git.own_branch import dropped
from actors.git.pipes import pipe_in, pipe_of_git
from actors.git.repository import listed
from actors.git.safety import branch_of, none_put, said_of, see
from actors.git.snapshot import head_of
from actors.messages import outcomes as o
from storage.records.removal import Removal, RemovedWorktree, UnsafeReason
from storage.records.session import WorktreeSession

Outcome = o.WorktreeRemoved | o.WorktreeKept | o.RemovalRefused


class _Kept(Struct, frozen=True):
    """All of it is kept, so that it may go. `note`: what went wrong with the clean-up."""

    worktree: RemovedWorktree
    note: str | None = None


ENDED = "The session stays, but its workers have ended"


def nobody(_path: Path) -> tuple[str, ...]:
    return ()


def none_left() -> bool:
    return False


class WorktreeRemover:
    """`others` names those at work below a directory who are not the session; `clean_up` runs the
    session's own command there, and says what went wrong with it, if anything. `end_own` ends what
    the session's workers left behind; whether there was anybody. `is_put` is for `safety.see`.
    """

    def __init__(
        self,
        session: WorktreeSession,
        git: Git,
        *,
        others: Callable[[Path], tuple[str, ...]] = nobody,
        clean_up: Callable[[Path], str | None] = lambda _: None,
        end_own: Callable[[], bool] = none_left,
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
        self._end_own = end_own
        self._is_put = is_put

    def look(self, at: datetime) -> Seen:
        """All that its removal would lose. No exception: what cannot be seen is a `problem`."""
        try:
            seen = self._seen(at)
        except (GitFailed, OSError) as error:
            return Seen(problem=shown(said_of(error, self._path)))
        return replace(
            seen,
            problem=shown(seen.problem) if seen.problem else None,
            absent=shown(seen.absent) if seen.absent else None,
            processes=tuple(map(shown, seen.processes)),
        )

    def _seen(self, at: datetime) -> Seen:
        where = str(self._repository.directory)
        pipe = pipe_of_git(self._repository.directory)
        if pipe is not None:
            return Seen(problem=pipe)
        found = look.place(self._session, self._repository, at)
        if found.location == "gone" and any(self._left()):
            return Seen(repository=where)
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
        pipe = pipe_in(self._path)
        if pipe is not None:
            return Seen(problem=pipe)
        branches = (self._session.branch,) if self._session.branch else ()
        seen = see(self._git, branches=branches, bases=self._bases(), is_put=self._is_put)
        return replace(seen, processes=self._others(self._path), repository=where)

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

        What fails before all is kept leaves the worktree where it is, with all that is in it. After
        that nothing is refused any more: what fails then is a note.
        """
        if removal.repository is not None and Path(removal.repository).is_dir():
            self._repository = self._repository.at(Path(removal.repository))
        try:
            removal = self._taken_up(removal)
            kept = self._kept(removal, at)
        except Exception as error:  # noqa: BLE001 - whatever it is, the files go back to their place
            where = self._put_back(removal)
            why = said_of(error, self._path)
            text = f"the worktree {self._path} could not be removed, and stays{where}: {why}"
            return o.RemovalRefused(shown(text))
        return self._after_keeping(removal, kept) if isinstance(kept, _Kept) else kept

    def _taken_up(self, removal: Removal) -> Removal:
        """What an earlier removal left half done goes on with this one: what may hold more than its
        copy is put back, and what is all kept is the removal of then.
        """
        if any(os.path.lexists(self._beside(kind, removal)) for kind in (PARKED, REMOVING)):
            return removal
        parked, removing = self._left()
        if parked:
            parked[-1].rename(self._place)
        elif removing:
            time = removing[-1].name.rpartition("-")[2]
            return replace(removal, ref=f"{removal.ref.rpartition('/')[0]}/{time}")
        return removal

    def _left(self) -> tuple[list[Path], list[Path]]:
        """What stands beside its place, parked and being emptied, if that place is free."""
        if os.path.lexists(self._place):
            return [], []
        own = f"{self._session.id}-*"
        beside = self._place.parent
        return sorted(beside.glob(PARKED + own)), sorted(beside.glob(REMOVING + own))

    def _put_back(self, removal: Removal) -> str:
        """Where its files are if not in their place, to be said after that."""
        parked, removing = (self._beside(kind, removal) for kind in (PARKED, REMOVING))
        if os.path.lexists(parked) and not os.path.lexists(self._place):
            with suppress(OSError):
                parked.rename(self._place)
        left = next((each for each in (parked, removing) if os.path.lexists(each)), None)
        return f" as {left}; delete it again to go on" if left else ""

    def _beside(self, kind: str, removal: Removal) -> Path:
        """Of this removal alone, so that what is left of an earlier one is in nobody's way."""
        time = removal.ref.rpartition("/")[2]
        return self._place.with_name(f"{kind}{self._session.id}-{time}")

    def _is_gone(self, at: datetime) -> bool:
        """Not merely moved."""
        return look.place(self._session, self._repository, at).location == "gone"

    # What is kept.

    def _kept(self, removal: Removal, at: datetime) -> "Outcome | _Kept":
        """All of it, renamed so that it may go; or why it stays. Any exception: as before."""
        copy = KeptCopy(self._repository, removal.ref, self._session.id)
        parked, removing = (self._beside(kind, removal) for kind in (PARKED, REMOVING))
        if os.path.lexists(removing) and not os.path.lexists(parked):
            held = copy.read()
            text = f"{removing} stays, for {removal.ref}, that should hold it, is gone"
            return _Kept(held) if held else o.WorktreeKept(shown(text))
        found = None if os.path.lexists(parked) else self._parked(removal, copy, at)
        if found is not None and not isinstance(found, _Kept):
            return found
        if os.path.lexists(parked):
            found = _Kept(self._kept_parked(parked, copy, removal), found.note if found else None)
            parked.rename(removing)
        return found or _Kept(_whole(copy))

    def _parked(self, removal: Removal, copy: KeptCopy, at: datetime) -> "Outcome | _Kept":
        """Kept, cleaned up and renamed, or found gone after that. Else why not."""
        seen = self.look(at)
        if self._is_gone(at) and (held := copy.read()):
            return _Kept(held)
        if seen.absent is None and self._end_own():
            seen = self.look(at)
        stopped = self._stopped(seen, verdicts.reasons(seen), force=removal.force)
        if stopped is not None:
            return stopped
        copy.take(self._git, self._described(removal, seen))
        held = _whole(copy)
        kept = _Kept(held, self._clean_up(self._path))
        if self._is_gone(at):
            return kept
        seen = self.look(at)
        since = verdicts.since_kept(verdicts.reasons(seen), force=removal.force)
        stopped = self._stopped(seen, since, force=False)
        if stopped is not None:
            return stopped
        self._place.rename(self._beside(PARKED, removal))
        return kept

    def _stopped(
        self, seen: Seen, found: tuple[UnsafeReason, ...], *, force: bool
    ) -> Outcome | None:
        if seen.absent is not None:
            return o.WorktreeKept(seen.absent)
        refusal = verdicts.refusal(str(self._path), found, force=force, so_far=ENDED)
        return o.RemovalRefused(refusal.message, found) if refusal else None

    def _described(self, removal: Removal, seen: Seen) -> RemovedWorktree:
        return RemovedWorktree(
            path=str(self._path),
            repository=str(self._repository.directory),
            ref=removal.ref,
            commit="",
            head=seen.head,
            branch=_told(seen.branch),
            branch_settings=branch_settings.of(self._repository, seen.branch),
            ignored=seen.ignored[:SHOWN],
            ignored_count=len(seen.ignored),
            notes=verdicts.notes(seen),
        )

    def _kept_parked(self, parked: Path, copy: KeptCopy, removal: Removal) -> RemovedWorktree:
        """With what was written since the first copy was taken. Nobody finds it by its name any
        more, and who works in it without force would write on into what goes.

        Git is told where all is: by itself it would note the new place. GitFailed, OSError.
        """
        link = link_of(parked)
        if link is None or not link.is_whole or not link.name:
            raise OSError(f"{parked} is no worktree any more")
        own = link.common / "worktrees" / link.name
        git = self._git.at(parked).having({"GIT_DIR": str(own), "GIT_WORK_TREE": str(parked)})
        known = copy.read() or self._described(removal, Seen())
        taken = copy.take(git, replace(known, head=head_of(git), branch=_told(branch_of(git))))
        within = verdicts.troubles(nested_in(self._git.at(parked), taken.left_out, own))
        if within:
            raise OSError(f"of repositories within it no copy can be kept: {within[0]}")
        came = () if removal.force else self._others(parked)
        if came:
            raise OSError(f"at work in it is {came[0]}")
        return _whole(copy)

    # What goes.

    def _after_keeping(self, removal: Removal, kept: _Kept) -> Outcome:
        notes, is_gone = [*kept.worktree.notes, kept.note], False
        copy = KeptCopy(self._repository, removal.ref, self._session.id)
        with _noted(notes, "what else was kept is not known"):
            notes += copy.notes()
        left = emptied(self._beside(REMOVING, removal))
        notes.append(f"{left}; greenroom doctor --fix goes on with it" if left else None)
        with _noted(notes, f"{self._path} stays"):
            if self._path.is_symlink() and not self._path.exists():
                self._path.unlink()
        with _noted(notes, "git may still list it"):
            notes.append(forgotten(self._repository, self._path))
        if removal.delete_branch:
            with _noted(notes, f"the branch {kept.worktree.branch} stays"):
                own = self._session.branch
                is_gone, why = dropped(self._repository, kept.worktree, own, self._bases())
                notes.append(why)
        told = tuple(shown(each) for each in notes if each)
        return o.WorktreeRemoved(replace(kept.worktree, branch_deleted=is_gone, notes=told))


def _whole(copy: KeptCopy) -> RemovedWorktree:
    """What it holds. OSError, GitFailed: then nothing may go."""
    kept = copy.read()
    if kept is None:
        raise OSError("the ref that should hold it is gone")
    return kept


def _told(branch: str | None) -> str | None:
    return None if branch is None else escaped(branch)


@contextmanager
def _noted(notes: list[str | None], what: str) -> Iterator[None]:
    """A fault here becomes a note: all is kept, and the rest is done nevertheless."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - nothing may keep the outcome from being told
        notes.append(f"{what}: {error}")
