"""What a removal could not remove is told, and goes once that is possible; nothing else does."""

from pathlib import Path

import pytest

from actors.cli.doctor import left_trees
from actors.cli.doctor.finding import Finding
from actors.cli.doctor.left_trees import findings
from actors.git import mounts
from actors.git.left_places import PARKED, REMOVING
from actors.messages import outcomes as o
from storage.data_dir import DataDir
from storage.journal.log import Journal
from storage.records import event as e
from tests.actors.git.removed_place import AT, FORCED, REF, SESSION, Place

TIME = REF.rpartition("/")[2]


class Greenroom:
    """A data directory with one worktree session; `stuck` names a place that is a mount."""

    def __init__(self, root: Path) -> None:
        self.data = DataDir(root / "data")
        self.data.lock().release()
        self.data.prepare()
        self.place = Place(root)
        self.table = root / "table"
        self.stuck()
        directory = self.data.session("default", SESSION)
        with Journal.create(directory, SESSION, "default", AT) as journal:
            journal.append([(AT, (e.SessionCreated(self.place.session),), None)])

    @property
    def left(self) -> Path:
        return self.place.worktree.with_name(f"{REMOVING}{SESSION}-{TIME}")

    def stuck(self, path: Path | None = None) -> None:
        line = f"36 35 98:0 / {path} rw,noatime - ext3 /dev/root rw\n"
        self.table.write_text(line if path else "")

    def found(self, *, fix: bool = False) -> Finding:
        (found,) = findings(self.data, fix=fix)
        return found


@pytest.fixture
def greenroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Greenroom:
    made = Greenroom(tmp_path)
    monkeypatch.setattr(mounts, "TABLE", made.table)
    return made


def test_what_could_not_be_removed_is_told_and_goes_when_it_can(greenroom: Greenroom) -> None:
    place, left = greenroom.place, greenroom.left
    place.fill()
    assert greenroom.found().state == "ok"
    greenroom.stuck(left / "disk")
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.WorktreeRemoved)
    (note,) = done.worktree.notes
    assert note.endswith("is a mount; greenroom doctor --fix goes on with it")
    told = greenroom.found()
    assert (told.state, told.next_step) == ("note", "greenroom doctor --fix removes it")
    assert str(left) in told.text
    assert greenroom.found(fix=True).state == "note"
    assert left.is_dir()
    greenroom.stuck()
    assert greenroom.found(fix=True).state == "ok"
    assert not left.exists()
    place.restore(done.worktree)


def test_nothing_goes_of_which_there_is_no_copy(
    greenroom: Greenroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, parked = greenroom.left, greenroom.left.with_name(f"{PARKED}{SESSION}-{TIME}")
    stranger = greenroom.left.with_name(f"{REMOVING}mnopqrstuvwx-{TIME}")
    for path in (left, parked, stranger):
        path.mkdir()
        (path / "work").write_text("mine\n")
    assert str(parked) not in str(list(findings(greenroom.data, fix=True)))  # it may go on
    monkeypatch.setattr(left_trees, "YOUNG_SECONDS", -1.0)
    told = list(findings(greenroom.data, fix=True))
    assert {each.state for each in told} == {"note"}
    assert all((path / "work").exists() for path in (left, parked, stranger))
    texts = " ".join(f"{each.text} {each.next_step}" for each in told)
    for words in ("its copy, is gone", "its files are all there", "a session that is no more"):
        assert words in texts


def test_a_repository_that_has_gone_removes_nothing(greenroom: Greenroom) -> None:
    greenroom.left.mkdir()
    greenroom.place.repository.rename(greenroom.place.repository.with_name("moved"))
    assert greenroom.found(fix=True).state == "note"
    assert greenroom.left.is_dir()
