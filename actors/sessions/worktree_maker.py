"""Makes worktrees for sessions to come, on the pool: planned, intended, made, set up, or undone.

A session exists only with its worktree: the intent is on the disk before anything is made, and
stays until the session is durable or all is undone. Whatever ended in between is found by its
intent at the next start. Every method but `reserved` may wait for git.
"""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from actors.git import branch_names, worktrees
from actors.git.as_put import FilesAsPut, take_away
from actors.git.command import Git, GitFailed, GitMissing
from actors.git.kept_trees import forget
from actors.git.links import sessions_of
from actors.git.repository import commit_of
from actors.git.set_up import set_up
from actors.git.worktrees import Wanted
from actors.messages.creation import Made
from actors.surroundings import Surroundings
from actors.workers.environment import without_secrets
from storage import making
from storage.data_dir import DataDir
from storage.errors import StorageError
from storage.journal.log import NAME
from storage.making import Found, Held
from storage.records.request import Refusal
from storage.records.session import Session, WorktreeSession
from storage.records.worktree import MadeWorktree, WorktreePlan

_log = logging.getLogger(__name__)

NO_LFS = (
    "; some of its files are in Git LFS: install git-lfs, or take their pointers in place of them"
    " by git config filter.lfs.required false and git config filter.lfs.process '' in the"
    " repository"
)
Fill = Callable[[Git], None]


