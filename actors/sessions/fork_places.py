"""Where a fork works: in a worktree of its own, with the files as they are, or as were kept then.

Outside of git, or where no files of that time were kept, it works where its origin does; but no two
sessions share a worktree: then it begins at the base commit. Everything here may wait: on the pool.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from msgspec import Struct

from actors.git import remake, worktrees
from actors.git.command import Git, GitFailed
from actors.git.kept_trees import KeptTree, hand_on, is_in_repository, kept_trees
from actors.git.links import home_of, link_of, lost
from actors.git.repository import commit_of
from actors.git.snapshot import snapshot
from actors.git.worktrees import Wanted
from actors.sessions.worktree_maker import WorktreeMaker
from actors.workers.environment import without_secrets
from storage.making import Held
from storage.records import request as r
from storage.records.session import Session, WorktreeSession
from storage.records.worktree import MadeWorktree


class ForkPlace(Struct, frozen=True):
    """What was made, held until the fork is durable. `fields`: those that its record has of it."""

    held: Held
    fields: dict[str, Any]
    tree_n: int | None


class _Seen(Struct, frozen=True):
    """`below`: how far below the top of its worktree the origin works, with `/` at the end."""

    git: Git
    trees: list[KeptTree]
    below: str = ""


class ForkPlaces:
    def __init__(self, maker: WorktreeMaker, environ: Mapping[str, str]) -> None:
        self._maker = maker
        self._environ = without_secrets(environ)

    def made(
        self,
        origin: Session,
        at: int,
        wanted: Wanted,
        *,
        as_now: bool,
        finish: Callable[[Held], None],
    ) -> ForkPlace | r.Refusal | None:
        """For a fork of `origin` at number `at`; None if it works where that does.

        `as_now`: with the files as they are, which are kept as of the fork's own first number.
        `finish` is called with what is held if it comes to nothing after all.
        """
        if isinstance(origin, WorktreeSession) and not home_of(origin).is_dir():
            return _no_repository(origin)
        try:
            seen = self._seen(origin, at, as_now=as_now)
        except (GitFailed, OSError) as error:
            text = f"git cannot say which files were kept, so nothing was made: {error}"
            return r.Refusal(code="git-failed", message=text)
        if seen is None:
            return None
        tree = seen.trees[-1] if seen.trees else None
        held = self._held(origin, wanted, seen, tree)
        if isinstance(held, r.Refusal):
            alone = held.code == "no-commits" and not isinstance(origin, WorktreeSession)
            return None if alone else held
        try:
            return self._described(origin, seen, held, tree)
        except (GitFailed, OSError) as error:
            finish(held)
            text = f"its files could not be put there, and nothing of it is left: {error}"
            return r.Refusal(code="worktree-failed", message=text)

    def _seen(self, origin: Session, at: int, *, as_now: bool) -> _Seen | None:
        """None where it gets no worktree. GitFailed, OSError."""
        if isinstance(origin, WorktreeSession):
            git = Git(home_of(origin), self._environ)
            trees = kept_trees(git, origin.id, at)
            link = link_of(Path(origin.worktree_path)) if as_now else None
            if link and link.is_whole and link.session_id in {None, origin.id}:
                trees.append(_taken(git.at(Path(origin.worktree_path)), origin.id, at + 1))
            return _Seen(git, trees)
        place = Path(origin.location_path)
        if not place.is_dir() or not is_in_repository(place):
            return None
        git = Git(place, self._environ)
        if git.run("rev-parse", "--show-toplevel").status != 0:
            return None
        trees = kept_trees(git, origin.id, at)
        if as_now:
            trees.append(_taken(git, origin.id, at + 1))
        return _Seen(git, trees, git.ask("rev-parse", "--show-prefix")) if trees else None

    def _held(
        self, origin: Session, wanted: Wanted, seen: _Seen, tree: KeptTree | None
    ) -> Held | r.Refusal:
        """Its branch begins at the commit that was checked out then."""
        base = origin.base_commit if isinstance(origin, WorktreeSession) else None
        start = _head_of(seen.git, tree) if tree else None
        named = Wanted(
            session_id=wanted.session_id,
            branch=wanted.branch,
            title=wanted.title,
            base=base,
            start=start or base,
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
        return ForkPlace(held, fields, tree.n if tree else None)


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


def _taken(git: Git, session_id: str, n: int) -> KeptTree:
    """Of the worktree that `git` is in, as it is now. No ref holds it yet. GitFailed, OSError."""
    return KeptTree(n, snapshot(git, f"greenroom: {session_id} when it was forked").commit)


def _head_of(git: Git, tree: KeptTree) -> str | None:
    """A snapshot has HEAD and its index as parents; before the first commit the index alone."""
    if commit_of(git, f"{tree.commit}^2") is None:
        return None
    return commit_of(git, f"{tree.commit}^1")


def _fields(made: MadeWorktree, below: str) -> dict[str, Any]:
    plan = made.plan
    location = os.path.normpath(f"{plan.worktree_path}/{below}")
    is_there = Path(location).is_dir()
    return {
        "location_path": location if is_there else plan.worktree_path,
        "worktree_path": plan.worktree_path,
        "repository": plan.repository,
        "branch": plan.branch,
        "base_commit": plan.base_commit,
        "base_branch": plan.base_branch,
        "made_branch": plan.makes_branch,
        "number": plan.number,
        "set_up": made.set_up,
    }
