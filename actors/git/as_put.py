"""Which files of a worktree still are as its set-up put them, so that nobody's work is in them.

Nothing was written down when they were put: what the set-up would put now is compared with what is
there. A template that was changed since then makes its file count as somebody's.
"""

import os
from functools import cached_property
from pathlib import Path

from actors.decisions import placeholders
from actors.git import inside, set_up
from actors.git.command import Git, GitFailed
from actors.git.set_up import Source
from actors.git.set_up_rules import rules_in
from storage.errors import FileRefused
from storage.records.session import WorktreeSession

_LIST_BYTES = 64 << 20

Steps = tuple[str, ...]


class FilesAsPut:
    """By the values of `session`; `tree` is where they lie: its worktree, or one filled from it.

    `own`: the workspace's directory for set-ups. Nothing is looked at before the first question.
    """

    def __init__(self, session: WorktreeSession, own: Path, tree: Path | None = None) -> None:
        self._session = session
        self._own = own
        self._tree = tree or Path(session.worktree_path)

    def has(self, name: str) -> bool:
        """Whether this file is such a one; `name` is its path below the top of the tree."""
        if self._session.set_up is None:
            return False
        try:
            steps = inside.parts_of(name)
            return self._is_template(steps) or self._is_copy(steps)
        except (inside.NotInsideError, OSError):
            return False

    @cached_property
    def _source(self) -> Source | None:
        return set_up.source_of(self._session.repository, str(self._tree), self._own)

    @cached_property
    def _copied(self) -> tuple[Steps, ...]:
        try:
            named = rules_in(self._source.place).copy if self._source else ()
        except (FileRefused, inside.NotInsideError, OSError):
            return ()
        return tuple(steps for text in named if (steps := _inside(text)))

    def _is_template(self, steps: Steps) -> bool:
        if self._source is None:
            return False
        place = self._source.place
        try:
            put = set_up.template(place, (set_up.TEMPLATES, *steps), self._filled)
        except (inside.NotInsideError, OSError):
            return False
        found = inside.read(self._tree, steps, len(put[0]))
        return found[0] == put[0] and _runs(found[1]) == _runs(put[1])

    def _filled(self, text: str) -> str:
        values = set_up.values_of(self._session)
        return placeholders.filled(text, values, self._session.number or 1)[0]

    def _is_copy(self, steps: Steps) -> bool:
        if not any(steps[: len(each)] == each for each in self._copied):
            return False
        return inside.is_same(Path(self._session.repository), self._tree, steps)


def take_away(git: Git, files: FilesAsPut) -> None:
    """Removes those in the worktree that `git` is at the top of, to be put anew.

    GitFailed, OSError.
    """
    told = git.run("ls-files", "--others", "--exclude-standard", "-z", limit=_LIST_BYTES)
    if told.status != 0 or told.is_cut:
        raise GitFailed(told.status, told.error or "git cannot say which files are not in it")
    for name in map(os.fsdecode, filter(None, told.out.split(b"\0"))):
        if files.has(name):
            (git.directory / name).unlink()


def _inside(text: str) -> Steps | None:
    """None for what the set-up left out, too."""
    try:
        return inside.parts_of(text)
    except inside.NotInsideError:
        return None


def _runs(mode: int) -> bool:
    """All of a mode that git knows."""
    return bool(mode & 0o100)
