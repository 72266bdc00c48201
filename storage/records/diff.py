r"""What changed in a session's directory since its base, file by file.

Text is for people: bytes that are no UTF-8 are replaced in lines, and shown as `\xNN` in paths,
where `path_base64` has them as they are. Nothing here is ever recorded.
"""

from typing import Literal

from msgspec import Struct

FileStatus = Literal["added", "deleted", "modified", "renamed", "type-changed"]


class DiffLine(Struct, frozen=True, gc=False):
    """`kind`: ` ` in both, `+` new, `-` gone. `has_end` is false where the file ends without a line
    end.
    """

    kind: Literal[" ", "+", "-"]
    text: str
    has_end: bool = True


class Hunk(Struct, frozen=True, kw_only=True):
    """Lines that stand together; numbers of lines count from 1, 0 where there are none."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    heading: str = ""
    lines: tuple[DiffLine, ...] = ()


class ChangedFile(Struct, frozen=True, kw_only=True):
    """Modes as git writes them (`100644`, `100755` for a program, `120000` a link, `160000` a
    submodule), None where there is no file. `added` and `removed` count lines, None if `is_binary`.

    `hunks` is None where they were not asked for, or are more than fits.
    """

    path: str
    old_path: str | None = None
    status: FileStatus
    old_mode: str | None = None
    new_mode: str | None = None
    is_binary: bool = False
    added: int | None = None
    removed: int | None = None
    path_base64: str | None = None
    old_path_base64: str | None = None
    hunks: tuple[Hunk, ...] | None = None


class DiffSummary(Struct, frozen=True, kw_only=True):
    """`files` counts all of them, also those that are left out of the list; lines are of those that
    are text.
    """

    files: int
    added: int
    removed: int
    binary: int


class SessionDiff(Struct, frozen=True, kw_only=True):
    """From the commit `base` (None: there is none yet) to the files as they are now.

    `text` is a patch; of binary files it says only that they differ. `is_cut`: there is more than
    fits of the text, the hunks or the list. `left_out`: directories that are
    repositories of their own, of which nothing is told.
    """

    path: str
    base: str | None
    head: str | None
    branch: str | None
    summary: DiffSummary
    files: tuple[ChangedFile, ...]
    text: str | None = None
    is_cut: bool = False
    left_out: tuple[str, ...] = ()
