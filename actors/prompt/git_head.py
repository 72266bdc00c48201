"""Knows which branch a directory is on by reading `.git`, as git does; runs no git.

In a linked worktree or a submodule `.git` is a file that names the directory where HEAD is.
"""

from pathlib import Path

from actors.prompt.small_file import read_small

_SHORT_HASH = 12


def current_branch(directory: Path) -> str | None:
    """The branch, `detached at <commit>`, or None outside a repository."""
    try:
        markers = (parent / ".git" for parent in (directory, *directory.parents))
        marker = next((path for path in markers if path.exists()), None)
    except OSError:
        return None
    return _branch_in(_git_directory(marker)) if marker else None


def _git_directory(marker: Path) -> Path:
    text = read_small(marker)
    if text is None or not text.startswith("gitdir:"):
        return marker
    return marker.parent / text.removeprefix("gitdir:").strip()


def _branch_in(git_directory: Path) -> str | None:
    head = (read_small(git_directory / "HEAD") or "").strip()
    if head.startswith("ref:"):
        return head.removeprefix("ref:").strip().removeprefix("refs/heads/") or None
    return f"detached at {head[:_SHORT_HASH]}" if head else None
