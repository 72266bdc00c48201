"""What a new worktree is given: files copied from its repository, templates filled for it.

`.greenroom/` of the repository says so, else `worktree/` of the workspace. Nothing that is there
is written over, no link is followed, and a fault costs its file alone and becomes a note; the
commands are only named here, and run by others.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import Struct

from actors.decisions import placeholders
from actors.git import inside
from actors.git.set_up_rules import FILE, fault, rules_in
from storage.errors import FileRefused
from storage.records.session import WorktreeSession
from storage.records.worktree import SetUp, WorktreePlan
from storage.records.worktree_file import WorktreeFile

DIRECTORY = ".greenroom"
TEMPLATES = "templates"
FILE_BYTES = 1 << 20
"""Of one template."""
TEMPLATE_FILES = 1000
COPIED_FILES = 20_000
COPIED_BYTES = 1 << 30
COPIED_FILE_BYTES = 1 << 28
NOTES = 20


Step = TypeVar("Step")


class Source(Struct, frozen=True):
    """The directory that says how a worktree is set up, and whose it is."""

    place: Path
    kind: Literal["repository", "workspace"]


class _TooMuchError(Exception):
    """More is to be put there than may be."""


def set_up(plan: WorktreePlan, own: Path, *, trusts_repository: bool) -> SetUp | None:
    """Puts the files there; None where nobody says how. `own`: the workspace's directory for it."""
    source = source_of(plan.repository, plan.worktree_path, own)
    if source is None:
        return None
    work = _Work(plan)
    said = work.rules(source.place)
    work.templates(source.place)
    work.copies(said.copy)
    return SetUp(
        source=source.kind,
        command=work.filled(said.setup),
        cleanup=work.filled(said.cleanup),
        trusted=trusts_repository or source.kind == "workspace",
        files=work.files,
        notes=work.told(),
    )


def source_of(repository: str, worktree_path: str, own: Path) -> Source | None:
    """The main working tree's, which may not be committed; else the new worktree's; else ours."""
    for tree in (repository, worktree_path):
        place = Path(tree) / DIRECTORY
        if place.is_dir() and not place.is_symlink():
            return Source(place, "repository")
    return Source(own, "workspace") if own.is_dir() else None


class _Work:
    """Counts the files that were put, and says what was left out."""

    def __init__(self, plan: WorktreePlan) -> None:
        self._plan = plan
        self._from, self._to = Path(plan.repository), Path(plan.worktree_path)
        self._values = values_of(plan)
        self._notes: list[str] = []
        self._bytes = 0
        self.files = 0

    def told(self) -> tuple[str, ...]:
        more = len(self._notes) - NOTES
        return (*self._notes[:NOTES], *([f"and {more} more of these"] if more > 0 else []))

    def tried(self, what: str, step: Callable[[], Step]) -> Step | None:
        try:
            return step()
        except inside.NotInsideError as problem:
            self._notes.append(f"{what} was left out: {problem}")
        except FileNotFoundError:
            self._notes.append(f"{what} was left out: the repository has no such file")
        except (OSError, RecursionError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            self._notes.append(f"{what} was left out: {reason}")
        return None

    def rules(self, place: Path) -> WorktreeFile:
        """What they say; nothing, and a note, if they cannot be used."""
        try:
            return self.tried(FILE, lambda: rules_in(place)) or WorktreeFile()
        except FileRefused as problem:
            self._notes.append(fault(place, problem))
            return WorktreeFile()

    def filled(self, words: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if words is None else tuple(self._filled(word) for word in words)

    def _filled(self, text: str) -> str:
        done, notes = placeholders.filled(text, self._values, self._plan.number)
        self._notes += notes
        return done

    def templates(self, place: Path) -> None:
        if not (place / TEMPLATES).is_dir():
            return
        within = inside.files_below(place, (TEMPLATES,))
        found = self.tried(TEMPLATES, lambda: list(islice(within, TEMPLATE_FILES + 1))) or []
        try:
            for number, steps in enumerate(found):
                self.tried("/".join(steps), partial(self._template, place, steps, number))
        except _TooMuchError:
            most = f"{TEMPLATE_FILES} files and {COPIED_BYTES >> 20} MiB"
            self._notes.append(
                f"{TEMPLATES} was put in part: {most} are the most; files without placeholders"
                f" may come from copy in {FILE} instead"
            )

    def _template(self, place: Path, steps: tuple[str, ...], number: int) -> None:
        target = inside.parts_of("/".join(steps[1:]))
        content, mode = template(place, steps, self._filled)
        if number >= TEMPLATE_FILES or self._bytes + len(content) > COPIED_BYTES:
            raise _TooMuchError
        is_new = inside.put(self._to, target, content, mode)
        self._bytes += len(content)
        self._count("/".join(target), is_new=is_new)

    def copies(self, texts: tuple[str, ...]) -> None:
        if texts and _is_same(self._from, Path(self._plan.common_dir)):
            self._notes.append(f"nothing was copied: {self._from} is bare, all in it is git's own")
            return
        for text in texts:
            self._copy_all(text)

    def _copy_all(self, text: str) -> None:
        found = self.tried(text[:200], lambda: self._files(text))
        try:
            for each in found or ():
                self.tried("/".join(each), partial(self._copy, each))
        except _TooMuchError:
            most = f"{COPIED_FILES} files and {COPIED_BYTES >> 20} MiB"
            self._notes.append(f"{text} was copied in part: {most} are the most")

    def _files(self, text: str) -> list[tuple[str, ...]]:
        return list(inside.files_below(self._from, inside.parts_of(text)))

    def _copy(self, steps: tuple[str, ...]) -> None:
        room = COPIED_BYTES - self._bytes
        if self.files >= COPIED_FILES:
            raise _TooMuchError
        try:
            size = inside.copy(self._from, self._to, steps, min(COPIED_FILE_BYTES, room))
        except inside.TooLargeError:
            if room < COPIED_FILE_BYTES:
                raise _TooMuchError from None
            raise
        self._bytes += size or 0
        self._count("/".join(steps), is_new=size is not None)

    def _count(self, name: str, *, is_new: bool) -> None:
        if is_new:
            self.files += 1
        else:
            self._notes.append(f"{name} was left out: the branch has a file of that name")


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def template(
    place: Path, steps: tuple[str, ...], filled: Callable[[str], str]
) -> tuple[bytes, int]:
    """The content that it stands for, and its mode; bytes that are no text stay as they are.

    NotInsideError, OSError.
    """
    raw, mode = inside.read(place, steps, FILE_BYTES)
    try:
        return filled(raw.decode()).encode(), mode
    except UnicodeDecodeError:
        return raw, mode


def values_of(tree: WorktreePlan | WorktreeSession) -> Mapping[str, str]:
    """What the placeholders mean."""
    return {
        "BRANCH": tree.branch or "",
        "REPO": os.path.basename(tree.repository),  # noqa: PTH119 - of text
        "WORKTREE_PATH": tree.worktree_path,
        placeholders.NUMBER: str(tree.number or 1),
    }
