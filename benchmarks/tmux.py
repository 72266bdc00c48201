"""What terminals are measured against: a tmux server of our own, without anybody's settings.

Its status line is off, as ours is.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from actors.entry import clean_environment
from benchmarks.measuring import ReferenceMissing


class Tmux:
    """One server. `command` is the command line that speaks with it."""

    def __init__(self, directory: Path) -> None:
        self._command = ["tmux", "-S", str(directory / "socket"), "-f", os.devnull]

    def command(self, *words: str) -> list[str]:
        return [*self._command, *words]

    def run(self, *words: str) -> None:
        """Raises CalledProcessError."""
        subprocess.run(
            self.command(*words), env=environment(), check=True, stdout=subprocess.DEVNULL
        )

    def new_session(self, name: str, argv: Sequence[str]) -> None:
        self.run("new-session", "-d", "-s", name, "-x", "80", "-y", "24", *argv)


def environment() -> dict[str, str]:
    """Ours, without what says that we are in a terminal of somebody else's."""
    kept = clean_environment(os.environ)
    for name in ("TMUX", "TMUX_PANE"):
        kept.pop(name, None)
    return kept | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


@contextmanager
def tmux(directory: Path) -> Iterator[Tmux]:
    """One that runs, with a session that waits; ended at the end. ReferenceMissing without tmux."""
    if shutil.which("tmux") is None:
        raise ReferenceMissing("apt-get install tmux")
    made = Tmux(directory)
    made.new_session("first", ["cat"])
    try:
        made.run("set-option", "-g", "status", "off")
        yield made
    finally:
        made.run("kill-server")
