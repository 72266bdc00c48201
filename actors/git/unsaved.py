"""What stands in the files of a worktree and nowhere else in its repository, kept under a ref.

For a worktree that goes although nobody looked whether that is safe: the rest of a creation that
was cut off. Ignored files are not among it.
"""

from actors.decisions.deletion import RECOVERY
from actors.git.command import Git, GitFailed
from actors.git.snapshot import SNAPSHOT_SECONDS, keep, snapshot


def kept(git: Git, session_id: str) -> str | None:
    """Where the files are kept that are in the worktree which `git` is in, a sentence; None if all
    of them stand elsewhere too. GitFailed, OSError: then it must stay.
    """
    made = snapshot(git, f"greenroom: a worktree of session {session_id}, which never came to be")
    if made.left_out:
        raise GitFailed(None, f"{git.directory} has a repository within: {made.left_out[0]}")
    if not _has_own(git, made.tree):
        return None
    ref = f"{RECOVERY}/{session_id}/{made.commit[:12]}"
    keep(git, ref, made.commit)
    return f"files of {git.directory} that were nowhere else are kept as {ref}"


def _has_own(git: Git, tree: str) -> bool:
    """Whether it has the content of a file that no ref leads to."""
    told = git.run(
        *(
            "rev-list",
            "--objects-edge-aggressive",
            "--no-object-names",
            "--filter=object:type=blob",
        ),
        *("--filter-provided-objects", tree, "--not", "--all"),
        seconds=SNAPSHOT_SECONDS,
    )
    if told.status != 0:
        raise GitFailed(told.status, told.error or "git cannot say what is kept elsewhere")
    return any(line and not line.startswith("-") for line in told.text.splitlines())
