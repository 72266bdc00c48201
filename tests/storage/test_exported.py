"""One file with all of a session, also while it grows; whole at its place or not there."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from storage import archive, exported
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, JournalMissing, StorageError, StorageFull
from storage.journal import log
from storage.records import event as e
from tests.storage.exports import (
    AT,
    ATTACHMENT,
    ID,
    LONG,
    contents,
    export,
    files_of,
    manifest_of,
    members,
    stored,
)
from tests.storage.histories import message
from tests.storage.listing import listed


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "data")
    data.prepare()
    return data


@pytest.fixture
def target(tmp_path: Path) -> Path:
    place = tmp_path / "out"
    place.mkdir()
    return place / "session.tar.gz"


def test_all_of_a_session_is_in_one_private_file(data: DataDir, target: Path) -> None:
    directory = stored(data)
    export(directory, target)
    found = contents(target)
    assert list(found) == [
        "manifest.json",
        "journal.jsonl",
        f"attachments/{ATTACHMENT}",
        "terminals/worker/1-0.out",
        "terminals/worker/2-0.out",
    ]
    assert found["journal.jsonl"] == (directory / "journal.jsonl").read_bytes()
    assert found[f"attachments/{ATTACHMENT}"] == LONG
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert listed(target.parent) == [target.name]


def test_the_manifest_says_what_it_is(data: DataDir, target: Path) -> None:
    directory = stored(data)
    export(directory, target)
    manifest = manifest_of(target)
    assert (manifest.session, manifest.workspace, manifest.title) == (ID, "default", "Sample")
    assert (manifest.greenroom, manifest.at, manifest.format) == ("1.2", AT, 1)
    assert manifest.end == log.read(directory).end
    assert manifest.members == members(files_of(target))


def test_what_belongs_to_no_session_stays_behind(data: DataDir, target: Path) -> None:
    directory = stored(data)
    (directory / "journal.torn-4").write_text("half a line")
    (directory / "mcp-demo.log").write_text("a log")
    (directory / "attachments" / "notes.txt").write_text("a note")
    (directory / "attachments" / ("a" * 64)).symlink_to("/etc/passwd")
    (directory / "terminals" / "linked").symlink_to("/etc")
    (directory / "terminals" / "worker" / "3-0.out").mkdir()
    export(directory, target)
    assert len(contents(target)) == 5


def test_half_a_line_is_left_out(data: DataDir, target: Path) -> None:
    directory = stored(data)
    whole = (directory / "journal.jsonl").read_bytes()
    with (directory / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"n":4,"synced":3,"pre')
    export(directory, target)
    assert contents(target)["journal.jsonl"] == whole


def _spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"hello", b"jello"))


def test_a_damaged_journal_is_refused(data: DataDir, target: Path) -> None:
    directory = stored(data)
    _spoil(directory / "journal.jsonl")
    with pytest.raises(JournalCorrupt, match="number 2"):
        export(directory, target)
    assert listed(target.parent) == []


def test_a_journal_that_ends_too_early_is_refused(data: DataDir, target: Path) -> None:
    directory = stored(data)
    with pytest.raises(JournalCorrupt, match="number 4 was confirmed"):
        export(directory, target, named_elsewhere=4)


def test_without_a_journal_there_is_nothing_to_export(data: DataDir, target: Path) -> None:
    with pytest.raises(JournalMissing):
        export(data.session("default", ID), target)


def test_nothing_is_overwritten_unasked(data: DataDir, target: Path) -> None:
    directory = stored(data)
    target.write_text("somebody's")
    with pytest.raises(FileExistsError):
        export(directory, target)
    assert target.read_text() == "somebody's"
    export(directory, target, overwrite=True)
    assert next(iter(contents(target))) == "manifest.json"
    assert listed(target.parent) == [target.name]


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(
    data: DataDir, target: Path
) -> None:
    directory = stored(data)

    def appear(*_: object) -> None:
        target.write_text("somebody's")

    with pytest.raises(FileExistsError):
        export(directory, target, progress=appear)
    assert (target.read_text(), listed(target.parent)) == ("somebody's", [target.name])


def test_a_file_system_without_links_gets_it_by_rename(
    data: DataDir, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(os, "link", no_links)
    export(stored(data), target)
    assert listed(target.parent) == [target.name]


def test_progress_is_told_to_the_end(data: DataDir, target: Path) -> None:
    told: list[tuple[int, int]] = []
    export(stored(data), target, progress=lambda done, total: told.append((done, total)))
    done, total = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert set(total) == {done[-1]}


def test_a_full_disk_leaves_nothing(
    data: DataDir, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    directory = stored(data)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        export(directory, target)
    assert listed(target.parent) == []


def test_output_that_is_dropped_meanwhile_is_left_out(data: DataDir, target: Path) -> None:
    directory = stored(data)
    oldest = directory / "terminals" / "worker" / "1-0.out"

    def drop(done: int, total: int) -> None:
        if done == total // 2:  # all is hashed, nothing written
            oldest.unlink(missing_ok=True)

    export(directory, target, progress=drop)
    assert "terminals/worker/1-0.out" not in contents(target)
    assert manifest_of(target).members == members(files_of(target))


def test_one_that_never_holds_still_is_refused_in_the_end(data: DataDir, target: Path) -> None:
    directory = stored(data)
    restless = directory / "terminals" / "worker" / "1-0.out"
    turns = iter(range(10_000))

    def change(*_: object) -> None:
        restless.write_bytes(b"%05d" % next(turns))

    with pytest.raises(StorageError, match="changed while it was read"):
        export(directory, target, progress=change)
    assert listed(target.parent) == []


def test_what_is_exported_while_it_grows_is_a_prefix(data: DataDir, target: Path) -> None:
    directory = stored(data)
    over = threading.Event()

    def write() -> None:
        journal, _ = log.Journal.open(directory)
        with journal, (directory / "terminals" / "worker" / "2-0.out").open("ab") as output:
            number = 0
            while not over.is_set():
                number += 1
                journal.append([(AT, (e.MessageAdded(message(f"x{number}")),), None)])
                output.write(b"line %d\n" % number)
                output.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found: list[Any] = []
        for number in range(5):
            path = target.with_name(f"{number}.tar.gz")
            export(directory, path)
            found.append(files_of(path))
            assert manifest_of(path).members == members(found[-1])
    finally:
        over.set()
        writer.join()
    last = (directory / "journal.jsonl").read_bytes()
    assert all(last.startswith(files["journal.jsonl"]) for files in found)


def test_the_sum_of_the_members_tells_how_long_the_tar_is(data: DataDir, target: Path) -> None:
    export(stored(data), target)
    files = files_of(target)
    assert archive.unpacked_bytes(members(files)) >= sum(map(len, files.values()))
    assert exported.LOOKS > 1


def test_what_a_killed_export_left_is_used_again(data: DataDir, target: Path) -> None:
    (target.parent / f".{target.name}.tmp").write_bytes(b"half")
    export(stored(data), target)
    assert next(iter(contents(target))) == archive.MANIFEST
    assert listed(target.parent) == [target.name]


def test_two_exports_to_one_file_do_not_mix(data: DataDir, target: Path) -> None:
    directory = stored(data)
    refused = []

    def another(*_: object) -> None:
        with pytest.raises(StorageError, match="another export is just writing"):
            export(directory, target, overwrite=True)
        refused.append(True)

    manifest = export(directory, target, progress=another)
    assert refused
    assert manifest_of(target) == manifest
    assert listed(target.parent) == [target.name]


def test_a_pipe_in_the_journal_s_place_is_not_waited_on(data: DataDir, target: Path) -> None:
    directory = stored(data)
    (directory / "journal.jsonl").unlink()
    os.mkfifo(directory / "journal.jsonl")
    with pytest.raises(JournalCorrupt):
        export(directory, target)
