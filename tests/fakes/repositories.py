"""Real git repositories, made by git itself with nothing of the machine's configuration."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.git.command import Git
from storage.records.session import QuickSession, WorktreeSession

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Repository:
    """A repository at `place`, with one commit on `main` unless `is_empty`."""

    def __init__(self, place: Path, *words: str, is_empty: bool = False) -> None:
        self.place = place
        place.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", *words)
        self.git("config", "user.name", "A Person")
        self.git("config", "user.email", "person@example.org")
        if not is_empty:
            self.commit(hello="hello\n")

    def git(self, *words: str, at: Path | None = None) -> str:
        """What git says, without the last line end."""
        home = str(self.place.parent)
        environ = {"PATH": os.environ["PATH"], "HOME": home, "GIT_CONFIG_NOSYSTEM": "1"}
        environ |= {"GIT_ALLOW_PROTOCOL": "file", "LC_ALL": "C"}
        done = subprocess.run(
            ["git", *words], cwd=at or self.place, env=environ, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return os.fsdecode(done.stdout).removesuffix("\n")

    def commit(self, at: Path | None = None, **files: str) -> str:
        """A commit with these files by name; its id."""
        place = at or self.place
        for name, content in files.items():
            (place / name).write_text(content)
        self.git("add", "--all", at=place)
        self.git("commit", "--quiet", "--allow-empty", "--message=more", at=place)
        return self.git("rev-parse", "HEAD", at=place)

    def worktree(self, path: Path, branch: str = "work", session_id: str = "one") -> None:
        """As greenroom makes one: on a new branch, locked for its session."""
        lock = ("--lock", "--reason", f"greenroom {session_id}")
        self.git("worktree", "add", "--quiet", *lock, "-b", branch, str(path))

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


def plain_git(place: Path) -> Git:
    """Git as greenroom runs it, with a home of its own."""
    return Git(place, {"PATH": os.environ["PATH"], "HOME": str(place)})


def quick(place: Path, **fields: Any) -> QuickSession:
    return QuickSession(
        id="one", title="One", location_path=str(place), created_at=AT, updated_at=AT, **fields
    )


def worktree(repository: Repository, path: Path, **fields: Any) -> WorktreeSession:
    """A session in a worktree on branch `work` that began at the repository's HEAD."""
    known: dict[str, Any] = {
        "branch": "work", "base_commit": repository.head, "base_branch": "main"
    }  # fmt: skip
    return WorktreeSession(
        id="one",
        title="One",
        location_path=str(path),
        created_at=AT,
        updated_at=AT,
        repository=str(repository.place),
        worktree_path=str(path),
        **{**known, **fields},
    )
