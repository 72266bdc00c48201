"""A worktree removed, in real repositories: whatever comes between, all of it is kept."""

import os
from pathlib import Path
from typing import Any

import pytest

from actors.git import kept_copy, mounts
from actors.git import removal as module
from actors.git.command import GitFailed
from actors.git.left_places import REMOVING
from actors.git.removal import WorktreeRemover
from actors.messages import outcomes as o
from storage.records.removal import Removal
from tests.actors.git.places import commit, do, files_of, git_in, new_repository
from tests.actors.git.removed_place import (
    AT,
    FORCED,
    REF,
    SAFELY,
    SESSION,
    Killed,
    Place,
    cut_short,
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


def test_one_that_leads_to_the_main_one_is_not_taken_for_it(place: Place) -> None:
    do(place.worktree, "checkout", "--quiet", "--detach")
    commit(place.worktree, "mine", "on no branch\n")
    (place.worktree / "mine").unlink()
    (place.worktree / ".git").write_text(f"gitdir: {place.repository}/.git\n")
    done = place.remover().remove(SAFELY, AT)
    assert isinstance(done, o.WorktreeKept), done
    assert "which is no worktree's" in done.why
    assert place.worktree.is_dir()


def test_one_with_the_git_file_of_another_worktree_is_not_taken_for_it(
    place: Place, tmp_path: Path
) -> None:
    do(place.repository, "worktree", "add", "--quiet", "--detach", str(tmp_path / "other"))
    (place.worktree / ".git").write_text((tmp_path / "other" / ".git").read_text())
    done = place.remover().remove(SAFELY, AT)
    assert isinstance(done, o.WorktreeKept), done
    assert str(tmp_path / "other") in done.why
    assert place.worktree.is_dir()


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
    (kept_copy, "snapshot", "before"),
    (kept_copy, "keep", "before"),
    (kept_copy, "keep", "after"),
    (module.WorktreeRemover, "_kept_parked", "before"),
    (module.WorktreeRemover, "_kept_parked", "after"),
    (Path, "rename", "before"),
    (Path, "rename", "after"),
    (module, "emptied", "before"),
    (module, "emptied", "after"),
    (module, "forgotten", "before"),
    (module, "forgotten", "after"),
    (module, "dropped", "after"),
]


@pytest.mark.parametrize(("where", "name", "when"), STEPS)
def test_a_crash_at_each_step_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: str
) -> None:
    place.fill()
    do(place.repository, "branch", "kept", "work")
    before = place.everything()
    wanted = Removal(ref=REF, force=True, delete_branch=True)
    cut_short(place, monkeypatch, wanted, where, name, when)
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

    monkeypatch.setattr(module, "emptied", half)
    with pytest.raises(Killed):
        place.remover().remove(FORCED, AT)
    monkeypatch.undo()
    (left,) = place.worktree.parent.iterdir()
    assert left.name == f"{REMOVING}{SESSION}-{REF.rpartition('/')[2]}"
    place.restore(place.remove())
    assert place.everything() == before


