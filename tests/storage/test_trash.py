"""A deleted session moves whole, once; it comes back whole; a purge removes it, and only it."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import trash
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, JournalMissing, StorageError
from storage.journal import log
from storage.records import event as e
from storage.records.request import Refusal
from tests.storage.histories import created, session
from tests.storage.listing import listed

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "data")
    data.prepare()
    return data


def deleted(data: DataDir, session_id: str = "abcdefghijkl", title: str = "Sample") -> Path:
    """A session that was deleted; where it lies."""
    journal = log.Journal.create(data.session("default", session_id), session_id, "default", AT)
    with journal:
        journal.append([(AT, (e.SessionCreated(session(session_id, title)),), None)])
        journal.append([(AT, (e.SessionDeleting(), e.SessionDeleted()), None)])
    return trash.move_to_trash(data, "default", session_id, 2)


def only(data: DataDir) -> trash.Shelved:
    (item,) = trash.shelved(data)
    return item


def test_a_session_goes_to_the_trash_whole_and_only_once(data: DataDir) -> None:
    directory = data.session("default", "abc")
    directory.mkdir()
    (directory / "journal.jsonl").write_text("all of it")
    for _ in range(2):
        target = trash.move_to_trash(data, "default", "abc", 17)
        assert target == data.trash("default") / "abc-17"
        assert (target / "journal.jsonl").read_text() == "all of it"
        assert listed(data.sessions("default")) == []


def test_a_session_that_is_nowhere_is_an_error(data: DataDir) -> None:
    with pytest.raises(FileNotFoundError):
        trash.move_to_trash(data, "default", "abc", 17)


def test_a_name_that_is_taken_is_left_alone(data: DataDir) -> None:
    for copy in range(3):
        data.session("default", "abc").mkdir()
        (data.session("default", "abc") / "copy").write_text(str(copy))
        trash.move_to_trash(data, "default", "abc", 17)
    assert listed(data.trash("default")) == ["abc-17", "abc-17.2", "abc-17.3"]
    assert {item.id for item in trash.shelved(data)} == {"abc"}
    assert (data.trash("default") / "abc-17.3" / "copy").read_text() == "2"


def test_the_listing_says_what_each_was(data: DataDir) -> None:
    place = deleted(data)
    (place / "terminals" / "w").mkdir(parents=True)
    (place / "terminals" / "w" / "1-0.out").write_bytes(b"x" * 1000)
    (entry,) = trash.listing(data)
    assert (entry.id, entry.name, entry.n) == ("abcdefghijkl", "abcdefghijkl-2", 2)
    assert (entry.title, entry.type, entry.problem) == ("Sample", "quick", None)
    assert entry.deleted_at == AT
    assert entry.bytes == 1000 + (place / "journal.jsonl").stat().st_size


def _cut_short(place: Path) -> None:
    journal = place / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))


def _spoil(place: Path) -> None:
    journal = place / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"Sample", b"Simple"))


def _remove(place: Path) -> None:
    (place / "journal.jsonl").unlink()


def _put_another(place: Path) -> None:
    other = log.Journal.create(place.parent / "other", "zzzzzzzzzzzz", "default", AT)
    with other:
        other.append([created("zzzzzzzzzzzz")] * 1)
        other.append([(AT, (e.SessionDeleted(),), None)])
    (place.parent / "other" / "journal.jsonl").replace(place / "journal.jsonl")
    (place.parent / "other").rmdir()


@pytest.mark.parametrize("damage", [_cut_short, _spoil, _remove, _put_another])
def test_one_whose_journal_is_not_whole_is_listed_and_stays(
    data: DataDir, damage: Callable[[Path], None]
) -> None:
    place = deleted(data)
    damage(place)
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    (entry,) = trash.listing(data)
    assert entry.problem
    with pytest.raises((JournalCorrupt, JournalMissing)):
        trash.restore(data, only(data), AT)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    trash.purge(only(data))
    assert listed(data.trash("default")) == []


def test_a_restored_session_is_stopped_and_says_so(data: DataDir) -> None:
    deleted(data)
    restored, end = trash.restore(data, only(data), AT, "7-restore")
    assert (restored.id, restored.desired, restored.status) == (
        "abcdefghijkl",
        "stopped",
        "inactive",
    )
    found = log.read(data.session("default", "abcdefghijkl"))
    assert (found.end, found.fault) == (end, None)
    last = found.commits[-1]
    assert (last.n, last.request, last.events) == (3, "7-restore", (e.SessionRestored("trash"),))
    assert listed(data.trash("default")) == []


def test_a_crash_before_the_move_and_it_is_restored_all_the_same(data: DataDir) -> None:
    """The line is in the journal, the directory still in the trash."""
    place = deleted(data)
    trash.bring_back(
        place,
        "abcdefghijkl",
        e.SessionRestored("trash"),
        AT,
        workspace="default",
        named_elsewhere=2,
    )
    _, end = trash.restore(data, only(data), AT)
    assert end.n == 3
    found = log.read(data.session("default", "abcdefghijkl"))
    assert [type(event) for event in found.commits[-1].events] == [e.SessionRestored]


def test_half_a_line_at_the_end_is_cut_and_kept(data: DataDir) -> None:
    place = deleted(data)
    with (place / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"n":3,"syn')
    trash.restore(data, only(data), AT)
    directory = data.session("default", "abcdefghijkl")
    assert listed(directory) == ["journal.jsonl", "journal.torn-3"]
    assert log.read(directory).end.n == 3


def test_a_session_in_another_workspace_keeps_the_id_for_itself(data: DataDir) -> None:
    deleted(data)
    data.prepare_workspace("side")
    data.session("side", "abcdefghijkl").mkdir()
    with pytest.raises(trash.SessionExists, match="in workspace side"):
        trash.restore(data, only(data), AT)
    assert listed(data.trash("default")) == ["abcdefghijkl-2"]


def test_one_that_was_moved_by_hand_says_where_it_lies_now(data: DataDir) -> None:
    place = deleted(data)
    data.prepare_workspace("side")
    place.rename(data.trash("side") / place.name)
    restored, _ = trash.restore(data, only(data), AT)
    assert restored.workspace == "side"
    assert listed(data.sessions("side")) == ["abcdefghijkl"]


def test_what_is_gone_is_not_found(data: DataDir) -> None:
    deleted(data)
    item = only(data)
    trash.purge(item)
    with pytest.raises(FileNotFoundError):
        trash.purge(item)
    with pytest.raises(FileNotFoundError):
        trash.restore(data, item, AT)


def test_a_purge_removes_links_and_nothing_that_they_lead_to(data: DataDir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    place = deleted(data)
    (place / "directory").symlink_to(outside)
    (place / "file").symlink_to(outside / "precious")
    (data.trash("default") / "linked-1").symlink_to(outside)
    trash.purge(only(data))
    assert listed(data.trash("default")) == ["linked-1"]
    assert (outside / "precious").read_text() == "kept"


def test_a_crash_inside_a_purge_leaves_what_the_next_start_finds(data: DataDir) -> None:
    place = deleted(data)
    half = place.with_name(f".purging-{place.name}")
    place.rename(half)
    assert trash.shelved(data) == []
    assert trash.half_purged(data) == [half]
    trash.remove(half)
    trash.remove(half)
    assert listed(data.trash("default")) == []


def test_a_purge_beside_a_half_purged_one_of_that_name(data: DataDir) -> None:
    place = deleted(data)
    place.with_name(f".purging-{place.name}").mkdir()
    trash.purge(only(data))
    assert listed(data.trash("default")) == [f".purging-{place.name}"]


def test_a_disk_that_takes_no_new_name_is_purged_all_the_same(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted(data)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "rename", full)
    trash.purge(only(data))
    assert listed(data.trash("default")) == []


def test_what_may_not_be_moved_is_said(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted(data)

    def refuse(*_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        trash.purge(only(data))
    assert listed(data.trash("default")) == ["abcdefghijkl-2"]


def test_foreign_names_are_passed_over(data: DataDir) -> None:
    for name in (".hidden-1", "no number", "abc-", "abc-x", "-"):
        (data.trash("default") / name).mkdir()
    (data.trash("default") / "file-1").write_text("no directory")
    assert trash.shelved(data) == []


@pytest.mark.parametrize("reference", ["abcdefghijkl-2", "abcdefghijkl", "abcd", "Sample"])
def test_a_reference_is_a_name_an_id_its_beginning_or_a_title(
    data: DataDir, reference: str
) -> None:
    deleted(data)
    deleted(data, "mnopqrstuvwx", "Other")
    found = trash.find(data, reference)
    assert isinstance(found, trash.Shelved)
    assert found.id == "abcdefghijkl"


def test_a_reference_to_nothing_or_to_several_is_refused(data: DataDir) -> None:
    deleted(data)
    deleted(data, "abcdzzzzzzzz")
    for reference, code in (("abcd", "ambiguous"), ("Sample", "ambiguous"), ("abc", None)):
        found = trash.find(data, reference)
        assert isinstance(found, Refusal)
        assert found.code == (code or "session-not-found")


def test_what_is_held_is_known_to_be(data: DataDir) -> None:
    place = deleted(data)
    assert not trash.is_held(place)
    with trash.held(place):
        assert trash.is_held(place)
    trash.remove(place)
    assert not trash.is_held(place)


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_directory_of_its_own_is_not_moved(
    data: DataDir, tmp_path: Path, kind: str
) -> None:
    place = data.session("default", "abc")
    if kind == "link":
        place.symlink_to(tmp_path)
    else:
        place.write_text("")
    with pytest.raises(StorageError, match="no session's directory: remove it"):
        trash.move_to_trash(data, "default", "abc", 17)
    assert listed(data.trash("default")) == []


def test_a_trash_that_somebody_removed_is_made_again(data: DataDir) -> None:
    data.trash("default").rmdir()
    assert deleted(data).parent == data.trash("default")
