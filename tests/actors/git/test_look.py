"""Looks at directories as they really become: gone, moved, another's, odd in every way."""

import os
import shlex
import shutil
from pathlib import Path

import pytest

from actors.git.look import location, look
from storage import codec
from storage.records.session import Session
from storage.records.worktree_look import WorktreeLook
from tests.fakes.repositories import AT, Repository, plain_git, quick, worktree


def seen(session: Session) -> WorktreeLook:
    return look(session, plain_git(Path("/")), AT)


def test_a_worktree_says_its_branch_its_distance_and_what_is_open(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    home.commit(other="one more on main")
    home.git("branch", "--set-upstream-to=main", "work")
    head = home.commit(at=work, mine="1\n", gone="2\n")
    (work / "mine").write_text("changed")
    (work / "gone").unlink()
    (work / "staged").write_text("x")
    home.git("add", "staged", at=work)
    home.git("mv", "hello", "renamed", at=work)
    (work / "new\nline").write_text("x")
    (work / "folder").mkdir()
    (work / "folder" / "a").write_text("x")
    (work / "folder" / "b").write_text("x")
    found = seen(session)
    assert (found.location, found.problem) == ("there", None)
    assert (found.branch, found.head, found.is_detached) == ("work", head, False)
    assert (found.upstream, found.ahead, found.behind) == ("main", 1, 1)
    assert (found.base, found.base_branch) == (session.base_commit, "main")
    assert (found.ahead_of_base, found.behind_base) == (1, 0)
    assert (found.staged, found.modified, found.untracked, found.conflicted) == (2, 2, 2, 0)


def test_a_conflict_is_counted(home: Repository, work: Path) -> None:
    home.commit(hello="theirs\n")
    home.commit(at=work, hello="mine\n")
    with pytest.raises(AssertionError):
        home.git("merge", "main", at=work)
    assert seen(worktree(home, work)).conflicted == 1


def test_looking_changes_nothing(home: Repository, work: Path) -> None:
    index = Path(home.git("rev-parse", "--absolute-git-dir", at=work)) / "index"
    os.utime(work / "hello", (1, 1))
    before = (index.read_bytes(), index.stat().st_mtime_ns)
    assert seen(worktree(home, work)).modified == 0
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_a_directory_that_has_gone_is_told_with_its_repository(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    shutil.rmtree(work)
    assert "; what was committed is on work of " in str(seen(session).problem)
    shutil.rmtree(home.place)
    found = seen(session)
    assert found.location == "gone"
    assert "its repository" in str(found.problem)
    assert seen(quick(work)).problem == f"{work} is gone"


def test_a_file_in_its_place_is_no_directory(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    shutil.rmtree(work)
    work.write_text("x")
    assert seen(session).location == seen(quick(work)).location == "gone"
    assert seen(quick(work / "below")).location == "gone"


def test_a_worktree_that_git_moved_is_found(home: Repository, work: Path, tmp_path: Path) -> None:
    session, new = worktree(home, work), tmp_path / "else where"
    home.git("worktree", "move", "-f", "-f", str(work), str(new))
    found = seen(session)
    assert (found.location, found.moved_to) == ("moved", str(new))
    command = str(found.problem).partition("with: git -C ")[2]
    assert command == f"{home.place} worktree move -f -f '{new}' {work}"
    home.git("worktree", "move", "-f", "-f", str(new), str(work))
    assert seen(session).location == "there"


def test_one_that_was_unlocked_to_be_moved_is_found_too(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    session, new = worktree(home, work), tmp_path / "new"
    home.git("worktree", "unlock", str(work))
    home.git("worktree", "move", str(work), str(new))
    found = seen(session)
    assert (found.location, found.moved_to) == ("moved", str(new))
    home.git(*shlex.split(str(found.problem).partition("with: ")[2])[1:])
    assert (seen(session).location, seen(session).problem) == ("there", None)
    home.git("worktree", "remove", str(work))
    home.git("worktree", "add", "--quiet", str(new), "work")
    assert (seen(session).location, seen(session).moved_to) == ("gone", None)


def test_one_that_was_moved_by_hand_is_gone_until_it_is_repaired(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    session, new = worktree(home, work), tmp_path / "new"
    work.rename(new)
    assert seen(session).location == "gone"
    home.git("worktree", "repair", str(new))
    assert (seen(session).location, seen(session).moved_to) == ("moved", str(new))


def test_what_stands_in_its_place_is_not_its_own(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    session = worktree(home, work)
    work.rename(tmp_path / "aside")
    work.mkdir()
    plain = seen(session)
    assert (plain.location, plain.branch) == ("not-ours", None)
    assert "no worktree any more" in str(plain.problem)
    work.rmdir()
    home.git("worktree", "unlock", str(work))
    home.git("worktree", "prune")
    home.worktree(work, "another", session_id="two")
    assert seen(session).problem == (
        f"{work} is the worktree of session two; move that away with: git worktree move -f -f"
        f" {work} NEW"
    )
    home.git("worktree", "remove", "-f", "-f", str(work))
    other = Repository(tmp_path / "other")
    other.git("worktree", "add", "--quiet", "-b", "foreign", str(work))
    foreign = seen(session)
    assert foreign.location == "not-ours"
    assert f"not of {home.place}" in str(foreign.problem)


def test_one_that_nobody_locked_is_its_own_if_its_repository_is(
    home: Repository, work: Path
) -> None:
    home.git("worktree", "unlock", str(work))
    assert (seen(worktree(home, work)).location, seen(worktree(home, work)).problem) == (
        "there",
        None,
    )


def test_a_repository_that_moved_is_told_with_what_mends_it(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    session, new = worktree(home, work), tmp_path / "new home"
    home.place.rename(new)
    for found in (seen(session), seen(quick(work))):
        assert (found.location, found.branch) == ("there", None)
        assert f"run in its new place: git worktree repair {work}" in str(found.problem)
    home.place = new
    home.git("worktree", "repair", str(work))
    mended = seen(session)
    assert (mended.location, mended.problem, mended.branch) == ("there", None, "work")


def test_another_branch_than_its_own_is_told(home: Repository, work: Path, tmp_path: Path) -> None:
    session = worktree(home, work)
    home.git("checkout", "--quiet", "-b", "other", at=work)
    found = seen(session)
    assert found.branch == "other"
    assert found.problem == "it is on branch other, not on its own branch work"
    home.git("worktree", "add", "--quiet", str(tmp_path / "taken"), "work")
    taken = f"work, which is checked out in {tmp_path / 'taken'}"
    assert str(seen(session).problem).endswith(taken)


def test_a_detached_head_has_no_branch(home: Repository, work: Path) -> None:
    home.git("checkout", "--quiet", "--detach", at=work)
    found = seen(worktree(home, work))
    assert (found.branch, found.is_detached, found.head) == (None, True, home.head)
    assert "on no branch (detached HEAD)" in str(found.problem)


def test_a_branch_may_have_the_name_of_a_detached_head(home: Repository) -> None:
    home.git("checkout", "--quiet", "-b", "(detached)")
    found = seen(quick(home.place))
    assert (found.branch, found.is_detached) == ("(detached)", False)


def test_a_repository_without_commits_has_no_head(tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty", is_empty=True)
    (empty.place / "file").write_text("x")
    found = seen(quick(empty.place))
    assert (found.branch, found.head, found.untracked) == ("main", None, 1)


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    bare = Repository(tmp_path / "bare.git", "--bare", is_empty=True)
    found = seen(quick(bare.place))
    assert (found.location, found.branch) == ("there", None)
    assert "without files of its own" in str(found.problem)


def test_a_directory_without_git_is_just_there(tmp_path: Path) -> None:
    found = seen(quick(tmp_path))
    assert (found.location, found.problem, found.branch, found.modified) == (
        "there",
        None,
        None,
        None,
    )


def test_a_base_that_git_has_not_is_no_fault(home: Repository, work: Path) -> None:
    for base in ("0" * 40, "--output=/tmp/x", "main", None):
        found = seen(worktree(home, work, base_commit=base))
        assert (found.location, found.problem, found.ahead_of_base) == ("there", None, None)


def test_names_may_hold_anything(tmp_path: Path) -> None:
    home = Repository(tmp_path / "a name with blanks, “quotes”\nand a line")
    work = tmp_path / "wörk\n$(touch canary) 'x'"
    home.worktree(work, "fix/ümlaut-ß")
    found = seen(worktree(home, work, branch="fix/ümlaut-ß"))
    assert (found.location, found.problem, found.branch) == ("there", None, "fix/ümlaut-ß")


def test_a_name_that_no_file_can_have_is_unknown() -> None:
    found = location("/a\0b", AT)
    assert found.location == "unknown"
    assert "cannot be looked at" in str(found.problem)


def test_nothing_that_a_repository_or_a_submodule_names_is_run(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {canary}\n')
    trap.chmod(0o755)
    inner = Repository(tmp_path / "inner")
    home.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
             str(inner.place), "sub", at=work)  # fmt: skip
    home.commit(at=work)
    for place in (work, work / "sub"):
        for name in ("core.fsmonitor", "core.pager", "core.editor", "diff.external"):
            home.git("config", name, str(trap), at=place)
    home.git("config", "filter.x.clean", str(trap), at=work / "sub")
    info = Path(home.git("rev-parse", "--absolute-git-dir", at=work / "sub"), "info")
    (info / "attributes").write_text("* filter=x\n")
    (work / "sub" / "hello").write_text("changed")
    assert seen(worktree(home, work)).modified == 0
    assert not canary.exists(), canary.read_text()
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    home.git(*identity, "commit", "-q", "--allow-empty", "-m", "changed", at=work / "sub")
    assert seen(worktree(home, work)).modified == 1


def test_a_branch_that_is_no_text_is_told_as_text(home: Repository, work: Path) -> None:
    odd = os.fsdecode(b"b\xff")
    home.git("checkout", "--quiet", "-b", odd, at=work)
    found = seen(worktree(home, work))
    assert found.branch == r"b\xff"
    assert (found.problem or "").startswith("it is on branch b")
    assert codec.encode(found)
