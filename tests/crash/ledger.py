"""PURE: what was begun and acknowledged so far, and how a crashed disk falls short of it.

Hears the marks of a recording in their order. What was acknowledged must be there; what was begun
may be there, from its beginning on; anything else must not.
"""

from collections.abc import Iterator

from storage.records import event as e
from tests.crash import marks as m
from tests.crash.calls import Tree
from tests.crash.histories import History, Lines
from tests.crash.recovery import Found, Shelf

REQUESTS = "requests"
"""What the requests journal calls itself in its first line."""

_WORKSPACE = "workspaces/default"


class Ledger:
    """`faults` compares a crashed disk, and what the start found on it, with what was heard."""

    def __init__(self) -> None:
        self._histories: dict[str, History] = {}
        self._moving: set[str] = set()
        self._trashed: dict[str, int] = {}
        self._purged: set[str] = set()
        self._dropped: dict[str, bytes] = {}
        self._answered: dict[str, m.Answered] = {}
        self._recorded: dict[str, bytes] = {}
        self._edit: m.Edited | None = None
        self._told_wrong: list[str] = []
        self._done: list[m.Done] = []

    def hear(self, mark: m.AnyMark) -> None:
        match mark:
            case m.Begun(journal) | m.Kept(journal) if journal == REQUESTS:
                return
            case m.Opened(journal, lines):
                self._open(journal, lines)
            case m.Begun(journal, first, lines):
                self._histories.setdefault(journal, History()).begin(first, lines)
            case m.Kept(journal, n):
                self._histories[journal].keep(n)
            case m.Edited():
                self._edit = mark
            case m.Done():
                self._done.append(mark)
            case m.Dropped() | m.Answered() | m.Recorded() | m.Published():
                self._hear_of_request(mark)
            case _:
                self._hear_of_trash(mark)

    def _open(self, journal: str, lines: Lines) -> None:
        """From here on these lines are what was acknowledged, as they have to be already."""
        history = self._histories.get(journal)
        why = history.refuted_by(lines) if history else "nobody created it"
        if why:
            self._told_wrong.append(f"{journal}: it was opened, and {why}")
        self._histories[journal] = History(lines)

    def _hear_of_request(self, mark: m.Dropped | m.Answered | m.Recorded | m.Published) -> None:
        match mark:
            case m.Dropped(name, content):
                self._dropped[name] = content
            case m.Answered():
                self._answered[mark.name] = mark
            case m.Recorded(request_id, content):
                self._recorded[request_id] = content
            case m.Published(request_id):
                self._recorded.pop(request_id, None)

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
                self._purged.add(session)
                self._trashed.pop(session, None)

    def faults(self, crashed: Tree, found: Found) -> list[str]:
        """In words; empty if everything is as it was promised."""
        return [
            *found.problems,
            *self._told_wrong,
            *self._of_sessions(crashed, found),
            *self._of_work(found),
            *self._of_requests(crashed, found),
            *self._of_edits(crashed, found),
        ]

    def _of_sessions(self, crashed: Tree, found: Found) -> Iterator[str]:
        for session, history in self._histories.items():
            if session in self._purged:
                continue
            shelf = found.shelved.get(session)
            if session in found.sessions and shelf:
                yield f"{session}: it is in the trash, and among the sessions too"
            lines = _lines_of(found, session)
            if why := history.refuted_by(lines):
                yield f"{session}: {why}"
            if shelf and not self._may_lie(session, shelf):
                yield f"{session}: in the trash as {shelf.n}, and its journal does not end so"
        for session in (found.sessions.keys() | found.shelved.keys()) - self._histories.keys():
            yield f"{session}: nobody created it"
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
            if done.session in self._purged:
                continue
            requests = {request for _, _, request in _lines_of(found, done.session)}
            if done.request_id not in requests:
                yield f"{done.session}: what {done.request_id} did is not there"

    def _of_requests(self, crashed: Tree, found: Found) -> Iterator[str]:
        for request_id, content in self._recorded.items():
            if found.open_requests.get(request_id) != content:
                yield f"{request_id}: its answer was recorded, and is not remembered"
        lying = set(_contents(crashed, "inbox/")) | set(_contents(crashed, "rejected/"))
        for name, content in self._dropped.items():
            answered = self._answered.get(name)
            if answered is None:
                if content not in lying and not self._is_answered(crashed, found, name):
                    yield f"{name}: the request is gone, and was not answered"
            elif not self._has_answer(crashed, found, answered):
                yield f"{name}: it was answered, and the answer is gone"

    def _has_answer(self, crashed: Tree, found: Found, answered: m.Answered) -> bool:
        """In the outbox, or remembered so that it gets there."""
        remembered = found.open_requests.get(answered.name.removesuffix(".json"))
        return (
            crashed.get(f"outbox/{answered.answer}") == answered.content
            or remembered == answered.content[:-1]
        )

    def _is_answered(self, crashed: Tree, found: Found, name: str) -> bool:
        """One that was answered and not yet said to be: only a whole answer counts."""
        content = crashed.get(f"outbox/{name}")
        whole = isinstance(content, bytes) and content.startswith(b"{") and content.endswith(b"}\n")
        return whole or found.open_requests.get(name.removesuffix(".json")) is not None

    def _of_edits(self, crashed: Tree, found: Found) -> Iterator[str]:
        """A file that was saved by hand is kept just as it was until what it asks for is done."""
        edit = self._edit
        if edit is None or edit.content in [
            *_contents(crashed, f"{_WORKSPACE}/sessions.json"),
            *_contents(crashed, f"{_WORKSPACE}/.edits/"),
            *_contents(crashed, "rejected/"),
        ]:
            return
        titles = [
            event.updates.get("title")
            for _, events, _ in _lines_of(found, edit.session)
            for event in events
            if isinstance(event, e.SessionUpdated)
        ]
        if edit.title not in titles and edit.session not in self._purged:
            yield "what was saved as sessions.json by hand is nowhere, and was not done"


def _lines_of(found: Found, session: str) -> Lines:
    shelf = found.shelved.get(session)
    return shelf.lines if shelf else found.sessions.get(session, ())


def _says(lines: Lines, kind: type[e.Event]) -> bool:
    return bool(lines) and any(isinstance(event, kind) for event in lines[-1][1])


def _contents(tree: Tree, beginning: str) -> Iterator[bytes]:
    for path, content in tree.items():
        if path.startswith(beginning) and isinstance(content, bytes):
            yield content
