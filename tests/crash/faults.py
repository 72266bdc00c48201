"""Faults that a storage could have, each put into the real code for as long as a test lasts.

A row is a function that plants one. `Without` is a module with some functions replaced, for the
one module that looks at it: all others go on with the real one.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage import attachments, durable, edit_claims, rejected, trash
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


Plant = Callable[[pytest.MonkeyPatch], None]

FAULTS: tuple[Plant, ...] = (
    no_sync,
    no_directory_sync,
    early_acknowledgement,
    no_temporary_file,
    no_checksum,
    newline_alone,
    cut_in_the_middle,
    sync_retried,
    answers_not_synced,
    trash_not_synced,
    half_synced_trash,
    attachments_not_synced,
    edit_overwritten,
    refused_file_copied,
)
