"""Has the real storage code say in a recording what it begins and what it acknowledges.

An acknowledgement is the return of the function that promises: nothing is looked at that a caller
would not see.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storage import codec, trash
from storage.journal.log import Draft, Journal
from storage.records.event import AnyEvent
from tests.crash import marks as m
from tests.crash.file_layer import FileLayer
from tests.crash.recovery import lines_of

_EVENTS = tuple[AnyEvent, ...]


@contextmanager
def marking(layer: FileLayer) -> Iterator[None]:
    """As long as it lasts, every journal and the trash of this process are marked in `layer`."""
    with pytest.MonkeyPatch.context() as patch:
        _mark_journals(patch, layer)
        _mark_trash(patch, layer)
        yield


def line(draft: Draft) -> m.Line:
    """As it is read again: an event can hold what JSON spells in another way."""
    at, events, request = draft
    return at, codec.decode(codec.encode(tuple(events)), _EVENTS), request


def _mark_journals(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    real = Journal.append

    def append(journal: Journal, drafts: Iterable[Draft]) -> list[int]:
        batch = list(drafts)
        name, first = journal.header.session, journal.end.n + 1
        layer.mark(m.Begun(name, first, tuple(map(line, batch))))
        numbers = real(journal, batch)
        layer.mark(m.Kept(name, journal.end.n))
        return numbers

    really_open = Journal.open.__func__  # type: ignore[attr-defined]  # a classmethod has it

    def opened(kind: type[Journal], directory: Path, named_elsewhere: int = 0) -> Any:
        journal, commits = really_open(kind, directory, named_elsewhere)
        layer.mark(m.Opened(journal.header.session, lines_of(commits)))
        return journal, commits

    patch.setattr(Journal, "append", append)
    patch.setattr(Journal, "open", classmethod(opened))


def _mark_trash(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    move, restore, purge = trash.move_to_trash, trash.restore, trash.purge

    def move_to_trash(data: Any, workspace: str, session_id: str, n: int) -> Path:
        layer.mark(m.TrashBegun(session_id))
        target = move(data, workspace, session_id, n)
        layer.mark(m.Trashed(session_id, n))
        return target

    def restored(data: Any, item: trash.Shelved, *arguments: Any, **keywords: Any) -> Any:
        layer.mark(m.RestoreBegun(item.id))
        found = restore(data, item, *arguments, **keywords)
        layer.mark(m.Restored(item.id))
        return found

    def purged(item: trash.Shelved) -> None:
        layer.mark(m.PurgeBegun(item.id))
        purge(item)

    patch.setattr(trash, "move_to_trash", move_to_trash)
    patch.setattr(trash, "restore", restored)
    patch.setattr(trash, "purge", purged)
