"""Repositories as they really are, from creation over looks and changes to removal and restore.

Each works, or is refused with a sentence that helps; nothing is taken away because it was not
found.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.cli.doctor import running
from actors.cli.doctor.finding import Finding
from actors.gateway import encoded
from tests.actors.git.places import do, new_repository
from tests.fakes.greenroom import House
from tests.fakes.repositories import Repository


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "home")


def made(greenroom: House, repository: Path, **fields: Any) -> Any:
    wanted = {"session_type": "worktree", "repository": str(repository), **fields}
    return greenroom.get("get-session", session=greenroom.get("create-session", **wanted)["id"])


def refusal(greenroom: House, kind: str, **fields: Any) -> Any:
    answer = greenroom.ask({"type": kind, **fields})
    assert answer.error is not None, answer.data
    return answer.error


def looked(greenroom: House, session: Any) -> Any:
    return greenroom.get("get-worktree", session=session["id"])


def changed(greenroom: House, session: Any) -> list[str]:
    told = greenroom.get("get-diff", session=session["id"])
    return [each["path"] for each in told["files"]]


def assert_works(greenroom: House, session: Any) -> None:
    """From a look at it to its removal, and back again."""
    place = Path(session["worktree_path"])
    look = looked(greenroom, session)
    assert (look["location"], look["problem"], look["branch"]) == (
        "there", None, session["branch"],
    )  # fmt: skip
    assert (look["modified"], look["staged"], look["conflicted"]) == (0, 0, 0)
    open_files = look["untracked"]
    (place / "nobody's yet").write_text("precious\n")
    assert looked(greenroom, session)["untracked"] == open_files + 1
    assert "nobody's yet" in changed(greenroom, session)
    unsafe = refusal(greenroom, "delete-session", session=session["id"])
    assert unsafe.code == "worktree-not-safe"
    assert (place / "nobody's yet").exists()
    assert greenroom.get("delete-session", session=session["id"], force=True)["deleted"]
    assert not place.exists()
    greenroom.get("restore-session", session=session["id"])
    assert (place / "nobody's yet").read_text() == "precious\n"
    assert looked(greenroom, session)["branch"] == session["branch"]


def test_an_ordinary_one_works(greenroom: House, home: Repository) -> None:
    assert_works(greenroom, made(greenroom, home.place, branch="fix/login"))


def test_a_directory_that_has_gone_takes_nothing_with_it(
    greenroom: House, home: Repository
) -> None:
    session = made(greenroom, home.place, branch="work")
    place = Path(session["worktree_path"])
    tip = home.commit(at=place, mine="x")
    shutil.rmtree(place)
    look = looked(greenroom, session)
    assert look["location"] == "gone"
    assert "what was committed is on work" in look["problem"]
    assert refusal(greenroom, "get-diff", session=session["id"]).code == "directory-missing"
    assert greenroom.get("get-session", session=session["id"])["branch"] == "work"
    greenroom.ask({"type": "delete-session", "session": session["id"], "force": True})
    assert home.git("rev-parse", "work") == tip


def test_a_repository_that_moved_is_said_and_mended_by_git(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    session = made(greenroom, home.place, branch="work")
    place = Path(session["worktree_path"])
    home.place.rename(tmp_path / "new home")
    home.place = tmp_path / "new home"
    for _ in range(2):
        look = looked(greenroom, session)
        assert look["location"] == "there"
        assert f"git worktree repair {place}" in look["problem"]
        assert (
            "git worktree repair" in refusal(greenroom, "get-diff", session=session["id"]).message
        )
    asked = greenroom.ask({"type": "delete-session", "session": session["id"]})
    assert asked.error is not None
    assert (place / "hello").exists()
    home.git("worktree", "repair", str(place))
    look = looked(greenroom, session)
    assert (look["problem"], look["branch"]) == (None, "work")
    assert changed(greenroom, session) == []


def test_a_branch_that_is_taken_is_refused_with_where(greenroom: House, home: Repository) -> None:
    first = made(greenroom, home.place, branch="work")
    wanted = {"session_type": "worktree", "repository": str(home.place), "branch": "work"}
    taken = refusal(greenroom, "create-session", **wanted)
    assert taken.code == "branch-in-use"
    assert first["worktree_path"] in taken.message
    place = Path(first["worktree_path"])
    home.git("checkout", "--quiet", "-b", "other", at=place)
    home.git("checkout", "--quiet", "work")
    look = looked(greenroom, first)
    assert look["branch"] == "other"
    assert f"its own branch work, which is checked out in {home.place}" in look["problem"]
    assert changed(greenroom, first) == []


def test_a_bare_repository_has_worktrees_of_its_own(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    home.git("clone", "--quiet", "--bare", str(home.place), str(bare))
    assert_works(greenroom, made(greenroom, bare, branch="work"))
    quick = greenroom.create(location_path=str(bare))
    assert "without files of its own" in looked(greenroom, quick)["problem"]
    assert "bare" in refusal(greenroom, "get-diff", session=quick["id"]).message


def test_submodules_are_left_as_they_are(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner")
    home.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.place),
             "sub")  # fmt: skip
    home.commit()
    session = made(greenroom, home.place, branch="work")
    assert (Path(session["worktree_path"]) / "sub").is_dir()
    assert_works(greenroom, session)


def test_a_submodule_itself_can_have_a_worktree(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner")
    home.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.place),
             "sub")  # fmt: skip
    assert_works(greenroom, made(greenroom, home.place / "sub", branch="work"))


def test_a_detached_head_is_a_place_to_begin_and_to_be(greenroom: House, home: Repository) -> None:
    home.commit(second="x")
    home.git("checkout", "--quiet", "--detach", "HEAD~1")
    session = made(greenroom, home.place, branch="work")
    assert session["base_commit"] == home.head
    assert_works(greenroom, session)
    place = Path(session["worktree_path"])
    home.git("checkout", "--quiet", "--detach", at=place)
    look = looked(greenroom, session)
    assert (look["branch"], look["is_detached"]) == (None, True)
    assert changed(greenroom, session) == ["nobody's yet"]


def test_before_the_first_commit_there_is_no_worktree(greenroom: House, tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty", is_empty=True)
    wanted = {"session_type": "worktree", "repository": str(empty.place), "branch": "work"}
    assert "commit" in refusal(greenroom, "create-session", **wanted).message
    (empty.place / "new").write_text("x")
    quick = greenroom.create(location_path=str(empty.place))
    look = looked(greenroom, quick)
    assert (look["branch"], look["head"], look["problem"]) == ("main", None, None)
    assert changed(greenroom, quick) == ["new"]


def with_pointers(home: Repository, tmp_path: Path) -> None:
    """Content that lies elsewhere, as Git LFS has it: a filter puts it in place of its pointer."""
    store = tmp_path / "store"
    store.mkdir()
    clean, smudge = tmp_path / "clean", tmp_path / "smudge"
    clean.write_text(
        f"#!/bin/sh\ncat > {store}/new\nsum=$(sha256sum < {store}/new | cut -c1-64)\n"
        f'mv {store}/new {store}/$sum\necho "pointer $sum"\n'
    )
    smudge.write_text(f"#!/bin/sh\nread word sum\ncat {store}/$sum\n")
    for name, program in (("clean", clean), ("smudge", smudge)):
        program.chmod(0o755)
        home.git("config", f"filter.lfs.{name}", str(program))
    home.git("config", "filter.lfs.required", "true")
    (home.place / ".gitattributes").write_text("*.bin filter=lfs\n")
    (home.place / "large.bin").write_text("large content\n")
    home.commit()


def test_content_behind_pointers_is_there(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    with_pointers(home, tmp_path)
    session = made(greenroom, home.place, branch="work")
    large = Path(session["worktree_path"]) / "large.bin"
    assert large.read_text() == "large content\n"
    assert_works(greenroom, session)
    large.write_text("other\n")
    assert looked(greenroom, session)["modified"] == 1
    told = greenroom.get("get-diff", session=session["id"])
    assert "+pointer " in told["text"]
    assert "+other" not in told["text"]


def test_a_filter_that_fails_is_said_and_leaves_nothing(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    with_pointers(home, tmp_path)
    session = made(greenroom, home.place, branch="work")
    home.git("config", "filter.lfs.clean", "no-such-filter")
    home.git("config", "filter.lfs.smudge", "no-such-filter")
    (Path(session["worktree_path"]) / "large.bin").write_text("other\n")
    failed = refusal(greenroom, "get-diff", session=session["id"])
    assert (failed.code, "lfs" in failed.message) == ("git-failed", True)
    wanted = {"session_type": "worktree", "repository": str(home.place), "branch": "second"}
    assert "lfs" in refusal(greenroom, "create-session", **wanted).message
    assert "second" not in home.git("branch")


@pytest.mark.parametrize(
    "name", ["a name with blanks", "ü-ß-日本", "it's “so” $(touch canary)", "line\nend", "-rf"]
)
def test_names_may_be_odd(greenroom: House, tmp_path: Path, name: str) -> None:
    odd = Repository(tmp_path / name)
    session = made(greenroom, odd.place, branch="fix/ünïcode-日本")
    assert_works(greenroom, session)
    assert not list(tmp_path.rglob("canary"))


def test_one_that_moved_is_not_removed(greenroom: House, home: Repository, tmp_path: Path) -> None:
    session = made(greenroom, home.place, branch="work")
    place, new = session["worktree_path"], tmp_path / "elsewhere"
    (Path(place) / "mine").write_text("precious\n")
    home.git("worktree", "move", "-f", "-f", place, str(new))
    look = looked(greenroom, session)
    assert (look["location"], look["moved_to"]) == ("moved", str(new))
    assert refusal(greenroom, "get-diff", session=session["id"]).code == "directory-missing"
    greenroom.ask({"type": "delete-session", "session": session["id"], "force": True})
    assert (new / "mine").read_text() == "precious\n"
    assert home.git("status", "--porcelain", at=new) == "?? mine"


def test_a_repository_that_moved_works_once_it_is_repaired(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    session, kept = (made(greenroom, home.place, branch=name) for name in ("work", "kept"))
    home.place = home.place.rename(tmp_path / "new home")
    notes = [each for each in doctor(greenroom) if each.check == "directories"]
    assert len(notes) == 2
    assert "is no longer at" in notes[0].text
    home.git("worktree", "repair", session["worktree_path"], kept["worktree_path"])
    assert_works(greenroom, session)
    fork = greenroom.get("fork-session", session=session["id"], branch="fork")
    assert looked(greenroom, greenroom.get("get-session", session=fork["id"]))["problem"] is None
    greenroom.get("delete-session", session=kept["id"], keep_worktree=True)
    greenroom.get("purge-session", session=kept["id"])
    assert f"greenroom {kept['id']}" not in home.git("worktree", "list", "--porcelain")
    greenroom.get("delete-session", session=session["id"], force=True)
    greenroom.get("purge-session", session=session["id"])
    assert session["id"] not in home.git("for-each-ref")


def doctor(greenroom: House) -> list[Finding]:
    return list(running.findings(str(greenroom.data.root), greenroom.get("get-status")))


def test_what_show_says_brings_back_one_that_has_gone(greenroom: House, home: Repository) -> None:
    session = made(greenroom, home.place, branch="work")
    shutil.rmtree(session["worktree_path"])
    worker = {"type": "terminal", "command": ["true"]}
    cannot = refusal(greenroom, "create-worker", session=session["id"], worker=worker)
    assert f"greenroom show {session['id']}" in cannot.message
    greenroom.get("delete-session", session=session["id"])
    assert not greenroom.get("restore-session", session=session["id"])["location_exists"]
    command = looked(greenroom, session)["problem"].partition("with what was staged, with: ")[2]
    subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True)
    assert_works(greenroom, session)


def test_what_stands_in_its_place_is_left_alone(
    greenroom: House, home: Repository, tmp_path: Path
) -> None:
    session = made(greenroom, home.place, branch="work")
    place = Path(session["worktree_path"])
    place.rename(tmp_path / "aside")
    place.mkdir()
    (place / "another's").write_text("precious\n")
    assert looked(greenroom, session)["location"] == "not-ours"
    assert refusal(greenroom, "get-diff", session=session["id"]).code == "directory-missing"
    greenroom.ask({"type": "delete-session", "session": session["id"], "force": True})
    assert (place / "another's").read_text() == "precious\n"
    assert (tmp_path / "aside" / "hello").exists()


def test_a_branch_that_is_not_utf_8_is_told_of_and_begun_from(
    greenroom: House, tmp_path: Path
) -> None:
    repository = new_repository(tmp_path / "odd")
    odd = os.fsdecode(b"b\xff")
    do(repository, "checkout", "--quiet", "-b", odd)
    session = made(greenroom, repository, branch="fix")
    assert (session["branch"], session["base_branch"]) == ("fix", None)
    place = Path(session["worktree_path"])
    do(place, "checkout", "--quiet", "-b", odd + "2")
    (place / "more").write_text("text")
    for form in ("text", "files", "summary"):
        told = greenroom.ask({"type": "get-diff", "session": session["id"], "form": form})
        assert told.ok, told.error
        assert json.loads(encoded(told))["data"]["branch"] == "b\\xff2"
