import hashlib
import json
import shutil
from pathlib import Path

import pytest

from storage import sessions_file
from storage.catalog import Catalog, CatalogEntry, load
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt
from storage.journal.log import NAME, Journal
from storage.records import event as e
from tests.storage.histories import START, added, created

ID, OTHER = "abcdefghijkl", "abcdefghijk2"


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.lock().release()
    made.prepare()
    return made


def record(data: DataDir, session_id: str = ID, messages: int = 1) -> None:
    """A session with a journal of `messages` + 1 commits."""
    place = data.session("default", session_id)
    with Journal.create(place, session_id, "default", START) as journal:
        journal.append([created(session_id), *(added(n) for n in range(messages))])


def extend(data: DataDir, *events: e.Event, session_id: str = ID) -> None:
    journal, _ = Journal.open(data.session("default", session_id))
    with journal:
        journal.append([(START, events, None)])


def project(data: DataDir, revision: int = 7) -> None:
    """Write sessions.json as it is now."""
    entries = [(entry.session, entry.end) for entry in read(data).entries.values()]
    path = data.sessions_file("default")
    sessions_file.write(path, revision, entries, previous={}, at=START)


def read(data: DataDir) -> Catalog:
    return load(data, "default")


def only(data: DataDir) -> CatalogEntry:
    (entry,) = read(data).entries.values()
    return entry


def spoil(data: DataDir, session_id: str = ID) -> None:
    """Damage the first commit, which later ones confirm."""
    path = data.session("default", session_id) / NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1].replace(b"Sample", b"Simple"), *lines[2:]]))


def test_nothing_is_no_sessions(data: DataDir) -> None:
    found = read(data)
    assert (found.entries, found.unreadable, found.revision) == ({}, {}, 0)
    assert not found.is_current


def test_without_a_projection_all_comes_from_the_journals(data: DataDir) -> None:
    record(data)
    found = read(data)
    assert found.entries[ID].session.message_count == 1
    assert found.entries[ID].end.n == 2
    assert not found.is_current


def test_a_projection_that_says_the_same_is_believed(data: DataDir) -> None:
    record(data)
    project(data)
    found = read(data)
    assert (found.is_current, found.revision) == (True, 7)
    assert found.entries[ID].session.message_count == 1


def test_a_projection_of_an_older_greenroom_is_believed_and_written_anew(data: DataDir) -> None:
    """Else an edit of it would be refused for a field that it never had."""
    record(data)
    project(data)
    path = data.sessions_file("default")
    outline = json.loads(path.read_text())
    del outline["sessions"][0]["permissions"]
    body = {"revision": outline["revision"], "sessions": outline["sessions"]}
    compact = json.dumps(body, separators=(",", ":")).encode()
    outline["digest"] = f"sha256:{hashlib.sha256(compact).hexdigest()}"
    path.write_text(json.dumps(outline, indent=2))
    found = read(data)
    assert (found.is_current, found.revision) == (False, 7)
    assert found.entries[ID].session.permissions == ()


def test_only_a_longer_journal_is_replayed(data: DataDir) -> None:
    record(data)
    record(data, OTHER)
    project(data)
    extend(data, e.SessionUpdated({"title": "Longer"}))
    path = data.session("default", OTHER) / NAME
    path.write_bytes(bytes(path.stat().st_size))  # as long as it was: nobody looks into it
    found = read(data)
    assert found.entries[ID].session.title == "Longer"
    assert found.entries[OTHER].session.title == "Sample"
    assert (found.unreadable, found.is_current) == ({}, False)


def test_a_deletion_under_way_is_known(data: DataDir) -> None:
    record(data)
    extend(data, e.SessionDeleting())
    assert only(data).deleting


def test_a_corrupt_journal_concerns_its_session_alone(data: DataDir) -> None:
    record(data)
    record(data, OTHER)
    spoil(data)
    found = read(data)
    assert set(found.entries) == {OTHER}
    assert set(found.unreadable) == {ID}
    assert "damaged" in found.unreadable[ID]


def test_of_a_corrupt_one_that_was_projected_the_last_record_is_shown(data: DataDir) -> None:
    record(data)
    project(data)
    extend(data, e.SessionUpdated({"title": "Later"}))
    spoil(data)
    found = read(data)
    assert found.entries[ID].session.title == "Sample"
    assert set(found.unreadable) == {ID}


def test_a_journal_shorter_than_its_projection_is_refused(data: DataDir) -> None:
    record(data)
    before = (data.session("default", ID) / NAME).read_bytes()
    extend(data, e.SessionUpdated({"title": "Later"}))
    project(data)
    (data.session("default", ID) / NAME).write_bytes(before)
    assert "was confirmed" in read(data).unreadable[ID]


