"""Real repositories for the tests of git, made by the git program as anybody would."""

import os
import subprocess
from pathlib import Path

from actors.git.command import Git
from storage.records.worktree import WorktreePlan


def git_in(place: Path, **environ: str) -> Git:
    """As greenroom runs it."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(place.parent), **environ}
    return Git(place, surroundings)


def do(place: Path, *words: str, stdin: str | None = None) -> str:
    """As a person runs it, without whatever is configured on this machine."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A Person",
        "GIT_AUTHOR_EMAIL": "person@example.org",
        "GIT_COMMITTER_NAME": "A Person",
        "GIT_COMMITTER_EMAIL": "person@example.org",
    }
    told = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *words],
        cwd=place,
        env=environ,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.removesuffix("\n")


def new_repository(place: Path, *, commits: int = 1) -> Path:
    """On `main`, each commit with a file of its own."""
    place.mkdir(parents=True)
    do(place, "init", "--quiet", "--initial-branch=main")
    for number in range(commits):
        commit(place, f"file-{number}", f"content {number}\n")
    return place


def commit(place: Path, name: str, text: str) -> str:
    """The name of the commit that adds this file."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    do(place, "add", "--", name)
    do(place, "commit", "--quiet", "--message", f"add {name}")
    return do(place, "rev-parse", "HEAD")


def new_worktree(repository: Path, place: Path, session_id: str, branch: str = "work") -> Path:
    """As a session of this id has it."""
    reason = f"greenroom {session_id}"
    do(
        repository,
        *("worktree", "add", "--quiet", "--lock", "--reason", reason),
        *("-b", branch, "--", str(place), "HEAD"),
    )
    return place


def plan_of(repository: Path, place: Path, session_id: str, branch: str) -> WorktreePlan:
    """Of the second worktree session of this repository."""
    return WorktreePlan(
        session_id=session_id,
        repository=str(repository),
        common_dir=str(repository / ".git"),
        worktree_path=str(place),
        branch=branch,
        makes_branch=True,
        start="",
        base_commit="",
        number=2,
    )


def files_of(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and link below, with its mode and content; without what is git's own."""
    found = {}
    for path in sorted(place.rglob("*")):
        name = os.fsencode(path.relative_to(place)).decode("utf-8", "surrogateescape")
        if ".git" in path.relative_to(place).parts or (path.is_dir() and not path.is_symlink()):
            continue
        status = path.lstat()
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        found[name] = (status.st_mode, content)
    return found
