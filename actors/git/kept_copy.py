"""The copy of a worktree that a ref holds when the worktree goes.

The newest is what the ref names. One that was kept before it is its first parent, so that whatever
comes between, no copy is ever dropped for another.
"""

from msgspec.structs import replace

from actors.git import exact, own_refs
from actors.git.command import Git
from actors.git.repository import commit_of
from actors.git.snapshot import Snapshot, has_more, index_of, keep, snapshot
from storage import codec
from storage.records.removal import RemovedWorktree


class KeptCopy:
    """Under `ref` of the repository that `git` is in."""

    def __init__(self, git: Git, ref: str, session_id: str) -> None:
        self._git = git
        self._ref = ref
        self._subject = f"greenroom: the worktree of session {session_id}"

    def read(self) -> RemovedWorktree | None:
        """What the ref says of what it holds; None if it is not there."""
        commit = commit_of(self._git, self._ref)
        if commit is None:
            return None
        body = self._git.ask("log", "-1", "--format=%b", commit)
        found: RemovedWorktree = codec.decode(body.encode(), RemovedWorktree)
        return replace(found, commit=commit)

    def take(self, worktree: Git, described: RemovedWorktree) -> Snapshot:
        """Of all that is in the worktree now; kept if the copy that is there lacks any of it.

        GitFailed, OSError: then the ref is as it was.
        """
        before = self.read()
        described = replace(described, refs=own_refs.kept(worktree, self._ref))
        body = codec.encode(replace(described, commit="")).decode()
        earlier = before.commit if before else None
        taken = snapshot(worktree, f"{self._subject}\n\n{body}", earlier)
        if before is None or self._lacks(before, described, taken.commit):
            keep(self._git, self._ref, taken.commit)
        return taken

    def _lacks(self, before: RemovedWorktree, now: RemovedWorktree, commit: str) -> bool:
        """Files that have only gone since are in it."""
        if (before.head, before.branch, before.refs) != (now.head, now.branch, now.refs):
            return True
        indexes = index_of(self._git, before.commit), index_of(self._git, commit)
        if has_more(self._git, before.commit, commit) or has_more(self._git, *indexes):
            return True
        old, new = (exact.read(self._git, each) for each in indexes)
        return new.has_more(old)

    def notes(self) -> tuple[str | None, ...]:
        """What it holds besides, and where."""
        return self._earlier(), own_refs.reflog_note(self._git, self._ref)

    def _earlier(self) -> str | None:
        earlier = self._git.run("log", "-1", "--format=%s", f"{self._ref}^1")
        if earlier.status != 0 or earlier.text != self._subject:
            return None
        return f"files in it changed during the removal; as they were before: {self._ref}^1"
