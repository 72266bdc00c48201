"""P19: a worktree session made and removed, beside the bare `git worktree add` and `remove`.

Ours is recorded durably, is proved to lose nothing, and keeps a copy; git alone does none of that.
The repository is a fresh one for each side, so that neither has the other's objects in its way.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from benchmarks.daemons import Daemon, daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved, timed
from storage.data_dir import DataDir

MILLISECONDS = 1e3
_FILES_IN_A_DIRECTORY = 50
_LINES = 40


class Sizes(Struct, frozen=True):
    files: int = 1000
    rounds: int = 9


class _Times:
    """What one side does in turn: a worktree is made, then it is removed."""

    def __init__(self, home: Path, files: int) -> None:
        self.repository = _repository(home / "repository", files)
        self._place = home / "tree"

    def add(self) -> None:
        _git(self.repository, "worktree", "add", "--quiet", "-b", "x", str(self._place))

    def remove(self) -> None:
        _git(self.repository, "worktree", "remove", str(self._place))
        _git(self.repository, "branch", "--quiet", "-D", "x")


class _Sessions:
    """The same by requests to a daemon."""

    def __init__(self, running: Daemon, home: Path, files: int) -> None:
        self._running = running
        self._repository = _repository(home / "repository", files)
        self._id = ""

    def add(self) -> None:
        request = {"type": "create-session", "session_type": "worktree", "branch": "x"}
        self._id = self._running.ask({**request, "repository": str(self._repository)})["id"]

    def remove(self) -> None:
        request = {"type": "delete-session", "session": self._id, "delete_branch": True}
        told = self._running.ask(request)
        if not told["worktree"]["removed"]:
            raise RuntimeError(f"a worktree stayed: {told['worktree']}")


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    bare = _Times(ground.fresh("git"), sizes.files)
    with _sessions(ground, sizes.files) as ours:
        rounds = interleaved(
            ground.say, sizes.rounds, lambda: _seconds_of(ours), lambda: _seconds_of(bare)
        )
    return [
        figure(
            "P19",
            f"make and remove a worktree session of {sizes.files:,} files",
            unit="ms",
            against="git worktree add and remove",
            goal=Goal("at most", 3),
            rounds=rounds,
        )
    ]


def _seconds_of(side: _Times | _Sessions) -> float:
    return MILLISECONDS * (timed(side.add) + timed(side.remove))


@contextmanager
def _sessions(ground: Ground, files: int) -> Iterator[_Sessions]:
    with daemon(DataDir(ground.fresh("p19") / "data")) as running:
        yield _Sessions(running, ground.fresh("ours"), files)


def _repository(place: Path, files: int) -> Path:
    place.mkdir()
    _git(place, "init", "--quiet", "--initial-branch=main")
    for number in range(files):
        path = place / f"part-{number // _FILES_IN_A_DIRECTORY}" / f"file-{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"line of file {number}\n" * _LINES)
    _git(place, "add", ".")
    _git(place, "commit", "--quiet", "--message", "all of it")
    return place


def _git(place: Path, *words: str) -> None:
    who = ("-c", "user.name=greenroom", "-c", "user.email=greenroom@localhost")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *who, *words]
    subprocess.run(command, cwd=place, env=environ, check=True, capture_output=True)
