"""Faults that a storage could have, each put into the real code for as long as a test lasts.

A row is a function that plants one, and what the proof has to say of it. `Without` is a module with
some functions replaced, for the one module that looks at it: all others go on with the real one.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storage import (
    attachments,
    durable,
    edit_claims,
    imported,
    rejected,
    request_files,
    revisions,
    trash,
)
from storage.journal import frame, log, repair
from storage.journal.log import Journal


class Without:
    """As `module`, but for `replaced`."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self._module = module
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced[name] if name in self._replaced else getattr(self._module, name)


def _nothing(*_: Any, **__: Any) -> None:
    return None


def no_sync(patch: pytest.MonkeyPatch) -> None:
    """What was appended is left to the page cache."""
    patch.setattr(log, "os", Without(os, fdatasync=_nothing))


def no_directory_sync(patch: pytest.MonkeyPatch) -> None:
    """A new journal has its content on disk, not its name."""
    patch.setattr(log, "durable", Without(durable, sync_directory=_nothing))


def early_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    """What is acknowledged is synced with the next append."""

    def extend(journal: Any, content: bytes) -> None:
        os.fdatasync(journal._descriptor)
        journal._write(journal._descriptor, content)

    patch.setattr(Journal, "_extend", extend)


def no_temporary_file(patch: pytest.MonkeyPatch) -> None:
    """A journal is written where it is to lie."""

    def come_to_be(journal: Any, content: bytes) -> None:
        directory = journal.directory
        durable.make_directory(directory)
        journal._descriptor = durable.create(directory / log.NAME, append=True)
        durable.sync_directory(directory)
        durable.write_whole(journal._descriptor, frame.encode_header(journal.header) + content)
        os.fsync(journal._descriptor)
        journal._exists = True

    patch.setattr(Journal, "_come_to_be", come_to_be)


def no_checksum(patch: pytest.MonkeyPatch) -> None:
    """A line is good if it looks like one from its end."""
    patch.setattr(frame, "is_whole", lambda line: line.endswith(b'"}'))


def newline_alone(patch: pytest.MonkeyPatch) -> None:
    """A line is good if a newline follows it."""
    patch.setattr(frame, "is_whole", lambda _: True)


def cut_in_the_middle(patch: pytest.MonkeyPatch) -> None:
    """Damage is cut away as if it were a torn tail."""
    patch.setattr(repair, "is_torn", lambda *_: True)


def sync_retried(patch: pytest.MonkeyPatch) -> None:
    """A sync that failed is asked again, and its yes is believed."""

    def fdatasync(descriptor: int) -> None:
        try:
            os.fdatasync(descriptor)
        except OSError:
            os.fdatasync(descriptor)

    patch.setattr(log, "os", Without(os, fdatasync=fdatasync))


def answers_not_synced(patch: pytest.MonkeyPatch) -> None:
    """The requests journal has said that it knows an answer before the disk knows it."""
    real = Journal._extend

    def extend(journal: Any, content: bytes) -> None:
        if journal.header.session != "requests":
            real(journal, content)
            return
        journal._write(journal._descriptor, content)

    patch.setattr(Journal, "_extend", extend)


def trash_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trash, "durable", Without(durable, sync_directory=_nothing))


def half_synced_trash(patch: pytest.MonkeyPatch) -> None:
    """Only where the session comes from, not where it goes to."""

    def sync_directory(path: Path) -> None:
        if path.name != "trash":
            durable.sync_directory(path)

    patch.setattr(trash, "durable", Without(durable, sync_directory=sync_directory))


def purge_not_synced(patch: pytest.MonkeyPatch) -> None:
    """What was said to be gone for good lies in the trash again."""

    def purge(item: trash.Shelved) -> None:
        doomed = item.directory.with_name(f"{trash.PURGING}{item.name}")
        item.directory.rename(doomed)
        shutil.rmtree(doomed)

    patch.setattr(trash, "purge", purge)


def attachments_not_synced(patch: pytest.MonkeyPatch) -> None:
    def replace_file(path: Path, content: bytes) -> None:
        durable.replace_file(path, content, synced=False)

    patch.setattr(attachments, "durable", Without(durable, replace_file=replace_file))


def edit_overwritten(patch: pytest.MonkeyPatch) -> None:
    """`sessions.json` is replaced, whatever somebody saved there."""

    def put_in_place(path: Path, content: bytes) -> edit_claims.Placed:
        durable.replace_file(path, content)
        stamp = edit_claims.stamp_of(path)
        assert stamp
        return edit_claims.Placed(stamp, None)

    patch.setattr(edit_claims, "put_in_place", put_in_place)


def refused_file_copied(patch: pytest.MonkeyPatch) -> None:
    """What goes to `rejected/` is copied there, and the original removed, without a sync."""

    def move(path: Path, kept: Path) -> None:
        durable.replace_file(kept, path.read_bytes(), synced=False)
        path.unlink()

    patch.setattr(rejected, "_move", move)


def tail_left(patch: pytest.MonkeyPatch) -> None:
    """A torn tail is kept aside, and not cut."""
    patch.setattr(repair, "os", Without(os, ftruncate=_nothing))


def outbox_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(request_files, "durable", Without(durable, sync_directory=_nothing))


def revisions_not_synced(patch: pytest.MonkeyPatch) -> None:
    def append_line(path: Path, line: bytes) -> None:
        durable.append_line(path, line, synced=False)

    patch.setattr(revisions, "durable", Without(durable, append_line=append_line))


def import_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(imported, "durable", Without(durable, sync_directory=_nothing))


Plant = Callable[[pytest.MonkeyPatch], None]


class Fault(NamedTuple):
    """`says`: a regular expression for what the proof finds wrong."""

    plant: Plant
    says: str


_LOST = r"\d+ commits were acknowledged, and \d+ of them are there"
_REFUSED_TAIL = r"not a commit: .*\n\w+: \d+ commits were acknowledged, and 0 of them are there"
_NOT_TRASHED = "said to be deleted, and it is (among the sessions|not in the trash)"

FAULTS = (
    Fault(no_sync, _LOST),
    Fault(no_directory_sync, _LOST),
    Fault(early_acknowledgement, _LOST),
    Fault(no_temporary_file, "the first line is damaged"),
    Fault(no_checksum, _REFUSED_TAIL),
    Fault(newline_alone, _REFUSED_TAIL),
    Fault(cut_in_the_middle, "was damaged, and the start changed it"),
    Fault(tail_left, "a second start changes"),
    Fault(sync_retried, _LOST),
    Fault(answers_not_synced, f"requests/.*: {_LOST}"),
    Fault(outbox_not_synced, "it was answered, and the answer is gone"),
    Fault(refused_file_copied, "the request is gone, and was not answered"),
    Fault(trash_not_synced, _NOT_TRASHED),
    Fault(half_synced_trash, _NOT_TRASHED),
    Fault(purge_not_synced, "said to be gone for good"),
    Fault(attachments_not_synced, r"attachments/\w+ is missing"),
    Fault(edit_overwritten, "saved as sessions.json by hand is nowhere, and was not done"),
    Fault(revisions_not_synced, "nobody knows what stood in revision"),
    Fault(import_not_synced, rf"{_LOST}|attachments/\w+ is missing"),
)