def test_what_changed_after_each_crash_comes_back_and_no_copy_is_dropped(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    for number in (1, 2):
        (place.worktree / "new").write_text(f"version {number}\n")
        killed_at(monkeypatch, Path, "rename", "before")
        with pytest.raises(Killed):
            place.remover().remove(FORCED, AT)
        monkeypatch.undo()
    commit(place.worktree, "later", "since then\n")
    (place.worktree / "new").write_text("version 3\n")
    before = place.everything()
    removed = place.remove()
    assert any(f"{REF}^1" in note for note in removed.notes)
    told = [do(place.repository, "show", f"{name}:new") for name in (REF, f"{REF}^1", f"{REF}^1^1")]
    assert told == ["version 3", "version 2", "version 1"]
    place.restore(removed)
    assert place.everything() == before


def test_what_is_written_during_the_removal_is_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def clean_up(path: Path) -> None:
        (path / "report").write_text("by the clean-up\n")
        (path / "file-0").write_text("edited\n")

    def saved_before(path: Path, target: Path) -> Path:
        if path == place.worktree:
            (path / "saved").write_text("precious\n")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", saved_before)
    removed = place.remove(SAFELY, clean_up=clean_up)
    monkeypatch.undo()
    place.restore(removed)
    files = {name: text for name, (_, text) in files_of(place.worktree).items()}
    assert files["report"] == b"by the clean-up\n"
    assert files["file-0"] == b"edited\n"
    assert files["saved"] == b"precious\n"


@pytest.mark.parametrize("when", ["in the clean-up", "at the last moment"])
def test_a_repository_that_is_made_within_during_the_removal_takes_it_back(
    place: Place, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    rename = Path.rename

    def clean_up(path: Path) -> None:
        if when == "in the clean-up":
            new_repository(path / "within")

    def made_before(path: Path, target: Path) -> Path:
        if path == place.worktree and when != "in the clean-up":
            new_repository(path / "within")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", made_before)
    done = place.remover(clean_up=clean_up).remove(FORCED, AT)
    assert isinstance(done, o.RemovalRefused)
    assert "within" in done.message
    assert (place.worktree / "within" / "file-0").exists()
    assert do(place.worktree, "rev-parse", "--show-toplevel") == str(place.worktree)


def test_git_does_not_note_where_it_is_parked(place: Place) -> None:
    """It would, once what it noted is older than a day."""
    noted = place.repository / ".git" / "worktrees" / "work" / "gitdir"
    os.utime(noted, (0, 0))
    place.restore(place.remove())
    assert place.remove().notes == ()


def test_one_behind_a_link_goes_too_and_again(place: Place, tmp_path: Path) -> None:
    away = tmp_path / "away" / "there"
    away.parent.mkdir()
    place.worktree.rename(away)
    place.worktree.symlink_to(away)
    removed = place.remove(SAFELY)
    assert (removed.notes, list(away.parent.iterdir())) == ((), [])
    place.restore(removed)
    assert place.remove(SAFELY).notes == ()


def test_what_is_left_of_an_earlier_removal_is_in_nobodys_way(place: Place) -> None:
    left = place.worktree.with_name(f"{REMOVING}{SESSION}-20261120T054000000000Z")
    left.mkdir()
    done = place.remover().remove(SAFELY, AT)
    assert isinstance(done, o.WorktreeRemoved)
    assert list(place.worktree.parent.iterdir()) == [left]


def test_one_with_a_mount_in_it_stays(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = place.worktree / "a disk"
    mounted.mkdir()
    table = tmp_path / "table"
    name = str(mounted).replace(" ", "\\040")
    table.write_text(f"36 35 98:0 / {name} rw,noatime - ext3 /dev/root rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.RemovalRefused)
    assert f"{mounted} is a mount; unmount it first" in done.message
    assert mounted.is_dir()


def test_a_full_disk_leaves_everything_as_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    before = place.everything()

    def full(*_: Any, **__: Any) -> Any:
        raise GitFailed(128, "fatal: No space left on device")

    steps = ((kept_copy, "snapshot"), (kept_copy, "keep"), (module.WorktreeRemover, "_kept_parked"))
    for where, name in steps:
        monkeypatch.setattr(where, name, full)
        done = place.remover().remove(FORCED, AT)
        assert isinstance(done, o.RemovalRefused)
        assert "No space left" in done.message
        assert place.everything() == before
        monkeypatch.undo()


def test_from_a_repository_that_moved_and_was_repaired(place: Place) -> None:
    place.fill()
    before = files_of(place.worktree)
    new = place.repository.with_name("new place")
    place.repository.rename(new)
    do(new, "worktree", "repair", str(place.worktree))
    remover = WorktreeRemover(place.session, git_in(new))
    seen = remover.look(AT)
    assert (seen.problem, seen.absent) == (None, None)
    done = remover.remove(FORCED, AT)
    assert isinstance(done, o.WorktreeRemoved), done
    assert not place.worktree.exists()
    assert done.worktree.repository == str(new)
    assert do(new, "rev-parse", REF) == done.worktree.commit
    place.restore(done.worktree)
    assert files_of(place.worktree) == before


def test_another_branch_than_the_sessions_own_is_not_deleted(place: Place) -> None:
    do(place.worktree, "switch", "--quiet", "--create", "develop")
    removed = place.remove(Removal(ref=REF, delete_branch=True))
    assert not removed.branch_deleted
    assert "the branch develop stays, for it is not the session's own" in removed.notes
    assert do(place.repository, "branch", "--list", "develop", "work").split() == [
        "develop",
        "work",
    ]
