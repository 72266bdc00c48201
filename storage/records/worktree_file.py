"""What `.greenroom/worktree.json` says: how a new worktree of a repository is set up."""

from typing import Annotated

from msgspec import Meta, Struct

Words = Annotated[tuple[str, ...], Meta(min_length=1)]


class WorktreeFile(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """`copy`: files and directories, by their paths in the repository, that a new worktree gets.

    `setup` is run in a terminal once it is there, `cleanup` before it is removed. Both are argument
    lists and may have placeholders.
    """

    copy: tuple[str, ...] = ()
    setup: Words | None = None
    cleanup: Words | None = None
