"""An export comes in whole and stopped, or not at all; nothing of a hostile file gets anywhere."""

import shutil
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import archive, codec, trash
from storage.archive import Member
from storage.data_dir import DataDir
from storage.errors import FileRefused, JournalCorrupt, StorageError, StorageFull
from storage.imported import WorkspaceNotFound, bring_in
from storage.journal import log
from storage.records import event as e
from storage.staging import half_made
from tests.storage.exports import (
    AT,
    ATTACHMENT,
    ID,
    LONG,
    export,
    files_of,
    forge,
    forge_files,
    manifest_of,
    members,
    regular,
    special,
    stored,
)
from tests.storage.forgeries import FORGERIES, Forgery
from tests.storage.histories import session
from tests.storage.listing import listed


def prepared(place: Path) -> DataDir:
    data = DataDir(place)
    data.prepare()
    return data


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return prepared(tmp_path / "here")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    target = tmp_path / "session.tar.gz"
    export(stored(prepared(tmp_path / "there")), target)
    return target


def refused(data: DataDir, path: Path) -> str:
    """The reason; nothing of it may be left, and nothing outside may have changed."""
    before = listed(data.root)
    with pytest.raises((FileRefused, JournalCorrupt)) as caught:
        bring_in(data, path, None, AT)
    assert listed(data.workspace("default")) == ["sessions", "trash"]
    assert listed(data.sessions("default")) == []
    assert listed(data.root) == before
    return str(caught.value)


def test_all_of_it_comes_in_stopped(data: DataDir, file: Path) -> None:
    found, end = bring_in(data, file, None, AT, "7-import")
    assert (found.id, found.desired, found.message_count) == (ID, "stopped", 2)
    directory = data.session("default", ID)
    assert (directory / "attachments" / ATTACHMENT).read_bytes() == LONG
    assert (directory / "terminals" / "worker" / "1-0.out").read_bytes() == b"first"
    assert (directory / "terminals" / "worker" / "2-0.out").read_bytes() == b""
    journal = log.read(directory)
    assert (journal.end, journal.fault) == (end, None)
    assert journal.commits[-1].events == (e.SessionRestored("import"),)
    assert journal.commits[-1].request == "7-import"
    assert listed(data.workspace("default")) == ["sessions", "trash"]
    modes = {path.stat().st_mode & 0o777 for path in directory.rglob("*")}
    assert modes == {0o600, 0o700}


def test_it_is_said_in_each_journal_that_it_came_from_elsewhere(
    data: DataDir, tmp_path: Path, file: Path
) -> None:
    bring_in(data, file, None, AT, "7-import")
    for number, place in enumerate(("further", "on")):
        again = tmp_path / f"{place}.tar.gz"
        export(data.session("default", ID), again)
        data = prepared(tmp_path / place)
        _, end = bring_in(data, again, None, AT, f"{number}-import")
        last = log.read(data.session("default", ID)).commits[-1]
        assert (last.request, last.events) == (f"{number}-import", (e.SessionRestored("import"),))
        assert end.n == 5 + number


def test_the_record_names_the_workspace_that_it_came_into(data: DataDir, file: Path) -> None:
    data.prepare_workspace("side")
    found, end = bring_in(data, file, "side", AT)
    assert found.workspace == "side"
    journal = log.read(data.session("side", ID))
    assert journal.header.workspace == "default"
    assert (end.n, len(journal.commits)) == (4, 4)


def test_a_workspace_that_is_not_here_is_named(data: DataDir, tmp_path: Path, file: Path) -> None:
    with pytest.raises(WorkspaceNotFound, match="these are: default"):
        bring_in(data, file, "side", AT)
    there = prepared(tmp_path / "far")
    there.prepare_workspace("far")
    other = tmp_path / "far.tar.gz"
    stored(there, workspace="far")
    source = there.session("far", ID)
    trash.bring_back(
        source, ID, e.SessionRestored("import"), AT, workspace="far", named_elsewhere=0
    )
    export(source, other)
    with pytest.raises(WorkspaceNotFound, match="--workspace"):
        bring_in(data, other, None, AT)
    assert bring_in(data, other, "default", AT)[0].workspace == "default"


def test_an_id_that_was_used_here_is_refused(data: DataDir, file: Path) -> None:
    bring_in(data, file, None, AT)
    text = f"Session already exists with ID: {ID}"
    with pytest.raises(trash.SessionExists, match=text):
        bring_in(data, file, None, AT)
    name = trash.move_to_trash(data, "default", ID, 4).name
    with pytest.raises(trash.SessionExists, match=f"greenroom restore {name}"):
        bring_in(data, file, None, AT)
    (item,) = trash.shelved(data)
    trash.purge(item)
    assert bring_in(data, file, None, AT)[0].id == ID


def test_one_that_is_just_being_imported_is_refused(data: DataDir, file: Path) -> None:
    staged = data.workspace("default") / f".importing-{ID}"
    staged.mkdir()
    with trash.held(staged):
        assert half_made(data) == []
        with pytest.raises(trash.SessionExists, match="just being made"):
            bring_in(data, file, None, AT)
    assert half_made(data) == [staged]


@pytest.mark.parametrize("left", ["nothing", "files", "line"])
def test_what_a_crash_left_of_an_import_is_begun_again(
    data: DataDir, file: Path, left: str
) -> None:
    """At each step: an empty directory, files, and all of it but the last rename."""
    staged = data.workspace("default") / f".importing-{ID}"
    if left == "line":
        bring_in(data, file, None, AT)
        data.session("default", ID).rename(staged)
    else:
        staged.mkdir()
    if left == "files":
        (staged / "journal.jsonl").write_bytes(files_of(file)["journal.jsonl"][:100])
    assert half_made(data) == [staged]
    _, end = bring_in(data, file, None, AT)
    assert end.n == 4
    assert half_made(data) == []


