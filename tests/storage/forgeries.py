"""Exports that no greenroom writes: each makes a hostile or broken file of a good one."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from storage import archive
from storage.journal.frame import JournalEnd
from tests.storage.exports import (
    files_of,
    forge,
    forge_files,
    manifest_of,
    members,
    regular,
)

Forgery = Callable[[Path, Path], Path]
"""Given a good export and where to write, the path of the forgery."""


def _other_content(source: Path, target: Path) -> Path:
    files = {**files_of(source), "terminals/worker/1-0.out": b"worst"}
    return forge_files(target, manifest_of(source), files)


def _one_more(source: Path, target: Path) -> Path:
    files = {**files_of(source), "terminals/worker/9-0.out": b"more"}
    return forge_files(target, manifest_of(source), files)


def _one_less(source: Path, target: Path) -> Path:
    files = files_of(source)
    del files["terminals/worker/2-0.out"]
    return forge_files(target, manifest_of(source), files)


def _twice(source: Path, target: Path) -> Path:
    manifest = manifest_of(source)
    again = (*manifest.members, manifest.members[-1])
    return forge_files(target, replace(manifest, members=again), files_of(source))


def _no_journal(source: Path, target: Path) -> Path:
    files = files_of(source)
    del files["journal.jsonl"]
    manifest = replace(manifest_of(source), members=members(files))
    return forge_files(target, manifest, files)


def _attachment_by_another_name(source: Path, target: Path) -> Path:
    files = {**files_of(source), f"attachments/{'b' * 64}": b"not that"}
    manifest = replace(manifest_of(source), members=members(files))
    return forge_files(target, manifest, files)


def _later_format(source: Path, target: Path) -> Path:
    return forge_files(target, replace(manifest_of(source), format=2), files_of(source))


def _bad_id(source: Path, target: Path) -> Path:
    manifest = replace(manifest_of(source), session="../../escaped")
    return forge_files(target, manifest, files_of(source))


def _another_id(source: Path, target: Path) -> Path:
    manifest = replace(manifest_of(source), session="zzzzzzzzzzzz")
    return forge_files(target, manifest, files_of(source))


def _another_end(source: Path, target: Path) -> Path:
    manifest = replace(manifest_of(source), end=JournalEnd(2, 100, "00000000"))
    return forge_files(target, manifest, files_of(source))


def _with_journal(raw: bytes, source: Path, target: Path) -> Path:
    files = {**files_of(source), "journal.jsonl": raw}
    manifest = replace(manifest_of(source), members=members(files))
    return forge_files(target, manifest, files)


def _damaged_journal(source: Path, target: Path) -> Path:
    raw = files_of(source)["journal.jsonl"]
    return _with_journal(raw.replace(b"hello", b"jello"), source, target)


def _half_a_journal(source: Path, target: Path) -> Path:
    return _with_journal(files_of(source)["journal.jsonl"][:-20], source, target)


def _negative(source: Path, target: Path) -> Path:
    manifest = manifest_of(source)
    bad = replace(manifest.members[-1], bytes=-5)
    return forge_files(
        target, replace(manifest, members=(*manifest.members[:-1], bad)), files_of(source)
    )


def _claims_too_much(source: Path, target: Path) -> Path:
    manifest = manifest_of(source)
    huge = replace(manifest.members[-1], bytes=1 << 50)
    return forge_files(
        target, replace(manifest, members=(*manifest.members[:-1], huge)), files_of(source)
    )


def _no_manifest(source: Path, target: Path) -> Path:
    with gzip.open(target, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        tar.addfile(*_as_file(regular("journal.jsonl", files_of(source)["journal.jsonl"])))
    return target


def _as_file(entry: tuple[tarfile.TarInfo, bytes]) -> tuple[tarfile.TarInfo, io.BytesIO]:
    return entry[0], io.BytesIO(entry[1])


def _manifest_bomb(_: Path, target: Path) -> Path:
    return forge(target, b" " * (archive.MANIFEST_LIMIT_BYTES + 1), [])


def _header_bomb(_: Path, target: Path) -> Path:
    """A name that is 64 MiB long, in a file of 64 kB."""
    entry = tarfile.TarInfo("long")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 64 << 20
    with gzip.open(target, "wb") as packed:
        packed.write(entry.tobuf(tarfile.GNU_FORMAT))
        packed.write(b"a" * (64 << 20))
    return target


def _tail_bomb(source: Path, target: Path) -> Path:
    """64 MiB more after all that the manifest names."""
    entries = [regular(name, raw) for name, raw in files_of(source).items()]
    return forge(target, manifest_of(source), [*entries, regular("x", bytes(64 << 20))])


def _empty(_: Path, target: Path) -> Path:
    target.write_bytes(b"")
    return target


def _no_gzip(_: Path, target: Path) -> Path:
    target.write_bytes(b"PK\x03\x04 whatever")
    return target


FORGERIES: list[Forgery] = [
    _other_content, _one_more, _one_less, _twice, _no_journal, _attachment_by_another_name,
    _later_format, _bad_id, _another_id, _another_end, _damaged_journal, _half_a_journal,
    _negative, _claims_too_much, _no_manifest, _manifest_bomb, _header_bomb, _tail_bomb, _empty,
    _no_gzip,
]  # fmt: skip
