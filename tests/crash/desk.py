"""The storage code at work without any actor: sessions, journals, requests and trash, by rows.

Every row does one change through the real code on `desk.data`; what it calls marks by itself what
it acknowledges. The same seed gives the same calls. A row may be refused, by an injected error say:
then nothing was acknowledged, and the desk goes on.
"""

import errno
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from storage import codec, request_files
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.errors import StorageError
from storage.journal.log import Draft, Journal
from storage.records import event as e
from storage.records.ids import derived_id
from storage.replay import folded
from storage.request_files import Claim, Outgoing
from storage.requests_journal import RequestsJournal
from storage.sessions_file import Entry
from tests.crash import marks as m
from tests.crash import projecting
from tests.crash.file_layer import FileLayer
from tests.crash.injection import Injection
from tests.crash.recovery import recover
from tests.storage.histories import START, message, session

DAY = "2026-11-21"


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
            self._requests = RequestsJournal(self.data.requests).open(DAY, START)
        return self._requests

    # The course of things.

    def start(self) -> None:
        """All is read and opened anew, as at a start; for what lies there already as well."""
        for session_id in list(self.journals):
            self.let_go(session_id)
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        found = recover(self.data.root)
        self.problems += found.problems
        for session_id in found.sessions:
            self.journals[session_id], _ = Journal.open(self.directory(session_id))
        self.previous = None
        self.claims = request_files.claimed(self.data.inbox)
        for claim in self.claims:
            if self.request_id(claim) not in found.open_requests:
                self.accept(claim)

    def close(self) -> None:
        for session_id in list(self.journals):
            self.let_go(session_id)
        if self._requests is not None:
            self._requests.close()

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

    def project(self) -> None:
        revision = projecting.last_revision(self.data) + 1
        entries = list(self.entries())
        self.previous = projecting.project(self.data, revision, entries, self.previous)

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