class WorktreeMaker:
    """One for all sessions: two that are made at once get different numbers and directories.

    Once it `is_over`, what is just being made is cut short and undone.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._lock = threading.Lock()
        self._reserved: dict[str, WorktreePlan] = {}
        self.is_over = threading.Event()

    def make(
        self, workspace: str, repository: str, wanted: Wanted, fill: Fill = worktrees.checked_out
    ) -> Held | Refusal:
        """A worktree that waits for its session, or why there is none; then nothing is left.

        Whoever gets it says `finish` in the end.
        """
        try:
            git = Git(Path(repository), without_secrets(self._around.environ))
            plan = self._planned(git, workspace, wanted)
            if isinstance(plan, Refusal):
                return plan
            held = making.begin(self._around.data, workspace, plan)
        except StorageError as error:
            self._free(wanted.session_id)
            return Refusal(code=error.code, message=f"{error}; nothing was made")
        except (GitFailed, OSError) as error:
            self._free(wanted.session_id)
            return self._failed(error)
        try:
            held_git = git.holding(held.descriptor).until(self.is_over.is_set)
            worktrees.make(held_git, held.plan, fill=fill)
        except (GitFailed, OSError) as error:
            self._undo(held)
            return self._in_the_way(git, workspace, wanted) or self._failed(error)
        return held

    def _planned(self, git: Git, workspace: str, wanted: Wanted) -> WorktreePlan | Refusal:
        """With a number, a directory and a branch that nobody has. GitFailed, OSError."""
        while True:
            plan = worktrees.plan(git, wanted, self.root(workspace))
            if isinstance(plan, Refusal):
                return plan
            if wanted.branch is None and not (plan.makes_branch or plan.is_unborn):
                wanted = replace(wanted, taken=wanted.taken | {plan.branch})
                continue  # the name was free, and has just been taken
            reserved = self._reserve(plan, sessions_of(git.at(Path(plan.common_dir))))
            if isinstance(reserved, WorktreePlan) and reserved.makes_branch:
                if commit_of(git, f"refs/heads/{reserved.branch}") is None:
                    return reserved
                self._free(wanted.session_id)  # it was made between the plan and the reservation
                continue
            if isinstance(reserved, WorktreePlan) or wanted.branch is not None:
                return reserved
            wanted = replace(wanted, taken=wanted.taken | {plan.branch})

    def _in_the_way(self, git: Git, workspace: str, wanted: Wanted) -> Refusal | None:
        """What somebody else has done since it was planned, if that is why it failed."""
        try:
            plan = worktrees.plan(git, wanted, self.root(workspace))
        except (GitFailed, OSError):
            return None
        return plan if isinstance(plan, Refusal) else None

    def _failed(self, error: Exception) -> Refusal:
        if isinstance(error, GitMissing):
            return Refusal(code="git-missing", message=str(error))
        text = f"the worktree could not be made, and nothing of it is left: {error}"
        path = self._around.environ.get("PATH")
        if "lfs" in str(error) and shutil.which("git-lfs", path=path) is None:
            text += NO_LFS
        return Refusal(code="worktree-failed", message=text)

    def root(self, workspace: str) -> Path:
        """The directory that all worktrees of a workspace lie in."""
        named = self._around.workspaces.settings(workspace).worktrees.root
        return Path(named) if named else self._around.data.worktrees

    def set_up(
        self,
        workspace: str,
        held: Held,
        *,
        trusts_repository: bool,
        origin: Session | None = None,
    ) -> Made:
        """Its files; what cannot be done of it is told in the record.

        `origin`: the session whose files it has; those that still are as its set-up put them are
        put anew. GitFailed, OSError then.
        """
        settings = self._around.workspaces.settings(workspace).worktrees
        own = self._around.data.set_up(workspace)
        if isinstance(origin, WorktreeSession):
            tree = Path(held.plan.worktree_path)
            git = Git(tree, without_secrets(self._around.environ)).holding(held.descriptor)
            take_away(git, FilesAsPut(origin, own, tree))
        trusts = trusts_repository or settings.trust_setup
        done = set_up(held.plan, own, trusts_repository=trusts)
        return Made(MadeWorktree(plan=held.plan, set_up=done), held)

    def finish(self, held: Held, *, was_left: bool = False) -> None:
        """Its session is there, so that the worktree stays; or it is not, and all is undone.

        `was_left`: nobody has held it since, so that others may have worked in what was made.
        """
        if not _exists(self._around.data, held.plan.session_id):
            self._undo(held, was_left=was_left)
            return
        try:
            held.end()
        except OSError as error:
            _log.warning("%s goes at the next start: %s", held.path, error)
        self._free(held.plan.session_id)

    def recovered(self, found: Found) -> bool:
        """What a crash left is taken up; False while a git that outlived it is still at it."""
        try:
            held = making.take(found)
        except FileNotFoundError:
            return True
        except OSError as error:
            _log.warning("%s is taken up at the next start: %s", found.path, error)
            return True
        if held is None:
            return False
        self.finish(held, was_left=True)
        return True

    def _undo(self, held: Held, *, was_left: bool = False) -> None:
        """What cannot be undone now is at the next start."""
        git = Git(Path(held.plan.repository), without_secrets(self._around.environ))
        try:
            left = worktrees.undo(git.holding(held.descriptor), held.plan, keeps=was_left)
            if git.directory.is_dir():
                forget(git, held.plan.session_id)
            held.end()
        except (GitFailed, OSError) as error:
            _log.warning("a worktree is undone at the next start (%s): %s", held.path, error)
            held.release()
        else:
            if left:
                _log.warning("of a session that did not come to be: %s", left)
        self._free(held.plan.session_id)

    # Numbers and directories.

    def _reserve(self, plan: WorktreePlan, of: frozenset[str]) -> WorktreePlan | Refusal:
        """With the lowest free number, and a directory that nobody has; not if its branch is one
        that another session is about to get.

        `of`: the sessions whose worktrees git lists, also where it has moved since they were made.
        """
        with self._lock:
            others = list(self._reserved.values())
            for each in others:
                is_same = each.common_dir == plan.common_dir
                if is_same and branch_names.clash(plan.branch, each.branch):
                    return branch_names.being_made(plan.branch, each.branch)
            numbers = {each.number for each in others if each.repository == plan.repository}
            for session in self._around.index.sessions():
                if isinstance(session, WorktreeSession) and (
                    session.repository == plan.repository or session.id in of
                ):
                    numbers.add(session.number or 0)
            number = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
            taken = {each.worktree_path for each in others}
            place, again = plan.worktree_path, 1
            while place in taken or os.path.lexists(place):
                again += 1
                place = f"{plan.worktree_path}-{again}"
            reserved = replace(plan, number=number, worktree_path=place)
            self._reserved[plan.session_id] = reserved
            return reserved

    def _free(self, session_id: str) -> None:
        with self._lock:
            self._reserved.pop(session_id, None)


def _exists(data: DataDir, session_id: str) -> bool:
    """Whether its journal is on the disk, also in the trash; whatever the workspace is."""
    for workspace in data.workspace_names():
        if (data.session(workspace, session_id) / NAME).exists():
            return True
        if any(data.trash(workspace).glob(f"{session_id}-*")):
            return True
    return False
