"""A worktree removed, in real repositories: whatever comes between, all of it is kept."""

from pathlib import Path
from typing import Any

import pytest

from actors.git import removal as module
from actors.git.command import GitFailed
from actors.git.removal import PARKED
from actors.messages import outcomes as o
from storage.records.removal import Removal
from tests.actors.git.places import commit, do, files_of, new_repository
from tests.actors.git.removed_place import (
    AT,
    FORCED,
    REF,
    SAFELY,
    SESSION,
    Killed,
    Place,
    killed_at,
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_clean_one_goes_and_comes_back(place: Place) -> None:
    before = place.everything()
    removed = place.remove(SAFELY)
    assert (removed.branch, removed.ref, removed.branch_deleted) == ("work", REF, False)
    assert do(place.repository, "rev-parse", REF) == removed.commit
    assert place.restore(removed) == ()
    assert place.everything() == before


def test_what_is_not_safe_stays_without_force_and_comes_back_with_it(place: Place) -> None:
    place.fill()
    before = place.everything()
    refused = place.remover().remove(SAFELY, AT)
    assert isinstance(refused, o.RemovalRefused)
    assert {each.code for each in refused.reasons} == {"uncommitted", "untracked", "unpushed"}
    assert place.everything() == before
    assert place.restore(place.remove()) == ()
    assert place.everything() == before


def test_ignored_files_are_named_and_go(place: Place) -> None:
    commit(place.worktree, ".gitignore", "*.log\nbuilt/\n")
    (place.worktree / "a.log").write_text("")
    (place.worktree / "built").mkdir()
    (place.worktree / "built" / "out").write_text("")
    removed = place.remove()
    assert (removed.ignored, removed.ignored_count) == (("a.log", "built/"), 2)


def test_read_only_directories_go_too(place: Place) -> None:
    (place.worktree / "deep" / "er").mkdir(parents=True)
    (place.worktree / "deep" / "er" / "file").write_text("")
    for path in (place.worktree / "deep" / "er", place.worktree / "deep"):
        path.chmod(0o500)
    assert place.remove().notes == ()


@pytest.mark.parametrize("how", ["gone", "moved", "another's", "not a worktree", "locked"])
def test_what_is_not_there_or_not_its_own_is_never_touched(
    place: Place, tmp_path: Path, how: str
) -> None:
    place.fill()
    stays = place.worktree
    if how == "gone":
        stays = tmp_path / "by hand"
        place.worktree.rename(stays)
    elif how == "moved":
        stays = tmp_path / "moved"
        do(place.repository, "worktree", "move", "-f", "-f", str(place.worktree), str(stays))
    elif how == "not a worktree":
        do(place.repository, "worktree", "remove", "-f", "-f", str(place.worktree))
        new_repository(place.worktree)
    else:
        reason = "greenroom zzzzzzzzzzzz" if how == "another's" else "on a stick"
        do(place.repository, "worktree", "unlock", str(place.worktree))
        do(place.repository, "worktree", "lock", "--reason", reason, str(place.worktree))
    before = files_of(stays), do(place.repository, "worktree", "list", "--porcelain")
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.WorktreeKept), done
    assert str(place.worktree) in done.why
    assert (files_of(stays), do(place.repository, "worktree", "list", "--porcelain")) == before


def test_one_that_cannot_be_looked_at_stays_even_by_force(place: Place) -> None:
    place.fill()
    (place.repository / ".git" / "worktrees" / "work" / "HEAD").write_text("nonsense")
    before = files_of(place.worktree)
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, (o.RemovalRefused, o.WorktreeKept))
    assert files_of(place.worktree) == before


def test_processes_of_others_are_a_reason(place: Place) -> None:
    done = place.remover(others=lambda path: (f"4711 vi in {path}",)).remove(SAFELY, AT)
    assert isinstance(done, o.RemovalRefused)
    assert [each.code for each in done.reasons] == ["in-use"]


def test_the_branch_goes_only_if_it_is_merged_and_comes_back(place: Place) -> None:
    wanted = Removal(ref=REF, delete_branch=True, force=True)
    tip = commit(place.worktree, "own", "work\n")
    removed = place.remove(wanted)
    assert removed.branch_deleted is False
    assert "not merged" in removed.notes[0]
    assert do(place.repository, "rev-parse", "work") == tip
    place.restore(removed)
    do(place.repository, "merge", "--quiet", "--no-ff", "work")
    removed = place.remove(wanted)
    assert removed.branch_deleted is True
    assert "work" not in do(place.repository, "branch", "--list")
    assert place.restore(removed) == ()
    assert do(place.worktree, "symbolic-ref", "HEAD") == "refs/heads/work"
    assert do(place.repository, "rev-parse", "work") == tip


def test_clean_up_runs_after_all_is_kept(place: Place) -> None:
    place.fill()
    before = place.everything()

    def clean_up(path: Path) -> str:
        assert do(place.repository, "rev-parse", REF)
        (path / "new").unlink()
        return "it grumbled"

    removed = place.remove(clean_up=clean_up)
    assert removed.notes == ("it grumbled",)
    place.restore(removed)
    assert place.everything() == before


STEPS = [
    (module, "snapshot", "before"),
    (module, "keep", "before"),
    (module, "keep", "after"),
    (Path, "rename", "before"),
    (Path, "rename", "after"),
    (module, "_emptied", "before"),
    (module, "_emptied", "after"),
    (module.WorktreeRemover, "_forgotten", "before"),
    (module.WorktreeRemover, "_forgotten", "after"),
    (module.WorktreeRemover, "_drop_branch", "after"),
]


@pytest.mark.parametrize(("where", "name", "when"), STEPS)
def test_a_crash_at_each_step_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: str
) -> None:
    place.fill()
    do(place.repository, "branch", "kept", "work")
    before = place.everything()
    wanted = Removal(ref=REF, force=True, delete_branch=True)
    killed_at(monkeypatch, where, name, when)
    with pytest.raises(Killed):
        place.remover().remove(wanted, AT)
    monkeypatch.undo()
    removed = place.remove(wanted)
    assert removed.branch_deleted
    place.restore(removed)
    assert place.everything() == before


def test_half_emptied_it_is_not_taken_for_what_was_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    before = place.everything()

    def half(directory: Path) -> None:
        (directory / "new").unlink()
        raise Killed

    monkeypatch.setattr(module, "_emptied", half)
    with pytest.raises(Killed):
        place.remover().remove(FORCED, AT)
    monkeypatch.undo()
    assert (place.worktree.parent / f"{PARKED}{SESSION}").exists()
    place.restore(place.remove())
    assert place.everything() == before


def test_what_changed_after_a_crash_is_kept_beside_what_was_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    killed_at(monkeypatch, Path, "rename", "before")
    with pytest.raises(Killed):
        place.remover().remove(FORCED, AT)
    monkeypatch.undo()
    (place.worktree / "later").write_text("since then\n")
    place.remove()
    assert do(place.repository, "show", f"{REF}-later:later") == "since then"
    assert do(place.repository, "show", f"{REF}:new") == "not in git"


def test_a_full_disk_leaves_everything_as_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    before = place.everything()

    def full(*_: Any, **__: Any) -> Any:
        raise GitFailed(128, "fatal: No space left on device")

    for name in ("snapshot", "keep"):
        monkeypatch.setattr(module, name, full)
        done = place.remover().remove(FORCED, AT)
        assert isinstance(done, o.RemovalRefused)
        assert "No space left" in done.message
        assert place.everything() == before
        monkeypatch.undo()
