"""PURE: whether the removal of a worktree is proved to lose nothing, from what was seen in it.

What could not be looked at is not safe. `force` is for what a recovery ref keeps; a repository
within the worktree has work that no such ref can hold.
"""

from collections.abc import Iterable

from msgspec import Struct

from storage.records.removal import UnsafeCode, UnsafeReason
from storage.records.request import Refusal

SHOWN = 20
"""How many paths, commits or processes a reason names."""


class Nested(Struct, frozen=True, kw_only=True):
    """A repository within the worktree. `work`: what it has that is nowhere else, a phrase; None
    if there is nothing. `is_kept_out`: it is neither ignored nor a submodule, so that no snapshot
    keeps it and nobody could fetch it again. `ignored`: paths in it that go with it.
    """

    path: str
    work: str | None = None
    is_kept_out: bool = False
    ignored: tuple[str, ...] = ()


class Seen(Struct, frozen=True, kw_only=True):
    """What a look found. `problem`: why it could not be finished; `absent`: why there is nothing
    of the session's to remove, a sentence. `unpushed`: commits that are
    nowhere else, of which none is merged; `has_remote` says what was compared with. `processes`:
    those of others that are at work in it, and sessions. `repository`: where it belongs to.
    `stashes_perhaps`: of which nobody can tell whether they were made in it; they stay.
    """

    repository: str | None = None
    problem: str | None = None
    absent: str | None = None
    head: str | None = None
    branch: str | None = None
    uncommitted: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    conflicted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    stashes: tuple[str, ...] = ()
    stashes_perhaps: tuple[str, ...] = ()
    unpushed: tuple[str, ...] = ()
    has_remote: bool = False
    nested: tuple[Nested, ...] = ()
    processes: tuple[str, ...] = ()


def reasons(seen: Seen) -> tuple[UnsafeReason, ...]:
    """Why the worktree is not safe to remove; none if that is proved."""
    if seen.problem is not None:
        text = f"whether something would be lost cannot be told: {seen.problem}"
        return (UnsafeReason(code="unknown", message=text, count=1, forceable=False),)
    nowhere = "on no branch of a remote" if seen.has_remote else "on no other branch"
    lists: tuple[tuple[UnsafeCode, tuple[str, ...], str], ...] = (
        ("conflicted", seen.conflicted, "with conflicts that are not resolved"),
        ("uncommitted", seen.uncommitted, "with changes that are not committed"),
        ("untracked", seen.untracked, "not in git"),
        ("under-way", seen.under_way, "under way"),
        ("stash", seen.stashes, "made here"),
        ("unpushed", seen.unpushed, f"{nowhere} and not merged"),
        ("in-use", seen.processes, "at work in it"),
    )
    found = [_reason(code, names, what) for code, names, what in lists if names]
    within = troubles(seen.nested)
    if within:
        what = "of which greenroom can keep no copy"
        found.append(_reason("nested-repository", tuple(within), what, forceable=False))
    return tuple(found)


def notes(seen: Seen) -> tuple[str, ...]:
    """What is said in the answer to a removal, sentences: it is not lost by that."""
    return tuple(
        f"{each}: this stash, which may have been made in it, stays in the repository"
        for each in seen.stashes_perhaps[:SHOWN]
    )


def since_kept(found: Iterable[UnsafeReason], *, force: bool) -> tuple[UnsafeReason, ...]:
    """Those that still count when a copy of all is kept: of which there can be none, and, without
    `force`, who is at work there, for what they write from now on would be in no copy.
    """
    return tuple(
        each for each in found if not each.forceable or (each.code == "in-use" and not force)
    )


def troubles(nested: Iterable[Nested]) -> list[str]:
    """A phrase for each that would be lost."""
    return [f"{each.path}: {_trouble(each)}" for each in nested if _trouble(each)]


_NOUNS: dict[UnsafeCode, tuple[str, str]] = {
    "conflicted": ("file", "files"),
    "uncommitted": ("file", "files"),
    "untracked": ("file", "files"),
    "under-way": ("operation of git", "operations of git"),
    "stash": ("stash", "stashes"),
    "unpushed": ("commit", "commits"),
    "in-use": ("process or session", "processes or sessions"),
    "nested-repository": ("repository within", "repositories within"),
}


def _reason(
    code: UnsafeCode, names: tuple[str, ...], what: str, *, forceable: bool = True
) -> UnsafeReason:
    one, many = _NOUNS[code]
    count = len(names)
    text = f"{count} {one if count == 1 else many} {what}"
    return UnsafeReason(
        code=code, message=text, examples=names[:SHOWN], count=count, forceable=forceable
    )


def _trouble(nested: Nested) -> str | None:
    return nested.work or ("it is not in git and not ignored" if nested.is_kept_out else None)


def refusal(
    path: str,
    found: tuple[UnsafeReason, ...],
    *,
    force: bool,
    so_far: str = "Nothing was ended or changed",
) -> Refusal | None:
    """What is said instead of removing it, with what was done `so_far`; None if it may go."""
    standing = [each for each in found if not (force and each.forceable)]
    if not standing:
        return None
    listed = "; ".join(each.message for each in standing)
    can_force = all(each.forceable for each in standing)
    advice = "--force keeps a copy of all of it and removes it, " if can_force else ""
    text = (
        f"the worktree {path} is not safe to remove: {listed}. {so_far};"
        f" {advice}--keep-worktree deletes the session alone"
    )
    return Refusal(code="worktree-not-safe", message=text, data={"reasons": list(standing)})