def test_a_directory_without_a_journal_is_a_creation_cut_short(data: DataDir) -> None:
    data.session("default", ID).mkdir()
    found = read(data)
    assert (found.entries, found.unreadable) == ({}, {})


def test_a_projected_session_without_its_journal_is_missed(data: DataDir) -> None:
    record(data)
    project(data)
    (data.session("default", ID) / NAME).unlink()
    assert set(read(data).unreadable) == {ID}


def test_a_projected_session_without_its_directory_is_missed_unless_it_is_in_the_trash(
    data: DataDir,
) -> None:
    record(data)
    project(data)
    shutil.move(data.session("default", ID), data.trash("default") / f"{ID}-2")
    assert read(data).entries == {}
    shutil.rmtree(data.trash("default") / f"{ID}-2")
    found = read(data)
    assert "directory is gone" in found.unreadable[ID]
    assert set(found.entries) == {ID}


def test_the_journal_of_another_session_is_refused(data: DataDir) -> None:
    record(data)
    shutil.copytree(data.session("default", ID), data.session("default", OTHER))
    found = read(data)
    assert set(found.entries) == {ID}
    assert ID in found.unreadable[OTHER]


@pytest.mark.parametrize(
    "event",
    [
        e.WorkerDeleting("nobody"),
        e.WorkerStarting("nobody", 1),
        e.MessageUpdated("nothing", {}),
        e.SessionUpdated({"title": 7}),
    ],
)
def test_events_that_do_not_fit_together_concern_their_session_alone(
    data: DataDir, event: e.Event
) -> None:
    record(data)
    record(data, OTHER)
    extend(data, event)
    found = read(data)
    assert OTHER in found.entries
    assert len(found.entries) + len(found.unreadable) == 2


def test_a_journal_that_begins_with_no_session_is_refused(data: DataDir) -> None:
    with Journal.create(data.session("default", ID), ID, "default", START) as journal:
        journal.append([(START, (e.SessionDeleting(),), None)])
    assert "no session" in read(data).unreadable[ID]


def test_what_is_no_id_is_passed_over(data: DataDir) -> None:
    data.sessions("default").joinpath("Not an id").mkdir()
    data.sessions("default").joinpath(OTHER).touch()
    found = read(data)
    assert (found.entries, found.unreadable) == ({}, {})


def test_a_revision_that_was_begun_is_not_used_again(data: DataDir) -> None:
    record(data)
    project(data)
    revisions = data.sessions_file("default").with_name(".revisions.jsonl")
    with revisions.open("a") as file:
        file.write(revisions.read_text().replace('"revision":7', '"revision":8'))
    assert read(data).revision == 8
    revisions.unlink()
    assert read(data).revision == 7


@pytest.mark.parametrize("content", ["", "\0\0\0", "{", "[]", '{"version": 2}'])
def test_a_broken_projection_is_no_evidence_and_is_left(data: DataDir, content: str) -> None:
    record(data)
    project(data)
    data.sessions_file("default").write_text(content)
    found = read(data)
    assert (set(found.entries), found.is_current, found.revision) == ({ID}, False, 7)
    assert data.sessions_file("default").read_text() == content


def test_an_edited_projection_is_no_evidence_and_is_left(data: DataDir) -> None:
    record(data)
    project(data)
    path = data.sessions_file("default")
    edited = path.read_text().replace("Sample", "Edited")
    path.write_text(edited)
    path.with_name(".revisions.jsonl").unlink()
    found = read(data)
    assert found.entries[ID].session.title == "Sample"
    assert (found.revision, found.is_current) == (7, False)
    assert path.read_text() == edited


def test_damage_of_the_same_length_is_left_for_whoever_reads_the_journal(data: DataDir) -> None:
    record(data)
    project(data)
    spoil(data)
    found = read(data)
    assert (set(found.entries), found.unreadable) == ({ID}, {})
    with pytest.raises(JournalCorrupt):
        Journal.open(data.session("default", ID), found.entries[ID].end.n)


@pytest.mark.parametrize("whole", [True, False])
def test_a_link_is_no_session_however_good_it_is(data: DataDir, whole: bool) -> None:
    record(data)
    project(data)
    place = data.session("default", ID)
    linked = place if whole else place / NAME
    linked.rename(data.root / "elsewhere")
    linked.symlink_to(data.root / "elsewhere")
    found = read(data)
    assert "is a symbolic link" in found.unreadable[ID]
    assert set(found.entries) == {ID}


def test_attachments_without_a_journal_stay(data: DataDir) -> None:
    attachment = data.session("default", ID) / "attachments" / ("a" * 64)
    attachment.parent.mkdir(parents=True)
    attachment.write_bytes(b"all that is left")
    found = read(data)
    assert (found.entries, found.unreadable) == ({}, {})
    assert attachment.exists()
