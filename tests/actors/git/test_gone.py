"""A worktree whose directory is gone: what is told is true, and what is advised loses nothing."""

import shutil
import subprocess
from pathlib import Path

from actors.git.look import look
from storage.records.session import Session
from storage.records.worktree_look import WorktreeLook
from tests.fakes.repositories import AT, Repository, plain_git, worktree


def seen(session: Session) -> WorktreeLook:
    return look(session, plain_git(Path("/")), AT)


def advised(session: Session, before: str) -> str:
    """The command that the sentence names after this."""
    text = str(seen(session).problem)
    assert before in text
    return text.partition(before)[2].partition("; ")[0]


def obey(command: str) -> None:
    subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True)


def staged_in(home: Repository, work: Path) -> str:
    """Work on its own branch that is committed, staged, and neither."""
    head = home.commit(at=work, mine="committed\n")
    work.joinpath("staged").write_text("staged\n")
    home.git("add", "staged", at=work)
    work.joinpath("mine").write_text("never seen again\n")
    return head


def test_one_that_was_removed_comes_back_with_all_that_git_has(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    head = staged_in(home, work)
    shutil.rmtree(work)
    told = f"{work} is gone; what was committed is on work of {home.place}; if it was moved, run: "
    assert str(seen(session).problem).startswith(told)
    obey(advised(session, "with what was staged, with: "))
    found = seen(session)
    assert (found.location, found.problem, found.head, found.staged) == ("there", None, head, 1)
    assert (work / "staged").read_text() == "staged\n"
    assert (work / "mine").read_text() == "committed\n"
    assert f"locked greenroom {session.id}" in home.git("worktree", "list", "--porcelain")


def test_a_commit_that_no_branch_has_is_named_and_outlives_the_advice(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    home.git("checkout", "--quiet", "--detach", at=work)
    head = staged_in(home, work)
    shutil.rmtree(work)
    assert f"its HEAD was on no branch, at {head}, which no branch has" in str(
        seen(session).problem
    )
    rescue = advised(session, "keep that first with: ")
    again = advised(session, "with what was staged, with: ")
    obey(again)
    assert home.git("rev-parse", "HEAD", at=work) == head
    assert home.git("diff", "--cached", "--name-only", at=work) == "staged"
    shutil.rmtree(work)
    obey(rescue)
    home.git("worktree", "unlock", str(work))
    home.git("worktree", "prune")
    home.git("gc", "--quiet", "--prune=now")
    assert home.git("rev-parse", "rescue") == head


def test_a_detached_head_on_a_branch_needs_no_rescue(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    home.git("checkout", "--quiet", "--detach", at=work)
    shutil.rmtree(work)
    problem = str(seen(session).problem)
    assert f"on no branch, at {home.head}; if it was moved" in problem


def test_one_that_was_moved_by_hand_keeps_its_index(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    session, new = worktree(home, work), tmp_path / "new place"
    staged_in(home, work)
    work.rename(new)
    assert seen(session).location == "gone"
    obey(advised(session, "if it was moved, run: ").replace("NEWPATH", f"'{new}'"))
    assert (seen(session).location, seen(session).moved_to) == ("moved", str(new))
    assert home.git("show", ":staged", at=new) == "staged"
    obey(str(seen(session).problem).partition("with: ")[2])
    found = seen(session)
    assert (found.location, found.problem, found.staged, found.modified) == ("there", None, 1, 1)


def test_what_stands_in_its_place_is_not_written_over(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    shutil.rmtree(work)
    work.write_text("x")
    problem = str(seen(session).problem)
    assert "worktree repair NEWPATH" in problem
    assert "make it again" not in problem


def test_of_one_that_git_has_forgotten_its_branch_is_checked_out_anew(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    head = home.commit(at=work, mine="committed\n")
    shutil.rmtree(work)
    home.git("worktree", "unlock", str(work))
    home.git("worktree", "prune")
    obey(advised(session, "make it again with: "))
    found = seen(session)
    assert (found.location, found.problem, found.head) == ("there", None, head)
    assert f"locked greenroom {session.id}" in home.git("worktree", "list", "--porcelain")
    home.git("worktree", "remove", "-f", "-f", str(work))
    home.git("checkout", "--quiet", "work")
    assert str(seen(session).problem).endswith(f"checked out in {home.place}")
    home.git("checkout", "--quiet", "main")
    home.git("update-ref", "-d", "refs/heads/work")
    assert str(seen(session).problem).endswith(f"its branch work of {home.place} is gone too")


def test_a_branch_that_went_as_well_is_told(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    shutil.rmtree(work)
    home.git("update-ref", "-d", "refs/heads/work")
    assert "; its branch work is gone too; if it was moved" in str(seen(session).problem)
