"""A worktree made again from a snapshot: its files, its index, its branch.

Done again after a crash it ends the same: until all is in place the lock says `restoring`. Nothing
that stands in the way is removed, and a branch that has moved on since is left where it is.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from actors.git import branch_names, branch_settings, exact, own_refs
from actors.git.command import Git, GitFailed
from actors.git.half_remade import branch_note, reason_of
from actors.git.links import forgotten, lost
from actors.git.names import shown, unescaped
from actors.git.plain_files import text_of
from actors.git.repository import ListedWorktree, commit_of, listed
from actors.git.snapshot import SNAPSHOT_SECONDS, STAGES, has_more, index_of, keep, snapshot
from storage.records.removal import RemovedWorktree
from storage.records.worktree import lock_reason

_NO_SUBMODULES = "--no-recurse-submodules"


class CannotRemake(Exception):
    """The text says what stands in the way, and what to do."""


def fill(git: Git, commit: str, keep_open: Sequence[int] = ()) -> None:
    """Puts there what `commit` of a snapshot holds: every file as it was, then the index.

    Files that it does not know stay as they are. `keep_open`: descriptors that git inherits, for a
    lock to last. GitFailed if it is no snapshot, or the disk is full: then some of it is there.
    """

    def said(*words: str, stdin: bytes = b"") -> bytes:
        done = git.run(*words, stdin=stdin, seconds=SNAPSHOT_SECONDS, keep_open=keep_open)
        if done.status != 0 or done.is_cut:
            raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")
        return done.out

    index = index_of(git, commit)
    said("read-tree", "--reset", "-u", _NO_SUBMODULES, f"{commit}^{{tree}}")
    top = git.at(Path(git.ask("rev-parse", "--show-toplevel")))
    beside = exact.read(git, index)
    exact.put(top.holding(*keep_open), beside)
    if git.ask("log", "-1", "--format=%s", index) == STAGES:
        kept = said("ls-tree", "-r", "-z", "--full-tree", index)
        said("read-tree", "--empty")
        said("update-index", "-z", "--index-info", stdin=_stages(kept))
    else:
        said("read-tree", f"{index}^{{tree}}")
    git.run("update-index", "-q", "--refresh", seconds=SNAPSHOT_SECONDS, keep_open=keep_open)
    exact.hide(top.holding(*keep_open), beside)


def _stages(kept: bytes) -> bytes:
    """For `--index-info`: each path in the stage whose directory it was kept in."""
    lines = []
    for line in filter(None, kept.split(b"\0")):
        what, path = line.split(b"\t", 1)
        mode, _, name = what.split(b" ")
        stage, _, place = path.partition(b"/")
        lines.append(b"%s %s %s\t%s\0" % (mode, name, stage, place))
    return b"".join(lines)


def make_again(
    git: Git, session_id: str, removed: RemovedWorktree, keep_open: Sequence[int] = ()
) -> tuple[str, ...]:
    """The worktree as it was, where it was; what is different, a sentence each.

    `keep_open`: as for `fill`. CannotRemake, GitFailed, OSError: then it can be done again.
    """
    return _Remaking(git, session_id, removed, keep_open).done()


class _Remaking:
    def __init__(
        self, git: Git, session_id: str, removed: RemovedWorktree, keep_open: Sequence[int]
    ) -> None:
        self._removed = removed
        self._path = Path(removed.path)
        self._git = git.at(Path(removed.repository))
        self._whole = lock_reason(session_id)
        self._begun = reason_of(session_id)
        self._branch_note = branch_note(session_id, removed)
        self._keep_open = keep_open

    def done(self) -> tuple[str, ...]:
        if not self._git.directory.is_dir():
            raise CannotRemake(lost(self._git.directory))
        if commit_of(self._git, self._removed.commit) is None:
            text = f"{self._removed.ref} of {self._git.directory}, which held its files, is gone"
            raise CannotRemake(text)
        for each in listed(self._git)[1:]:
            is_here = os.path.realpath(each.path) == os.path.realpath(self._path)
            if each.locked == self._whole and is_here and not os.path.lexists(self._path):
                forgotten(self._git, self._path)  # it was removed, and git has not heard of it
            elif each.locked == self._whole:
                return self._found(each)
        here = self._git.at(self._path)
        if self._was_begun():
            _unlock_index(here)
            notes = self._kept_since(here)
        else:
            self._forget_begun()
            notes = self._add()
        fill(here, self._removed.commit, self._keep_open)
        notes += own_refs.give_back(here, self._removed.refs)
        own = Path(here.ask("rev-parse", "--absolute-git-dir"))
        (own / "locked.new").write_text(self._whole)
        (own / "locked.new").replace(own / "locked")  # as git writes it, and never without a lock
        return notes

    def _found(self, whole: ListedWorktree) -> tuple[str, ...]:
        """A crash came after it was made, or nobody ever removed it."""
        if not whole.path.is_dir():
            text = f"git lists it in {whole.path}, which has gone; run there: git worktree unlock"
            raise CannotRemake(f"{text} {whole.path} && git worktree prune")
        if os.path.realpath(whole.path) != os.path.realpath(self._path):
            raise CannotRemake(f"it was moved to {whole.path}; move it back to {self._path}")
        return ()

    def _was_begun(self) -> bool:
        """Whether a crash left it half made, in such a state that git works in it."""
        locks = {os.path.realpath(each.path): each.locked for each in listed(self._git)[1:]}
        if locks.get(os.path.realpath(self._path)) != self._begun:
            return False
        top = (
            self._git.at(self._path).run("rev-parse", "--show-toplevel") if self._is_there else None
        )
        return top is not None and os.path.realpath(top.text) == os.path.realpath(self._path)

    def _kept_since(self, here: Git) -> tuple[str, ...]:
        """What was written in it since a crash left it half made, for it is written over next.

        With the index of what is to come, only what is different from that counts.
        """
        tree = f"{self._removed.commit}^{{tree}}"
        self._do("read-tree", "--reset", _NO_SUBMODULES, tree, git=here)
        ref = f"{self._removed.ref}-meanwhile"
        earlier = commit_of(self._git, ref)
        taken = snapshot(here, "greenroom: written while it was restored", earlier)
        if not has_more(self._git, self._removed.commit, taken.commit):
            return ()
        keep(self._git, ref, taken.commit)
        return (f"files were written in it while it was restored; as they were then: {ref}",)

    @property
    def _is_there(self) -> bool:
        return (self._path / ".git").is_file()

    def _forget_begun(self) -> None:
        """What git was told when a crash came before it had a directory; there is no file in it."""
        common = Path(self._git.ask("rev-parse", "--path-format=absolute", "--git-common-dir"))
        for own in sorted((common / "worktrees").glob("*")):
            if (text_of(own / "locked") or "").strip() == self._begun:
                with suppress(OSError):
                    shutil.rmtree(own)

    def _add(self) -> tuple[str, ...]:
        if os.path.lexists(self._path) and not _is_empty(self._path):
            text = f"{self._path}, where it was, is taken by something else; move that away"
            raise CannotRemake(f"{text}, then restore the session again")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        branch, note = self._branch()
        start = branch or self._removed.head or self._removed.commit
        lock = ("--no-checkout", "--lock", "--reason", self._begun)
        how = () if branch else ("--detach",)
        self._do("worktree", "add", "--quiet", *lock, *how, "--", str(self._path), start)
        if self._removed.head is None and self._removed.branch is not None and note is None:
            full = f"refs/heads/{unescaped(self._removed.branch)}"
            self._git.at(self._path).ask("symbolic-ref", "HEAD", full)
        return (shown(note),) if note else ()

    def _branch(self) -> tuple[str | None, str | None]:
        """The branch to check out, made again if need be; or why HEAD is detached instead."""
        if self._removed.branch is None or self._removed.head is None:
            return None, None
        branch, head = unescaped(self._removed.branch), self._removed.head
        tip = commit_of(self._git, f"refs/heads/{branch}")
        holder = next((each.path for each in listed(self._git) if each.branch == branch), None)
        if holder is not None:
            return None, f"its branch {branch} is checked out in {holder}, so HEAD is detached"
        if tip is not None and tip != head:
            return None, f"its branch {branch} has moved on to {tip[:12]}, so HEAD is detached"
        other = branch_names.in_the_way(self._git, branch)
        if other is not None:
            text = f"its branch {branch} cannot be beside {other}, which is there now"
            return None, f"{text}, so HEAD is detached"
        if tip is None:
            made = ("--create-reflog", "-m", self._branch_note, f"refs/heads/{branch}", head, "")
            branch_settings.give_back(self._git, branch, self._removed.branch_settings)
            self._do("update-ref", *made)
        return branch, None

    def _do(self, *words: str, git: Git | None = None) -> None:
        done = (git or self._git).run(*words, seconds=SNAPSHOT_SECONDS, keep_open=self._keep_open)
        if done.status != 0:
            raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")


def _unlock_index(git: Git) -> None:
    """Of a worktree that is not whole yet; whoever made that lock has ended."""
    lock = git.ask("rev-parse", "--path-format=absolute", "--git-path", "index.lock")
    Path(lock).unlink(missing_ok=True)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())
