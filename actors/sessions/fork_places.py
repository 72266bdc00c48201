"""Where a fork works: in a worktree of its own, with the files as they are, or as were kept then.

Outside of git, or where no files of that time were kept, it works where its origin does; but no two
sessions share a worktree: then it begins at the base commit. Everything here may wait: on the pool.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from actors.git import remake, worktrees
from actors.git.command import Git, GitFailed
from actors.git.kept_trees import KeptTree, hand_on, is_in_repository, kept_trees
from actors.git.links import home_of, link_of, lost
from actors.git.repository import commit_of
from actors.git.snapshot import snapshot
from actors.git.worktrees import Wanted
from actors.sessions.worktree_maker import WorktreeMaker
from actors.workers.environment import without_secrets
from storage.forked import Beginning
from storage.making import Held
from storage.records import request as r
from storage.records.session import Session, WorktreeSession
from storage.records.worktree import MadeWorktree

Files = Literal["now", "mid-round"] | None


class ForkPlace(Struct, frozen=True):
    """What was made, held until the fork is durable. `fields`: those that its record has of it;
    `tree_n` and `files` are as in ForkedFrom.
    """

    held: Held
    fields: dict[str, Any]
    tree_n: int | None
    files: Files


class _Seen(Struct, frozen=True):
    """`below`: how far below the top of its worktree the origin works, with `/` at the end.
    `files`: that the last of the trees was taken just now.
    """

    git: Git
    trees: list[KeptTree]
    below: str = ""
    files: Files = None


class ForkPlaces:
    def __init__(self, maker: WorktreeMaker, environ: Mapping[str, str]) -> None:
        self._maker = maker
        self._environ = without_secrets(environ)

    def made(
        self,
        of: Beginning,
        wanted: Wanted,
        *,
        as_now: bool,
        finish: Callable[[Held], None],
    ) -> ForkPlace | r.Refusal | None:
        """For a fork that begins so; None if it works where its origin does.

        `as_now`: with the files as they are, which are kept as of the fork's own first number; but
        while a round is under way, as they were when the last one had ended, if they were kept.
        `finish` is called with what is held if it comes to nothing after all.
        """
        origin = of.origin
        if isinstance(origin, WorktreeSession) and not home_of(origin).is_dir():
            return _no_repository(origin)
        try:
            seen = self._seen(of, as_now=as_now)
        except (GitFailed, OSError) as error:
            text = f"git cannot say which files were kept, so nothing was made: {error}"
            return r.Refusal(code="git-failed", message=text)
        if seen is None:
            return None
        tree = seen.trees[-1] if seen.trees else None
        held = self._held(origin, wanted, seen, tree)
        if isinstance(held, r.Refusal):
            return held
        try:
            return self._described(origin, seen, held, tree)
        except (GitFailed, OSError) as error:
            finish(held)
            text = f"its files could not be put there, and nothing of it is left: {error}"
            return r.Refusal(code="worktree-failed", message=text)

    def _seen(self, of: Beginning, *, as_now: bool) -> _Seen | None:
        """None where it gets no worktree. GitFailed, OSError."""
        origin = of.origin
        if isinstance(origin, WorktreeSession):
            link = link_of(Path(origin.worktree_path)) if as_now else None
            is_there = bool(link and link.is_whole and link.session_id in {None, origin.id})
            own = Path(origin.worktree_path) if is_there else None
            seen = _with_trees(Git(home_of(origin), self._environ), of, own)
            return replace(seen, below=_below(origin))
        place = Path(origin.location_path)
        if not place.is_dir() or not is_in_repository(place):
            return None
        git = Git(place, self._environ)
        if git.run("rev-parse", "--show-toplevel").status != 0:
            return None
        seen = _with_trees(git, of, place if as_now else None)
        return replace(seen, below=git.ask("rev-parse", "--show-prefix")) if seen.trees else None

    def _held(
        self, origin: Session, wanted: Wanted, seen: _Seen, tree: KeptTree | None
    ) -> Held | r.Refusal:
        """Its branch begins at the commit that was checked out then, or before the first."""
        base = origin.base_commit if isinstance(origin, WorktreeSession) else None
        start = _head_of(seen.git, tree) if tree else None
        named = Wanted(
            session_id=wanted.session_id,
            branch=wanted.branch,
            title=wanted.title,
            base=base,
            start=start or base,
            unborn=tree.commit if tree else None,
        )
        fill = worktrees.checked_out
        if tree:
            fill = partial(_filled, tree=tree, session_id=wanted.session_id)
        repository = str(seen.git.directory)
        return self._maker.make(origin.workspace, repository, named, fill)

    def _described(
        self, origin: Session, seen: _Seen, held: Held, tree: KeptTree | None
    ) -> ForkPlace:
        """With its set-up files, and the kept trees under its own name, all under its intent."""
        made = self._maker.set_up(
            origin.workspace, held, trusts_repository=False, origin=origin
        ).worktree
        hand_on(seen.git, seen.trees, held.plan.session_id)
        fields = _fields(made, seen.below)
        if isinstance(origin, WorktreeSession) and origin.base_commit:
            fields |= {"base_commit": origin.base_commit, "base_branch": origin.base_branch}
        return ForkPlace(held, fields, tree.n if tree else None, seen.files)


def _no_repository(origin: WorktreeSession) -> r.Refusal:
    """Where its worktree is there still, that can be told of the new place."""
    text = lost(Path(origin.repository))
    if Path(origin.worktree_path).is_dir():
        text += f", or run in its new place: git worktree repair {quote(origin.worktree_path)}"
    return r.Refusal(code="git-failed", message=f"nothing was made: {text}")


def _filled(git: Git, *, tree: KeptTree, session_id: str) -> None:
    """Held by a ref first: what a crash leaves half made is nobody's work then."""
    hand_on(git, [tree], session_id)
    remake.fill(git, tree.commit)


