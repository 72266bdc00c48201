"""Lets go of the worktrees of a session that is gone for good: git may use and forget them again.

Of one whose directory is gone, its entry among git's own files may be all that leads to a commit:
that is kept under a ref first. Works on that entry alone, so that no directory is needed.
"""

from pathlib import Path

from actors.decisions.deletion import RECOVERY
from actors.git import own_refs
from actors.git.command import Git
from actors.git.gone import is_reached
from actors.git.plain_files import text_of
from actors.git.snapshot import head_of, keep
from actors.git.worktrees import administrations
from storage.records.worktree import lock_reason


def let_go(git: Git, session_id: str) -> tuple[str, ...]:
    """Unlocks them; the refs that hold now what only a worktree had. `git` is in the repository.

    GitFailed, OSError: then what was not unlocked stays as it is.
    """
    common = Path(git.ask("rev-parse", "--path-format=absolute", "--git-common-dir"))
    kept: list[str] = []
    for own in administrations(common, lock_reason(session_id)):
        place = text_of(own / "gitdir")
        if place is None or not (own / place.strip()).exists():
            kept += _kept(git, own, session_id)
        (own / "locked").unlink(missing_ok=True)
    return tuple(kept)


def _kept(git: Git, own: Path, session_id: str) -> list[str]:
    """The commit that is checked out there, and those of its reflog, if no ref leads to them."""
    inside = git.having({"GIT_DIR": str(own)})
    head = head_of(inside)
    if head is None:
        return []
    ref = f"{RECOVERY}/{session_id}/{head[:12]}"
    if not is_reached(git, head):
        keep(git, ref, head)
    own_refs.kept(inside, ref)
    found = git.ask("for-each-ref", "--format=%(refname)", ref, f"{ref}-*")
    return found.splitlines()
