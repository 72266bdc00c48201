"""Sessions to export, and archives as somebody could forge them."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage import archive, codec, exported
from storage.archive import Manifest, Member
from storage.data_dir import DataDir
from storage.journal import log
from storage.records import event as e
from tests.storage.histories import message, session

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
ID = "abcdefghijkl"
LONG = b"a result of many words. " * 20_000
ATTACHMENT = hashlib.sha256(LONG).hexdigest()


def stored(data: DataDir, session_id: str = ID, workspace: str = "default") -> Path:
    """A session with messages, an attachment and the output of a terminal; its directory."""
    directory = data.session(workspace, session_id)
    made = session(session_id)
    with log.Journal.create(directory, session_id, workspace, AT) as journal:
        journal.append([(AT, (e.SessionCreated(made),), None)])
        journal.append([(AT, (e.MessageAdded(message("m1")),), None)])
        journal.append([(AT, (e.MessageAdded(message("m2", "more")),), None)])
    for name, content in (
        (f"attachments/{ATTACHMENT}", LONG),
        ("terminals/worker/1-0.out", b"first"),
        ("terminals/worker/2-0.out", b""),
    ):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def export(directory: Path, target: Path, **options: Any) -> Manifest:
    return exported.export(
        directory, target, **{"named_elsewhere": 0, "version": "1.2", "at": AT, **options}
    )


def contents(path: Path) -> dict[str, bytes]:
    """What stands in an archive, by name and in its order, as plain tar reads it."""
    found = {}
    with tarfile.open(path, "r:gz") as tar:
        for entry in tar:
            source = tar.extractfile(entry)
            assert source is not None
            found[entry.name] = source.read()
    return found


def manifest_of(path: Path) -> Manifest:
    return archive.decode(contents(path)[archive.MANIFEST])


def files_of(path: Path) -> dict[str, bytes]:
    """The members without the manifest."""
    return {name: raw for name, raw in contents(path).items() if name != archive.MANIFEST}


def members(files: dict[str, bytes]) -> tuple[Member, ...]:
    return tuple(
        Member(name, len(raw), hashlib.sha256(raw).hexdigest()) for name, raw in files.items()
    )


def regular(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    return entry, content


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry, b""


def forge(
    path: Path, manifest: Manifest | bytes, entries: Iterable[tuple[tarfile.TarInfo, bytes]]
) -> Path:
    """A gzipped tar with that manifest and whatever entries."""
    raw = manifest if isinstance(manifest, bytes) else codec.encode(manifest)
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for entry, content in [regular(archive.MANIFEST, raw), *entries]:
            tar.addfile(entry, io.BytesIO(content))
    return path


def forge_files(path: Path, manifest: Manifest, files: dict[str, bytes]) -> Path:
    """The same with files as they stand."""
    return forge(path, manifest, [regular(name, raw) for name, raw in files.items()])