def test_a_disk_without_room_is_said_before_anything_is_written(
    data: DataDir, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageFull, match="1000 are free"):
        bring_in(data, file, None, AT)
    assert listed(data.workspace("default")) == ["sessions", "trash"]


# Hostile files.


def _named(name: str) -> Forgery:
    """A member of that name, which the manifest names too."""

    def make(source: Path, target: Path) -> Path:
        files = {**files_of(source), name: b"evil"}
        manifest = replace(manifest_of(source), members=members(files))
        return forge_files(target, manifest, files)

    return make


def _instead(entry: tuple[tarfile.TarInfo, bytes]) -> Forgery:
    """Something else where the manifest says there is output."""

    def make(source: Path, target: Path) -> Path:
        files = files_of(source)
        entries = [regular(name, raw) for name, raw in files.items()]
        entries[-1] = entry
        return forge(target, manifest_of(source), entries)

    return make


NAMES = [
    "/etc/passwd",
    "../../escaped",
    "terminals/../../../escaped",
    "terminals/worker/../../../../escaped",
    "attachments/../escaped",
    f"attachments/{'A' * 64}",
    "attachments/short",
    f"./attachments/{ATTACHMENT}",
    "terminals/worker/1-0.out/",
    "terminals/worker/run.sh",
    "terminals/wor ker/9-0.out",
    "terminals//9-0.out",
    "journal.torn-1",
    "workspace.json",
    "",
    ".",
    "terminals/worker/9-0.out\0.txt",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_session_has_is_refused(
    data: DataDir, file: Path, tmp_path: Path, name: str
) -> None:
    assert not archive.is_member(name)
    with pytest.raises(FileRefused):
        archive.decode(
            codec.encode(
                replace(
                    manifest_of(file),
                    members=(*manifest_of(file).members, Member(name, 4, "a" * 64)),
                )
            )
        )
    if "\0" not in name and name not in {"", "."}:
        refused(data, _named(name)(file, tmp_path / "forged"))
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    "entry",
    [
        special("terminals/worker/2-0.out", tarfile.SYMTYPE, "/etc/passwd"),
        special("terminals/worker/2-0.out", tarfile.LNKTYPE, "journal.jsonl"),
        special("terminals/worker/2-0.out", tarfile.FIFOTYPE),
        special("terminals/worker/2-0.out", tarfile.CHRTYPE),
        special("terminals/worker/2-0.out", tarfile.BLKTYPE),
        special("terminals/worker/2-0.out", tarfile.DIRTYPE),
        special("terminals/worker/2-0.out", tarfile.GNUTYPE_SPARSE),
        special("../2-0.out", tarfile.SYMTYPE, "/etc"),
        regular("terminals/worker/3-0.out", b""),
        regular("terminals/worker/2-0.out", b"more than it says"),
    ],
    ids=["symlink", "link", "fifo", "char", "block", "dir", "sparse", "out", "other", "longer"],
)
def test_only_what_the_manifest_names_may_stand_there(
    data: DataDir, file: Path, tmp_path: Path, entry: tuple[tarfile.TarInfo, bytes]
) -> None:
    assert "manifest" in refused(data, _instead(entry)(file, tmp_path / "forged"))


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.__name__.strip("_"))
def test_a_forgery_is_refused_and_leaves_nothing(
    data: DataDir, file: Path, tmp_path: Path, forgery: Forgery
) -> None:
    assert refused(data, forgery(file, tmp_path / "forged"))


def test_a_worker_whose_id_leads_away_is_refused(data: DataDir, tmp_path: Path) -> None:
    there = prepared(tmp_path / "there2")
    directory = there.session("default", ID)
    made = session(ID)
    worker = {"type": "terminal", "id": "../../x", "name": "w", "created_at": AT.isoformat()}
    created = codec.convert({"worker": worker, "type": "worker-created"}, e.WorkerCreated)
    with log.Journal.create(directory, ID, "default", AT) as journal:
        journal.append([(AT, (e.SessionCreated(made), created), None)])
    export(directory, tmp_path / "it.tar.gz")
    assert "impossible id" in refused(data, tmp_path / "it.tar.gz")


@given(
    cut=st.floats(0, 1, exclude_max=True),
    at=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
def test_whatever_happens_to_the_file_it_is_all_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, cut: float, at: float, bit: int
) -> None:
    """Cut anywhere, or with a bit turned over anywhere."""
    place = tmp_path_factory.mktemp("turned")
    file = place / "it.tar.gz"
    source = stored(prepared(place / "there"))
    export(source, file)
    raw = bytearray(file.read_bytes())
    for spoiled in (bytes(raw[: int(cut * len(raw))]), _turned(raw, int(at * len(raw)), bit)):
        data = prepared(place / f"here-{len(spoiled)}-{hash(spoiled)}")
        file.write_bytes(spoiled)
        try:
            bring_in(data, file, None, AT)
        except StorageError:
            assert listed(data.sessions("default")) == []
        else:
            found = data.session("default", ID)
            assert (found / "attachments" / ATTACHMENT).read_bytes() == LONG
            journal = (source / "journal.jsonl").read_bytes()
            assert (found / "journal.jsonl").read_bytes().startswith(journal)
        assert listed(data.workspace("default")) == ["sessions", "trash"]


def _turned(raw: bytearray, at: int, bit: int) -> bytes:
    turned = bytearray(raw)
    turned[at] ^= 1 << bit
    return bytes(turned)
