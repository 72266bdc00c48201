"""The storage code at work without any actor: sessions, journals, requests and trash, by rows.

Every row does one change through the real code on `desk.data`; what it calls marks by itself what
it acknowledges. The same seed gives the same calls. A row may be refused, by an injected error say:
then nothing was acknowledged, and the desk goes on.
"""

import errno
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from storage import codec, request_claims, request_files, trash
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.errors import StorageError
from storage.journal.log import Draft, Journal
from storage.records import event as e
from storage.records.ids import derived_id
from storage.replay import folded
from storage.request_claims import Claim
from storage.request_files import Outgoing
from storage.requests_journal import KEPT_DAYS, RequestsJournal
from storage.sessions_file import Entry
from tests.crash import marks as m
from tests.crash import projecting
from tests.crash.file_layer import FileLayer
from tests.crash.injection import Injection
from tests.crash.recovery import DAYS, recover
from tests.storage.histories import START, message, session


class Desk:
    """`journals` are those of the sessions that are there, all open; `layer` records.

    `first`: of the numbers that make names, so that a desk can go on where another was left.
    """

    def __init__(self, root: Path, layer: FileLayer, seed: str, first: int = 1) -> None:
        self.data = DataDir(root)
        self.layer = layer
        self.random = Random(seed)
        self.journals: dict[str, Journal] = {}
        self.claims: list[Claim] = []
        self.previous: Mapping[str, int] | None = None
        self.refusals = 0
        self.problems: tuple[str, ...] = ()
        self._seed = seed
        self._numbers = itertools.count(first)
        self._requests: Journal | None = None
        self._revisions = projecting.revisions_of(self.data)
        self._day = START.date()

    # What rows are made of.

    def number(self) -> int:
        """Never the same."""
        return next(self._numbers)

    def at(self) -> datetime:
        return START + timedelta(seconds=self.number())

    def new_id(self) -> str:
        return derived_id(self._seed, self.number())

    def some_session(self) -> str | None:
        return self.random.choice(sorted(self.journals)) if self.journals else None

    def directory(self, session_id: str) -> Path:
        return self.data.session(DEFAULT_WORKSPACE, session_id)

    def said(self, length: int = 40, request: str | None = None) -> Draft:
        """A message as a commit."""
        number = self.number()
        text = f"{number} " + "word " * (length // 5)
        return self.at(), (e.MessageAdded(message(f"message-{number}", text)),), request

    def create(self, session_id: str, *more: Draft) -> None:
        journal = Journal.create(self.directory(session_id), session_id, DEFAULT_WORKSPACE, START)
        journal.append([(self.at(), (e.SessionCreated(session(session_id)),), None), *more])
        self.journals[session_id] = journal

    def let_go(self, session_id: str) -> Journal:
        journal = self.journals.pop(session_id)
        journal.close()
        return journal

    def reopen(self, session_id: str) -> None:
        self.let_go(session_id)
        self.journals[session_id], _ = Journal.open(self.directory(session_id))

    def entries(self) -> Iterator[Entry]:
        """What a projection says: of each session no more than what is acknowledged."""
        for session_id, journal in self.journals.items():
            found, commits = Journal.open(self.directory(session_id))
            found.close()
            yield folded(self.directory(session_id), commits).record, journal.end

    @property
    def requests(self) -> Journal:
        """The requests journal of the day."""
        if self._requests is None:
            day = self._day.isoformat()
            self._requests = RequestsJournal(self.data.requests).open(day, START)
        return self._requests

    def close_requests(self) -> None:
        if self._requests is not None:
            self._requests.close()
            self._requests = None

    def next_day(self) -> None:
        """From here on requests are asked on another day."""
        self.close_requests()
        self._day += timedelta(days=1)

    def expire(self) -> None:
        """Throws away what was asked before today, as it is done thirty days later."""
        self.close_requests()
        requests = RequestsJournal(self.data.requests)
        requests.load()
        for path in sorted(self.data.requests.glob("*.jsonl")):
            if path.stem < self._day.isoformat() and not requests.index.needs(path.stem):
                self.layer.mark(m.Expired(f"{DAYS}{path.stem}"))
        try:
            requests.expire(self._day + timedelta(days=KEPT_DAYS))
        finally:
            requests.close()

    # The course of things.

    def start(self) -> None:
        """All is read and opened anew, as at a start; for what lies there already as well."""
        for session_id in list(self.journals):
            self.let_go(session_id)
        self.close_requests()
        found = recover(self.data.root)
        self.problems += found.problems
        for session_id in found.sessions:
            self.journals[session_id], _ = Journal.open(self.directory(session_id))
        days = [date.fromisoformat(day.removeprefix(DAYS)) for day in found.days]
        self._day = max([self._day, *days])
        self.previous, self._revisions = None, projecting.revisions_of(self.data)
        self.claims = request_claims.claimed(self.data.inbox)
        for claim in self.claims:
            if self.request_id(claim) not in found.open_requests:
                self.accept(claim)

    def close(self) -> None:
        for session_id in list(self.journals):
            self.let_go(session_id)
        self.close_requests()

    @contextmanager
    def refusable(self) -> Iterator[None]:
        """What is refused in here is not acknowledged, and that is all."""
        try:
            yield
        except (StorageError, OSError):
            self.refusals += 1

    @contextmanager
    def failing(self, *kinds: str, onwards: bool = False) -> Iterator[None]:
        """The next of these calls fails (or all do), as a disk fails."""
        failure = Injection(1, errno.EIO, onwards, frozenset(kinds))
        with self.layer.injecting(failure), self.refusable():
            yield

    def publish(self, claim: Claim, content: bytes) -> None:
        """The answer stands in the outbox from its return on."""
        name = self.request_id(claim)
        [failure] = request_files.put_answers(
            self.data.outbox, [Outgoing(name=name, content=content, unless_there=True)]
        )
        if failure:
            raise failure
        self.layer.mark(m.Answered(claim.name, f"{name}.json", content))

    def delete(self, session_id: str) -> None:
        journal = self.journals[session_id]
        journal.append([(self.at(), (e.SessionDeleting(),), None)])
        journal.append([(self.at(), (e.SessionDeleted(),), None)])
        n = self.let_go(session_id).end.n
        trash.move_to_trash(self.data, DEFAULT_WORKSPACE, session_id, n)

    def purge(self, item: trash.Shelved) -> None:
        """Whoever purges sees to it first that `sessions.json` names the session no more."""
        self.project()
        trash.purge(item)

    def project(self) -> None:
        """After one that failed nobody knows what stood in the last revision."""
        entries, previous = list(self.entries()), self.previous
        revision, self.previous = self._revisions.last() + 1, None
        self.previous = projecting.project(self.data, revision, entries, previous, self._revisions)

    def accept(self, claim: Claim) -> None:
        event = e.RequestAccepted(request_id=self.request_id(claim))
        self.requests.append([(self.at(), (event,), None)])

    def request_id(self, claim: Claim) -> str:
        return claim.name.removesuffix(".json")

    def answer_of(self, claim: Claim) -> bytes:
        return (
            codec.encode({"id": self.request_id(claim), "ok": True, "data": {"n": claim.counter}})
            + b"\n"
        )
