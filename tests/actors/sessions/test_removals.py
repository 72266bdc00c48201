"""A worktree session deleted, restored and purged on a whole tree, with real repositories."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.git import kept_copy, remake
from actors.sessions import removals
from actors.sessions.shelved_worktrees import RestoredWorktree
from storage import restoring, trash
from storage.records import event as e
from tests.actors.git.places import commit, do, files_of, new_repository
from tests.actors.git.removed_place import Killed, killed_at
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


@pytest.fixture
def made(greenroom: House, shop: Path) -> Any:
    return greenroom.create(
        session_type="worktree", repository=str(shop), branch="work", location_path=None
    )


def place_of(session: Any) -> Path:
    return Path(session["worktree_path"])


def fill(place: Path) -> Any:
    """With work that is nowhere else; all that there is then."""
    commit(place, "own", "work\n")
    (place / "file-0").write_text("changed\n")
    (place / "new").write_text("not in git\n")
    return everything(place)


def everything(place: Path) -> Any:
    return files_of(place), do(place, "status", "--porcelain", "--branch", "--untracked-files=all")


def recovery(shop: Path, session: Any) -> list[str]:
    refs = f"refs/greenroom/recovery/{session['id']}/*"
    return do(shop, "for-each-ref", "--format=%(refname)", refs).splitlines()


def codes(greenroom: House, session: Any, **fields: Any) -> list[str]:
    answer = greenroom.ask({"type": "delete-session", "session": session["id"], **fields})
    assert answer.error is not None, answer
    assert answer.error.code == "worktree-not-safe"
    assert answer.error.data is not None
    return [reason.code for reason in answer.error.data["reasons"]]


def test_a_clean_one_goes_with_its_session_and_comes_back(
    greenroom: House, made: Any, shop: Path
) -> None:
    before = everything(place_of(made))
    answer = greenroom.get("delete-session", session=made["id"])
    (ref,) = recovery(shop, made)
    told = answer["worktree"]
    assert (answer["deleted"], told["removed"], told["ref"]) == (True, True, ref)
    assert not place_of(made).exists()
    assert do(shop, "branch", "--list", "work")
    back = greenroom.get("restore-session", session=made["id"])
    assert back["worktree"]["made_again"] is True
    assert back["location_exists"] is True
    assert everything(place_of(made)) == before
    assert greenroom.get("get-session", session=made["id"])["worktree_path"] == str(place_of(made))


def test_one_that_is_not_safe_is_refused_with_all_reasons_and_nothing_ends(
    greenroom: House, made: Any
) -> None:
    worker = {"type": "terminal", "command": ["sleep", "600"]}
    shell = greenroom.get("create-worker", session=made["id"], worker=worker)
    before = fill(place_of(made))
    assert codes(greenroom, made) == ["uncommitted", "untracked", "unpushed"]
    assert everything(place_of(made)) == before
    assert greenroom.worker(made["id"], shell["id"]).status == "running"
    assert not any(isinstance(one, e.SessionDeleting) for one in greenroom.journal(made["id"]))


def test_by_force_it_goes_and_comes_back_as_it_was(greenroom: House, made: Any) -> None:
    for _ in range(2):
        before = fill_again(place_of(made))
        greenroom.get("delete-session", session=made["id"], force=True)
        assert not place_of(made).exists()
        greenroom.get("restore-session", session=made["id"])
        assert everything(place_of(made)) == before


def fill_again(place: Path) -> Any:
    return everything(place) if (place / "own").exists() else fill(place)


def test_its_own_workers_are_not_in_the_way_but_others_are(greenroom: House, made: Any) -> None:
    worker = {"type": "terminal", "command": ["sh", "-c", "sleep 601 & sleep 600"]}
    greenroom.get("create-worker", session=made["id"], worker=worker)
    other = subprocess.Popen(["sleep", "60"], cwd=place_of(made))
    try:
        assert codes(greenroom, made) == ["in-use"]
    finally:
        other.kill()
        other.wait()
    quick = greenroom.create(location_path=str(place_of(made)))
    assert codes(greenroom, made) == ["in-use"]
    greenroom.get("delete-session", session=quick["id"])
    assert greenroom.get("delete-session", session=made["id"])["worktree"]["removed"]


def test_who_still_writes_to_a_file_in_it_is_in_the_way_of_its_removal(
    greenroom: House, made: Any, tmp_path: Path
) -> None:
    """It would write on into a file that nobody finds any more, ignored or not."""
    with (place_of(made) / ".git").open("ab") as file:
        other = subprocess.Popen(["sleep", "60"], cwd=tmp_path, stdout=file)
    try:
        assert codes(greenroom, made) == ["in-use"]
    finally:
        other.kill()
        other.wait()
    assert greenroom.get("delete-session", session=made["id"])["worktree"]["removed"]


def test_kept_when_asked_for_and_restored_with_it(greenroom: House, made: Any, shop: Path) -> None:
    before = fill(place_of(made))
    answer = greenroom.get("delete-session", session=made["id"], keep_worktree=True)
    assert answer["worktree"]["removed"] is False
    assert everything(place_of(made)) == before
    assert recovery(shop, made) == []
    greenroom.get("restore-session", session=made["id"])
    assert everything(place_of(made)) == before


def test_one_that_has_gone_is_deleted_and_nothing_is_removed(
    greenroom: House, made: Any, tmp_path: Path
) -> None:
    before = fill(place_of(made))
    elsewhere = tmp_path / "elsewhere"
    place_of(made).rename(elsewhere)
    told = greenroom.get("delete-session", session=made["id"], force=True)["worktree"]
    assert (told["removed"], "gone" in told["why"]) == (False, True)
    assert everything(elsewhere) == before


def test_the_branch_goes_too_if_it_is_merged(greenroom: House, made: Any, shop: Path) -> None:
    commit(place_of(made), "own", "work\n")
    do(shop, "merge", "--quiet", "--squash", "work")
    do(shop, "commit", "--quiet", "--message", "squashed")
    told = greenroom.get("delete-session", session=made["id"], delete_branch=True)["worktree"]
    assert told["branch_deleted"] is True
    assert do(shop, "branch", "--list", "work") == ""
    greenroom.get("restore-session", session=made["id"])
    assert do(place_of(made), "symbolic-ref", "HEAD") == "refs/heads/work"


def test_two_at_once_remove_it_once(greenroom: House, made: Any, shop: Path) -> None:
    fill(place_of(made))
    asked = [
        greenroom.post({"type": "delete-session", "session": made["id"], "force": True})
        for _ in range(2)
    ]
    answers = [future.result(60) for future in asked]
    assert all(answer.ok for answer in answers), answers
    assert len(recovery(shop, made)) == 1
    assert not place_of(made).exists()


def test_what_changes_while_its_workers_end_takes_the_deletion_back(
    greenroom: House, made: Any
) -> None:
    script = "trap 'echo late > late; exit 0' TERM HUP; echo ready; while :; do sleep 0.1; done"
    worker = {"type": "terminal", "command": ["sh", "-c", script]}
    shell = greenroom.get("create-worker", session=made["id"], worker=worker)
    greenroom.shows(made["id"], shell["id"], "ready")
    assert codes(greenroom, made) == ["untracked"]
    session = greenroom.get("get-session", session=made["id"])
    assert session["desired"] == "stopped"
    assert (place_of(made) / "late").exists()
    (place_of(made) / "late").unlink()
    assert greenroom.get("delete-session", session=made["id"])["worktree"]["removed"]


def test_purging_takes_its_refs_and_leaves_those_of_others(
    greenroom: House, made: Any, shop: Path
) -> None:
    fill(place_of(made))
    other = greenroom.create(
        session_type="worktree", repository=str(shop), branch="other", location_path=None
    )
    for session in (made, other):
        greenroom.get("delete-session", session=session["id"], force=True)
    greenroom.get("purge-session", session=made["id"])
    assert recovery(shop, made) == []
    assert len(recovery(shop, other)) == 1


def test_purging_one_whose_worktree_stayed_lets_go_of_it(
    greenroom: House, made: Any, shop: Path
) -> None:
    greenroom.get("delete-session", session=made["id"], keep_worktree=True)
    greenroom.get("purge-session", session=made["id"])
    assert place_of(made).is_dir()
    do(shop, "worktree", "remove", str(place_of(made)))


def test_purging_one_whose_worktree_is_gone_unlocks_it_and_keeps_its_commits(
    greenroom: House, made: Any, shop: Path
) -> None:
    place = place_of(made)
    amended = commit(place, "own", "first\n")
    do(place, "reset", "--quiet", "--hard", "HEAD^")
    do(place, "checkout", "--quiet", "--detach")
    head = commit(place, "own", "work\n")
    shutil.rmtree(place)
    greenroom.get("delete-session", session=made["id"])
    greenroom.get("purge-session", session=made["id"])
    assert "locked" not in do(shop, "worktree", "list", "--porcelain")
    do(shop, "worktree", "prune", "--expire=now")
    do(shop, "gc", "--quiet", "--prune=now")
    names = [do(shop, "rev-list", ref) for ref in recovery(shop, made)]
    assert all(any(each in commits for commits in names) for each in (head, amended))
    again = greenroom.create(
        session_type="worktree", repository=str(shop), branch="work", location_path=None
    )
    assert place_of(again) == place


def test_purging_one_whose_worktree_is_gone_keeps_no_more_than_it_has_to(
    greenroom: House, made: Any, shop: Path
) -> None:
    commit(place_of(made), "own", "on its branch\n")
    shutil.rmtree(place_of(made))
    greenroom.get("delete-session", session=made["id"])
    greenroom.get("purge-session", session=made["id"])
    assert recovery(shop, made) == []
    assert "locked" not in do(shop, "worktree", "list", "--porcelain")


def test_a_restore_that_fails_leaves_nothing_half(greenroom: House, made: Any, shop: Path) -> None:
    before = fill(place_of(made))
    do(shop, "merge", "--quiet", "work")
    greenroom.get("delete-session", session=made["id"], force=True, delete_branch=True)
    broken = "*.md filter=broken\nnew filter=broken\n"
    do(shop, "config", "filter.broken.smudge", "false")
    do(shop, "config", "filter.broken.required", "true")
    (shop / ".git" / "info" / "attributes").write_text(broken)
    assert greenroom.refused("restore-session", session=made["id"]) == "worktree-not-restored"
    is_clear(greenroom, made, shop)
    (shop / ".git" / "info" / "attributes").unlink()
    greenroom.get("restore-session", session=made["id"])
    assert everything(place_of(made)) == before


def is_clear(greenroom: House, made: Any, shop: Path) -> None:
    """Of a restore nothing is left."""
    assert not place_of(made).exists()
    assert do(shop, "branch", "--list", "work") == ""
    assert list((shop / ".git").glob("worktrees/*")) == []
    assert list(greenroom.data.trash("default").glob(".restoring-*")) == []


@pytest.mark.parametrize("how", ["start", "purge"])
def test_a_half_restored_worktree_goes_at_the_next_start_and_with_a_purge(
    greenroom: House, made: Any, shop: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    fill(place_of(made))
    do(shop, "merge", "--quiet", "work")
    greenroom.get("delete-session", session=made["id"], force=True, delete_branch=True)
    greenroom.stop()
    (item,) = trash.shelved(greenroom.data)
    killed_at(monkeypatch, remake, "fill", "after")
    with trash.held(item.directory) as lock, pytest.raises(Killed):
        RestoredWorktree(item, os.environ).make_again(lock)
    monkeypatch.undo()
    assert (place_of(made) / "own").exists()
    if how == "purge":
        restoring.end(item)  # as if an older greenroom had left it, which made no marks
    greenroom.start()
    if how == "purge":
        greenroom.get("purge-session", session=made["id"])
        assert recovery(shop, made) == []
    eventually(lambda: list(greenroom.data.trash("default").glob(".restoring-*")) == [])
    is_clear(greenroom, made, shop)


def test_what_stands_in_the_way_of_a_restore_is_said_and_the_session_stays(
    greenroom: House, made: Any
) -> None:
    before = everything(place_of(made))
    greenroom.get("delete-session", session=made["id"])
    place_of(made).mkdir()
    (place_of(made) / "mine").write_text("")
    assert greenroom.refused("restore-session", session=made["id"]) == "worktree-not-restored"
    assert len(greenroom.get("list-trash")["sessions"]) == 1
    (place_of(made) / "mine").unlink()
    greenroom.get("restore-session", session=made["id"])
    assert everything(place_of(made)) == before


def test_an_intent_is_taken_up_again_after_a_crash(
    greenroom: House, made: Any, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fill(place_of(made))
    monkeypatch.setattr(removals.Removals, "_remove", lambda *_: None)
    greenroom.post({"type": "delete-session", "session": made["id"], "force": True})
    eventually(
        lambda: any(isinstance(one, e.SessionDeleting) for one in greenroom.journal(made["id"]))
    )
    greenroom.stop()
    monkeypatch.undo()
    greenroom.start()
    eventually(lambda: greenroom.get("list-trash")["sessions"])
    assert not place_of(made).exists()
    greenroom.get("restore-session", session=made["id"])
    assert everything(place_of(made)) == before


def test_a_full_disk_leaves_the_worktree_and_the_session(
    greenroom: House, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fill(place_of(made))

    def no_room(*_: Any, **__: Any) -> Any:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(kept_copy, "keep", no_room)
    assert greenroom.refused("delete-session", session=made["id"], force=True) == (
        "worktree-not-safe"
    )
    monkeypatch.undo()
    assert everything(place_of(made)) == before
    greenroom.get("delete-session", session=made["id"], force=True)
    monkeypatch.setattr(remake, "fill", no_room)
    assert greenroom.refused("restore-session", session=made["id"]) == "worktree-not-restored"
    monkeypatch.undo()
    greenroom.get("restore-session", session=made["id"])
    assert everything(place_of(made)) == before


def test_a_quarantined_session_goes_without_its_worktree(greenroom: House, made: Any) -> None:
    before = fill(place_of(made))
    greenroom.stop()
    journal = greenroom.data.session("default", made["id"]) / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"session-created", b"session-treated"))
    greenroom.start()
    answer = greenroom.get("delete-session", session=made["id"])
    assert answer["deleted"] is True
    assert everything(place_of(made)) == before


@pytest.mark.parametrize("trusted", [True, False])
def test_clean_up_runs_before_the_removal_if_it_is_trusted(
    greenroom: House, shop: Path, tmp_path: Path, *, trusted: bool
) -> None:
    witness = tmp_path / "witness"
    commit(
        shop,
        ".greenroom/worktree.json",
        f'{{"cleanup": ["sh", "-c", "pwd > {witness}"]}}',
    )
    greenroom.write_workspace({"worktrees": {"trust_setup": trusted}})
    made = greenroom.create(
        session_type="worktree", repository=str(shop), branch="work", location_path=None
    )
    told = greenroom.get("delete-session", session=made["id"])["worktree"]
    assert witness.exists() == trusted
    assert bool(told["notes"]) != trusted


def test_what_its_shell_left_behind_ends_before_the_last_copy_and_is_named(
    greenroom: House, made: Any, shop: Path, tmp_path: Path
) -> None:
    """It writes once more when it is asked to end: that is kept, and nothing of it runs on."""
    pid = tmp_path / "pid"
    script = place_of(made) / "left"
    script.write_text(
        f"trap 'echo saved > last; exit' TERM\necho $$ > {pid}\nwhile :; do sleep 0.1; done\n"
    )
    shell = greenroom.get("create-worker", session=made["id"], worker={"type": "terminal"})
    typed = "setsid nohup sh left > /dev/null 2>&1 &\r"
    greenroom.get("write-input", session=made["id"], worker=shell["id"], data=typed)
    eventually(lambda: pid.exists() and pid.read_text().strip())
    told = greenroom.get("delete-session", session=made["id"], force=True)["worktree"]
    assert not Path("/proc", pid.read_text().strip()).exists()
    assert f"(pid {pid.read_text().strip()})" in told["notes"][0]
    assert do(shop, "show", f"{told['ref']}:last") == "saved"
