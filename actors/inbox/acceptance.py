"""Lets errands be accepted in the requests journal, batch by batch, before they are handed in.

Order is kept: a batch is handed in after all that came before it. While the store refuses, what
reads or ends something goes on unjournaled, and the rest is held until it can be accepted. Part of
the inbox's actor, in its thread.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from functools import partial

from msgspec import Struct

from actors.inbox.day_book import DayBook
from actors.inbox.errand import Batch, Errand
from actors.inbox.intake import SLICE, Intake
from actors.surroundings import Surroundings
from storage import request_claims
from storage.errors import StorageError
from storage.records.event import RequestAccepted
from storage.request_claims import Claim

Submit = Callable[[], object]


class Retry:
    """The store takes changes again."""


class Settled(Struct, frozen=True):
    """The claims of a batch are durable, or `error` says why not; some were `given_back`."""

    batch: Batch
    error: StorageError | None
    given_back: Sequence[Claim] = ()


class Acceptance:
    """`hand_in` gets each errand when its time has come; `tell` puts a message to the actor."""

    def __init__(
        self,
        around: Surroundings,
        intake: Intake,
        book: DayBook,
        hand_in: Callable[[Errand], object],
        tell: Callable[[object], object],
    ) -> None:
        self._around = around
        self._intake = intake
        self._book = book
        self._hand_in = hand_in
        self._tell = tell
        self._batches: deque[Batch] = deque()
        self._held: list[Batch] = []
        self._owed: list[Submit] = []
        self._waits_for_store = False

    def begin(self, errands: Iterable[Errand]) -> None:
        """Let them be accepted, then handed in after all that came before them."""
        whole = list(errands)
        for start in range(0, len(whole), SLICE):
            self._begin(Batch(whole[start : start + SLICE]))

    def _begin(self, batch: Batch) -> None:
        self._batches.append(batch)
        if not batch.changing():
            self._ready(batch)
        elif self._around.health.problem is not None:
            self._hold(batch)
        else:
            self._around.recording.pool.submit(self._settle, batch)

    def _settle(self, batch: Batch) -> None:
        """On the pool."""
        claims = [claim for errand in batch.changing() for claim in errand.claims]
        try:
            given_back = request_claims.settle(self._around.data.inbox, claims)
            self._tell(Settled(batch, None, given_back))
        except StorageError as error:
            self._tell(Settled(batch, error))

    def settled(self, message: Settled) -> None:
        """What became of the claims of a batch."""
        if message.error is not None:
            self._refused(message.batch, message.error)
            return
        self._give_up(message.batch, message.given_back)
        for errand in message.batch.errands:
            self._intake.is_taken(errand)
        events = [
            RequestAccepted(request_id=errand.id, sha256=errand.sha256, session_id=errand.allotted)
            for errand in message.batch.changing()
        ]
        if events:
            self._book.submit(events, partial(self._accepted, message.batch))
        else:
            self._ready(message.batch)

    def _give_up(self, batch: Batch, given_back: Collection[Claim]) -> None:
        if given_back:
            batch.errands = [
                errand
                for errand in batch.errands
                if errand.reads or not self._intake.give_up(errand, given_back)
            ]

    def _accepted(self, batch: Batch, error: StorageError | None) -> None:
        if error is not None:
            self._refused(batch, error)
            return
        for errand in batch.changing():
            errand.journaled = True
        self._ready(batch)

    def _refused(self, batch: Batch, error: StorageError) -> None:
        self._around.health.failed(error)
        self._hold(batch)

    def _hold(self, batch: Batch) -> None:
        """The store refuses: what needs no journal goes on, the rest waits for it."""
        held = [errand for errand in batch.changing() if not errand.ends]
        batch.errands = [e for e in batch.errands if e.reads or e.journaled or e.ends]
        self._give_up(batch, [claim for errand in batch.changing() for claim in self._lost(errand)])
        for errand in batch.changing():
            self._intake.is_taken(errand)
        for errand in held:
            self._intake.lighten(errand)
        if held:
            self._held.append(Batch(held))
        self.wait_for_store()
        self._ready(batch)

    def _lost(self, errand: Errand) -> list[Claim]:
        """Those of its claims that are given back when their first names are taken away."""
        lost = []
        for claim in errand.claims:
            with suppress(OSError):
                if not request_claims.take_away(self._around.data.inbox, claim):
                    lost.append(claim)
        return lost

    def wait_for_store(self) -> None:
        """Have the actor told `Retry` when the store takes changes again."""
        if not self._waits_for_store:
            self._waits_for_store = True
            self._around.health.when_well(lambda: self._tell(Retry()))

    def owe(self, error: StorageError, submit: Submit) -> None:
        """A line was refused for `error`: `submit` is called when the store may take it."""
        self._owed.append(submit)
        self._around.health.failed(error)
        self.wait_for_store()

    def retry(self) -> None:
        """The store takes changes again: go on with all that waits for that."""
        self._waits_for_store = False
        owed, self._owed = self._owed, []
        for submit in owed:
            submit()
        held, self._held = self._held, []
        for batch in held:
            self._begin(batch)

    def _ready(self, batch: Batch) -> None:
        batch.ready = True
        while self._batches and self._batches[0].ready:
            for errand in self._batches.popleft().errands:
                self._hand_in(errand)
