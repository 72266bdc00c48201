"""Has the real storage code say in a recording what it begins and what it acknowledges.

An acknowledgement is the return of the function that promises: nothing is looked at that a caller
would not see.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storage import codec, forked, imported, trash
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import Draft, Journal
from storage.records.event import AnyEvent
from storage.records.session import Session
from tests.crash import marks as m
from tests.crash.file_layer import FileLayer
from tests.crash.recovery import DAYS, lines_of

_EVENTS = tuple[AnyEvent, ...]


@contextmanager
def marking(layer: FileLayer) -> Iterator[None]:
    """As long as it lasts, what this process does with journals, trash and imports is marked."""
    with pytest.MonkeyPatch.context() as patch:
        _mark_journals(patch, layer)
        _mark_trash(patch, layer)
        _mark_imports(patch, layer)
        _mark_forks(patch, layer)
        yield


def line(draft: Draft) -> m.Line:
    """As it is read again: an event can hold what JSON spells in another way."""
    at, events, request = draft
    return at, codec.decode(codec.encode(tuple(events)), _EVENTS), request


def name_of(journal: Journal) -> str:
    """The session's id, or `requests/<day>`."""
    return journal.header.session if journal.header.workspace else f"{DAYS}{journal._path.stem}"


def _mark_journals(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    real = Journal.append

    def append(journal: Journal, drafts: Iterable[Draft]) -> list[int]:
        batch = list(drafts)
        name, first = name_of(journal), journal.end.n + 1
        layer.mark(m.Begun(name, first, tuple(map(line, batch))))
        numbers = real(journal, batch)
        layer.mark(m.Kept(name, journal.end.n))
        return numbers

    really_open = Journal.open_at.__func__  # type: ignore[attr-defined]  # a classmethod has it

    def opened(kind: type[Journal], path: Path, named_elsewhere: int = 0) -> Any:
        journal, commits = really_open(kind, path, named_elsewhere)
        layer.mark(m.Opened(name_of(journal), lines_of(commits)))
        return journal, commits

    patch.setattr(Journal, "append", append)
    patch.setattr(Journal, "open_at", classmethod(opened))


def _mark_trash(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    move, restore, purge = trash.move_to_trash, trash.restore, trash.purge

    def move_to_trash(data: Any, workspace: str, session_id: str, n: int) -> Path:
        if not os.path.lexists(data.session(workspace, session_id)):
            return move(data, workspace, session_id, n)  # done before; it may be purged by now
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
        layer.mark(m.Purged(item.id))

    patch.setattr(trash, "move_to_trash", move_to_trash)
    patch.setattr(trash, "restore", restored)
    patch.setattr(trash, "purge", purged)


def _mark_imports(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    verify, bring_in = imported._verify, imported.bring_in

    def verified(staged: Path, manifest: Any) -> None:
        layer.mark(m.ImportBegun(manifest.session))
        verify(staged, manifest)

    def brought_in(*arguments: Any, **keywords: Any) -> Any:
        found = bring_in(*arguments, **keywords)
        layer.mark(m.Imported(found[0].id))
        return found

    patch.setattr(imported, "_verify", verified)
    patch.setattr(imported, "bring_in", brought_in)


def _mark_forks(patch: pytest.MonkeyPatch, layer: FileLayer) -> None:
    """It may be there with all its lines from when they are written, and is when it is said so."""
    write, put = forked._write_journal, forked.put

    def writes(staged: Path, session: Session, at: Any, commits: Iterable[Commit]) -> JournalEnd:
        layer.mark(m.Begun(session.id, 1, lines_of(list(commits))))
        return write(staged, session, at, commits)

    def puts(*arguments: Any) -> forked.Forked:
        made = put(*arguments)
        layer.mark(m.Kept(made.session.id, made.end.n))
        return made

    patch.setattr(forked, "_write_journal", writes)
    patch.setattr(forked, "put", puts)
