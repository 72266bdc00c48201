"""What counts as merged is in the files of the base as they are now, to the last blank."""

from pathlib import Path

import pytest

from actors.decisions.worktrees.safety import reasons
from actors.git.merged import is_merged
from actors.git.safety import see
from tests.actors.git.places import commit, do, git_in, new_repository, new_worktree


class Place:
    """A repository, and a worktree of it on the branch `work`."""

    def __init__(self, root: Path) -> None:
        self.repository = new_repository(root / "repository", commits=2)
        self.worktree = new_worktree(self.repository, root / "worktree", "abcdefghijkl")


@pytest.fixture
def alone(tmp_path: Path) -> Place:
    return Place(tmp_path)


def is_safe(place: Place) -> bool:
    return reasons(see(git_in(place.worktree), bases=("main",))) == ()


def squash(place: Place) -> None:
    named = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git_in(place.repository).ask(*named, "merge", "--quiet", "--squash", "work")
    do(place.repository, "commit", "--quiet", "--message", "squashed")


@pytest.mark.parametrize("other", ["if x:\n  y\n", "if x :\n\ty\n", "if x:\n\ty\n \n"])
def test_a_change_of_blanks_that_was_never_merged(alone: Place, other: str) -> None:
    commit(alone.repository, "code", "pass\n")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "code", "if x:\n\ty\n")
    commit(alone.repository, "code", other)
    assert not is_safe(alone)
    assert not is_merged(git_in(alone.repository), "work", ("main",))
    commit(alone.repository, "code", "if x:\n\ty\n")
    assert is_safe(alone)


@pytest.mark.parametrize("kind", ["text", "new file", "mode", "binary", "deleted"])
def test_a_merge_that_was_taken_back_is_none(alone: Place, kind: str) -> None:
    changed = alone.worktree / "file-0"
    if kind == "text":
        changed.write_text("changed\n")
    elif kind == "new file":
        (alone.worktree / "new").write_text("new\n")
    elif kind == "mode":
        changed.chmod(0o755)
    elif kind == "binary":
        changed.write_bytes(b"\0")
    else:
        changed.unlink()
    do(alone.worktree, "add", "--all")
    do(alone.worktree, "commit", "--quiet", "--message", kind)
    squash(alone)
    commit(alone.repository, "after", "after\n")
    assert is_safe(alone)
    do(alone.repository, "revert", "--no-edit", "HEAD~1")
    assert not is_safe(alone)


def lines(**changed: str) -> str:
    named = {f"line_{number}": f"line {number}" for number in range(40)}
    return "".join(f"{line}\n" for line in {**named, **changed}.values())


def test_a_squash_beside_other_changes_of_the_same_file_counts_while_it_is_there(
    alone: Place,
) -> None:
    commit(alone.repository, "code", lines())
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "code", lines(line_20="mine"))
    commit(alone.repository, "code", lines(line_1="theirs"))
    squash(alone)
    assert is_safe(alone)
    commit(alone.repository, "code", lines(line_1="theirs", line_20="mine", line_39="later"))
    assert is_safe(alone)
    commit(alone.repository, "code", lines(line_1="theirs", line_39="later"))
    assert not is_safe(alone)


def test_what_was_only_written_alike_elsewhere_in_a_file_is_not_merged(alone: Place) -> None:
    commit(alone.repository, "code", lines())
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "code", lines(line_20="line 20\nmine"))
    commit(alone.repository, "code", lines(line_1="theirs", line_20="line 20\n mine"))
    assert not is_safe(alone)


def test_white_space_that_the_configuration_lets_git_overlook_counts(alone: Place) -> None:
    do(alone.repository, "config", "apply.ignoreWhitespace", "change")
    do(alone.repository, "config", "core.whitespace", "-trailing-space")
    commit(alone.repository, "code", lines())
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "code", lines(line_20="a  b"))
    commit(alone.repository, "code", lines(line_1="theirs", line_20="a b"))
    assert not is_safe(alone)
    commit(alone.repository, "code", lines(line_1="theirs"))
    squash(alone)
    assert is_safe(alone)
    commit(alone.repository, "code", lines(line_1="theirs", line_20="a b"))
    assert not is_safe(alone)


def test_a_submodule_that_git_was_told_to_overlook_counts(alone: Place, tmp_path: Path) -> None:
    module = new_repository(tmp_path / "module")
    first = do(module, "rev-parse", "HEAD")
    second = commit(module, "more", "more\n")
    named = '[submodule "m"]\n\tpath = m\n\turl = ../module\n\tignore = all\n'
    do(alone.repository, "update-index", "--add", "--cacheinfo", f"160000,{first},m")
    commit(alone.repository, ".gitmodules", named)
    do(alone.repository, "config", "diff.ignoreSubmodules", "all")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "own", "work\n")
    do(alone.worktree, "update-index", "--cacheinfo", f"160000,{second},m")
    do(alone.worktree, "commit", "--quiet", "--amend", "--no-edit")
    commit(alone.repository, "own", "work\n")
    assert not is_merged(git_in(alone.repository), "work", ("main",))
    do(alone.repository, "update-index", "--cacheinfo", f"160000,{second},m")
    do(alone.repository, "commit", "--quiet", "--amend", "--no-edit")
    assert is_merged(git_in(alone.repository), "work", ("main",))


@pytest.mark.parametrize("name", ['odd "q"\n\\', "-x", "\udcff", "a b/é"])
def test_files_of_any_name_beside_other_changes(alone: Place, name: str) -> None:
    commit(alone.repository, name, lines())
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, name, lines(line_20="mine"))
    (alone.worktree / "link").symlink_to("nowhere")
    do(alone.worktree, "add", "link")
    do(alone.worktree, "mv", "file-0", "moved")
    do(alone.worktree, "commit", "--quiet", "--message", "more")
    commit(alone.repository, name, lines(line_1="theirs"))
    squash(alone)
    assert is_safe(alone)
    (alone.repository / "link").unlink()
    (alone.repository / "link").write_text("nowhere")
    do(alone.repository, "commit", "--quiet", "--all", "--message", "no link any more")
    assert not is_safe(alone)


def test_settings_for_the_eyes_do_not_matter(alone: Place) -> None:
    for name, value in (
        ("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("color.ui", "always"),
        ("diff.suppressBlankEmpty", "true"), ("diff.context", "0"), ("diff.external", "false"),
        ("core.whitespace", "trailing-space,tab-in-indent"), ("apply.whitespace", "error"),
        ("diff.algorithm", "patience"),
    ):  # fmt: skip
        do(alone.repository, "config", name, value)
    commit(alone.repository, "code", lines(line_18="", line_22="\t "))
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    commit(alone.worktree, "code", lines(line_18="", line_20="mine \t", line_22="\t "))
    commit(alone.repository, "code", lines(line_1="theirs", line_18="", line_22="\t "))
    squash(alone)
    assert is_safe(alone)