def _with_trees(git: Git, of: Beginning, now: Path | None) -> _Seen:
    """`now`: the worktree whose files of this moment are wanted, which no ref holds yet: they are
    half done while a round is under way, so that kept ones are better then. GitFailed, OSError.
    """
    origin = of.origin.id
    trees = kept_trees(git, origin, of.asked)
    if now is None or (of.is_under_way and trees):
        return _Seen(git, trees)
    commit = snapshot(git.at(now), f"greenroom: {origin} when it was forked").commit
    before = [each for each in trees if each.n <= of.n]
    files: Files = "mid-round" if of.is_under_way else "now"
    return _Seen(git, [*before, KeptTree(of.n + 1, commit)], files=files)


def _head_of(git: Git, tree: KeptTree) -> str | None:
    """A snapshot has HEAD and its index as parents; before the first commit the index alone."""
    if commit_of(git, f"{tree.commit}^2") is None:
        return None
    return commit_of(git, f"{tree.commit}^1")


def _below(origin: WorktreeSession) -> str:
    """A fork of what works below the top does so itself."""
    below = os.path.relpath(origin.location_path, origin.worktree_path)
    return "" if below == ".." or below.startswith("../") else below


def _location(top: str, below: str) -> str:
    """The same directory as the origin's, made where git knows nothing in it; the top where a file
    or a link is in the way.
    """
    place = os.path.normpath(f"{top}/{below}")
    if os.path.realpath(place) == os.path.normpath(f"{os.path.realpath(top)}/{below}"):
        with suppress(OSError):
            Path(place).mkdir(parents=True, exist_ok=True)
            return place
    return top


def _fields(made: MadeWorktree, below: str) -> dict[str, Any]:
    plan = made.plan
    return {
        "location_path": _location(plan.worktree_path, below),
        "worktree_path": plan.worktree_path,
        "repository": plan.repository,
        "branch": plan.branch,
        "base_commit": plan.base_commit or None,
        "base_branch": plan.base_branch,
        "made_branch": plan.makes_branch or plan.is_unborn,
        "number": plan.number,
        "set_up": made.set_up,
    }
