"""PURE: what was begun and acknowledged so far, and how a crashed disk falls short of it.

Hears the marks of a recording in their order. What was acknowledged must be there; what was begun
may be there, from its beginning on; anything else must not.
"""

from collections.abc import Iterator

from storage.records import event as e
from tests.crash import marks as m
from tests.crash.asked import Requests, Saved
from tests.crash.calls import Tree
from tests.crash.histories import History, Lines
from tests.crash.recovery import DAYS, Found, Shelf

_WORKSPACE = "workspaces/default"


class Ledger:
    """`faults` compares a crashed disk, and what the start found on it, with what was heard.

    Of a journal that is being removed (`_leaving`) nothing is promised, and of one that is coming
    in (`_arriving`) only that it is whole once it is there.
    """

    def __init__(self) -> None:
        self._histories: dict[str, History] = {}
        self._moving: set[str] = set()
        self._leaving: set[str] = set()
        self._arriving: set[str] = set()
        self._trashed: dict[str, int] = {}
        self._gone: set[str] = set()
        self._told_wrong: list[str] = []
        self._done: list[m.Done] = []
        self._requests = Requests()
        self._saved = Saved()

    def hear(self, mark: m.AnyMark) -> None:
        match mark:
            case m.Opened(journal, lines):
                self._open(journal, lines)
            case m.Begun(journal, first, lines):
                self._begin(journal, first, lines)
            case m.Kept(journal, n):
                self._histories[journal].keep(n)
            case m.Expired(journal):
                self._leaving.add(journal)
            case m.Done():
                self._done.append(mark)
            case m.Edited() | m.KeptForGood():
                self._saved.hear(mark)
            case m.Dropped() | m.Answered() | m.Recorded() | m.Published():
                self._requests.hear(mark)
            case m.ImportBegun() | m.Imported():
                self._hear_of_import(mark)
            case _:
                self._hear_of_trash(mark)

    def _begin(self, journal: str, first: int, lines: Lines) -> None:
        if first == 1 and journal in self._leaving:  # it is gone, and there is a new one
            self._leaving.discard(journal)
            self._histories[journal] = History()
        self._histories.setdefault(journal, History()).begin(first, lines)

    def _open(self, journal: str, lines: Lines) -> None:
        """From here on these lines are what was acknowledged, as they have to be already."""
        history = self._histories.get(journal)
        if journal not in self._arriving:
            why = history.refuted_by(lines) if history else "nobody created it"
            if why:
                self._told_wrong.append(f"{journal}: it was opened, and {why}")
        self._histories[journal] = History(lines)

    def _hear_of_import(self, mark: m.ImportBegun | m.Imported) -> None:
        match mark:
            case m.ImportBegun(session):
                self._gone.discard(session)
                self._arriving.add(session)
            case m.Imported(session):
                self._arriving.discard(session)

    def _hear_of_trash(self, mark: m.TrashMark) -> None:
        match mark:
            case m.TrashBegun(session):
                self._moving.add(session)
            case m.Trashed(session, n):
                self._moving.discard(session)
                self._trashed[session] = n
            case m.RestoreBegun(session):
                self._moving.add(session)
                self._trashed.pop(session, None)
            case m.Restored(session):
                self._moving.discard(session)
            case m.PurgeBegun(session):
                self._leaving.add(session)
                self._trashed.pop(session, None)
            case m.Purged(session):
                self._leaving.discard(session)
                self._gone.add(session)

    def faults(self, crashed: Tree, found: Found) -> list[str]:
        """In words; empty if everything is as it was promised."""
        return [
            *found.problems,
            *self._told_wrong,
            *self._of_journals(found),
            *self._of_trash(crashed, found),
            *self._of_work(found),
            *self._requests.faults(crashed, found),
            *self._saved.faults(crashed, lambda session: self._promised(found, session)),
        ]

    @property
    def _known(self) -> set[str]:
        return self._histories.keys() - self._gone

    def _promised(self, found: Found, session: str) -> Lines | None:
        lines = _lines_of(found, session)
        is_out = session in self._leaving | self._gone or (session in self._arriving and not lines)
        return None if is_out else lines

    def _of_journals(self, found: Found) -> Iterator[str]:
        there = found.sessions.keys() | found.shelved.keys() | found.days.keys()
        for journal in self._known:
            lines = self._promised(found, journal)
            if lines is not None and (why := self._histories[journal].refuted_by(lines)):
                yield f"{journal}: {why}"
        for journal in there - self._known:
            yield f"{journal}: nobody created it, or it was said to be gone for good"

    def _of_trash(self, crashed: Tree, found: Found) -> Iterator[str]:
        for session, shelf in found.shelved.items():
            if session in self._leaving:
                continue
            if session in found.sessions:
                yield f"{session}: it is in the trash, and among the sessions too"
            if not self._may_lie(session, shelf):
                yield f"{session}: in the trash as {shelf.n}, and its journal does not end so"
        for session, n in self._trashed.items():
            if f"{_WORKSPACE}/sessions/{session}" in crashed:
                yield f"{session}: said to be deleted, and it is among the sessions"
            if f"{_WORKSPACE}/trash/{session}-{n}/journal.jsonl" not in crashed:
                yield f"{session}: said to be deleted, and it is not in the trash"

    def _may_lie(self, session: str, shelf: Shelf) -> bool:
        lines = shelf.lines
        if session in self._moving and len(lines) > shelf.n and _says(lines, e.SessionRestored):
            lines = lines[:-1]
        return len(lines) == shelf.n and _says(lines, e.SessionDeleted)

    def _of_work(self, found: Found) -> Iterator[str]:
        """What a request was said to have done."""
        for done in self._done:
            lines = self._promised(found, done.session)
            if lines is not None and done.request_id not in {request for _, _, request in lines}:
                yield f"{done.session}: what {done.request_id} did is not there"


def _lines_of(found: Found, journal: str) -> Lines:
    if journal.startswith(DAYS):
        return found.days.get(journal, ())
    shelf = found.shelved.get(journal)
    return shelf.lines if shelf else found.sessions.get(journal, ())


def _says(lines: Lines, kind: type[e.Event]) -> bool:
    return bool(lines) and any(isinstance(event, kind) for event in lines[-1][1])
