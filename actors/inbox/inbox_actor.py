"""The file front: takes requests out of `inbox/`, hands them in, puts the answers into `outbox/`.

An event from the file system only means "look now"; a look takes everything that is there, and
there is one every few seconds anyway. What changes something is accepted in the requests journal
before it is handed in, and answered there before its answer is published, so that each request has
one answer through any crash. What other fronts are asked under a key is remembered here too.
"""

import logging
import time
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import Struct

from actors.gateway import NOT_READY, Gateway
from actors.inbox import keyed, recovery
from actors.inbox.acceptance import Acceptance, Retry, Settled
from actors.inbox.day_book import DayBook
from actors.inbox.errand import MOST_WAITS, Errand
from actors.inbox.intake import Intake, Repeated
from actors.inbox.keyed import Keyed, KeyedAnswer
from actors.inbox.outbox import Outbox, Written, as_content
from actors.messages.inbox import AskOnce
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage import codec, request_claims, request_files
from storage.errors import StorageError, StorageFull
from storage.records.conversation import TurnGrew
from storage.records.event import AnswerPublished
from storage.records.request import Answer, Refusal
from storage.request_index import Place
from storage.requests_journal import RequestsJournal, answered

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
UNSETTLED_SECONDS = 0.3
"""A file that does not parse yet is looked at again so soon."""


class Look:
    """Take what is there, unless a look began since this was said."""

    def __init__(self) -> None:
        self.at = time.monotonic()


class LookAgain(Look):
    """Some file did not parse yet, and may by now."""


class GoOn:
    """There is more of what the last look found."""


class Tick:
    """Some seconds have passed."""


class Collect:
    """Lines of the requests journal have settled."""


class Begun(Struct, frozen=True):
    """A conversation has begun to answer; that may take long."""

    errand: Errand


class Answered(Struct, frozen=True):
    """The answer to a request that is journaled."""

    errand: Errand
    answer: Answer


class Again(Struct, frozen=True):
    """Nobody was there yet to deal with this request."""

    errand: Errand


class InboxActor(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings, gateway: Gateway) -> None:
        super().__init__(context)
        around.inbox.ref = self.actor_ref
        self._around = around
        self._gateway = gateway
        self._counts = around.inbox_counts
        self._journal = RequestsJournal(around.data.requests)
        self._intake = Intake(around.data, self._counts, self._journal.index)
        self._book = DayBook(
            self._journal, context.clock, self._pool, lambda: self._tell_self(Collect())
        )
        self._outbox = Outbox(around.data.outbox, self._pool, self._tell_self)
        self._acceptance = Acceptance(
            around, self._intake, self._book, self._hand_in, self._tell_self
        )
        self._keyed = Keyed(
            around, gateway, self._journal, self._book, self._acceptance.owe, self._tell_self
        )
        self._is_look_due = False
        self._looks_again = False
        self._waits_for_place = False
        self._problem: str | None = None
        self._handlers: dict[type, Any] = {
            Look: self._on_look,
            LookAgain: self._on_look,
            GoOn: self._on_go_on,
            Begun: lambda begun: self._has_place(begun.errand),
            Answered: self._answered,
            Collect: lambda _: self._book.collect(),
            Written: self._written,
            Settled: self._acceptance.settled,
            Tick: self._on_tick,
            Again: lambda again: self._hand_in(again.errand),
            Retry: self._on_retry,
            AskOnce: self._keyed.ask,
            KeyedAnswer: self._keyed.answered,
        }

    def started(self) -> None:
        self._around.data.prepare_requests()
        self._counts.running = self._counts.waiting = 0
        published = self._journal.load()
        left = recovery.take_up(self._intake, self._journal, published, self._counts)
        for errand in left.answered:
            self._publish(errand)
        for errand in left.lost:
            self._answered(Answered(errand, recovery.outcome_unknown(errand)))
        for repeated in left.repeated:
            self._repeat(repeated)
        self._acceptance.begin(left.to_do)
        self._tick()
        self._look()

    def stopping(self) -> None:
        self._keyed.stop()
        self._outbox.close()
        self._book.close()

    def dropped(self, message: Any) -> None:
        if isinstance(message, AskOnce):
            keyed.refused(message)

    def on_message(self, message: Any) -> object:
        handle = self._handlers.get(type(message))
        if handle is None:
            return super().on_message(message)
        handle(message)
        return None

    def _on_look(self, look: Look) -> None:
        if isinstance(look, LookAgain):
            self._looks_again = False
        self._is_look_due |= not self._intake.has_seen(look.at)
        if self._is_look_due and not self._intake.is_unfinished:
            self._look()

    def _on_tick(self, _: Tick) -> None:
        self._tick()
        self._intake.try_again()
        self._prepare()
        self._tell_self(Look())

    def _prepare(self) -> None:
        """What somebody removed of the directories is made again; a link there is not followed."""
        try:
            self._around.data.prepare_requests()
        except (OSError, StorageError) as error:
            self._has_problem(str(error))
        else:
            self._problem = None

    def _on_retry(self, _: Retry) -> None:
        self._acceptance.retry()
        self._tell_self(Look())

    def _pool(self) -> Any:
        return self._around.recording.pool

    def _tell_self(self, message: object) -> None:
        tell(self.actor_ref, message)

    def _tell_later(self, seconds: float, message: object) -> None:
        self.context.clock.after(seconds, lambda: self._tell_self(message))

    def _tick(self) -> None:
        try:
            self._book.turn()
        except OSError as error:
            _log.warning("requests journal: an old day cannot be deleted: %s", error)
        self._tell_later(LOOK_SECONDS, Tick())

    # In.

    def _look(self) -> None:
        self._is_look_due = False
        try:
            self._intake.scan()
        except OSError as error:
            self._has_problem(self._problem or f"the inbox cannot be read: {error}")
        self._take()

    def _has_problem(self, problem: str) -> None:
        if problem != self._problem:
            _log.error("%s", problem)
        self._problem = problem

    def _on_go_on(self, _: GoOn) -> None:
        self._waits_for_place = False
        self._take()

    def _take(self) -> None:
        problem = self._around.health.problem
        taken = self._intake.take(refusing=problem is not None)
        fresh = []
        for one in taken:
            if isinstance(one, Repeated):
                self._repeat(one)
            else:
                fresh.append(one)
        self._acceptance.begin(fresh)
        self._counts.problems = [*self._journal.problems, *self._why_left(problem)]
        if self._intake.is_unfinished and self._intake.is_full:
            self._waits_for_place = True
        elif self._intake.is_unfinished:
            self._tell_self(GoOn())
        elif self._is_look_due:
            self._look()
        elif self._intake.is_unsettled:
            self._look_again()

    def _look_again(self) -> None:
        if not self._looks_again:
            self._looks_again = True
            self.context.clock.after(UNSETTLED_SECONDS, lambda: self._tell_self(LookAgain()))

    def _why_left(self, problem: StorageError | None) -> list[str]:
        found = [] if self._problem is None else [self._problem]
        if problem is not None:
            self._acceptance.wait_for_store()
            found.append(f"requests that change something wait in the inbox: {problem}")
        return found

    def _has_place(self, errand: Errand) -> None:
        """It keeps nothing else waiting any more."""
        self._intake.lighten(errand)
        if self._waits_for_place and self._intake.has_room:
            self._waits_for_place = False
            self._tell_self(GoOn())

    def _hand_in(self, errand: Errand) -> None:
        name = errand.identity.answer_name
        if errand.streams:
            with suppress(StorageError):
                request_files.begin_stream(self._around.data.outbox, name)
        self._gateway.hand_in(
            errand.request,
            partial(self._deliver, errand),
            request_id=errand.id,
            follow=partial(self._stream, errand) if errand.streams else None,
            again=errand.again,
            allotted=errand.allotted,
            in_order=True,
            by="inbox",
        )

    def _repeat(self, repeated: Repeated) -> None:
        """The answer that there is, again; or this one waits for it too."""
        errand, running = repeated.errand, self._intake.running.get(repeated.errand.id)
        if running is None and repeated.answer is None:
            self._intake.begin(errand)
            self._acceptance.begin([errand])  # an answer that nobody has: it is asked for again
            return
        errand.reads = True
        if repeated.answer is not None and (running is None or running.content is None):
            self._pool().submit(self._put_stored, errand, repeated.answer)
        elif running is not None and running.content is not None:
            self._outbox.put(errand, running.content)
        elif running is not None:
            running.claims.extend(errand.claims)

    def _put_stored(self, errand: Errand, place: Place) -> None:
        """On the pool."""
        try:
            self._outbox.put(errand, self._journal.answer(place, errand.id))
        except (StorageError, OSError) as error:
            text = f"its answer was given before, and cannot be read any more: {error}"
            refusal = Refusal(code="storage-failed", message=text)
            kind = str(errand.request.get("type"))
            self._outbox.put(errand, Answer(id=errand.id, type=kind, ok=False, error=refusal))

    # Out.

    def _deliver(self, errand: Errand, answer: Answer) -> None:
        """Called on whichever thread has the answer."""
        if answer.error == NOT_READY:
            self._tell_later(UNSETTLED_SECONDS, Again(errand))
        elif errand.journaled:
            self._tell_self(Answered(errand, answer))
        else:
            self._outbox.put(errand, answer)

    def _stream(self, errand: Errand, notice: TurnGrew) -> None:
        """Called on whichever thread the turn grows; each line is one write."""
        if notice.turn is None:
            self._tell_self(Begun(errand))
            return
        name = errand.identity.answer_name
        grown: dict[str, Any] = {"response_id": notice.response_id, "turn": notice.turn}
        if notice.permissions:
            grown["permissions"] = notice.permissions
        line = codec.encode(grown)
        try:
            request_files.append_stream(self._around.data.outbox, name, line)
        except (OSError, StorageError) as error:
            _log.warning("outbox: %s.jsonl: %s", name, error)

    def _answered(self, message: Answered) -> None:
        error = message.answer.error
        if error and error.code == StorageFull.code and message.errand.waits < MOST_WAITS:
            self._wait_for_room(message.errand, StorageFull(error.message))
        else:
            self._record_answer(message)

    def _wait_for_room(self, errand: Errand, error: StorageFull) -> None:
        """It was accepted just before the disk was full: it waits like those that came after."""
        errand.waits += 1
        errand.again = True
        self._has_place(errand)
        self._acceptance.owe(
            self._around.health.problem or error, partial(self._tell_self, Again(errand))
        )

    def _record_answer(self, message: Answered) -> None:
        content = as_content(message.answer)
        session_id = message.errand.allotted if message.answer.ok else None
        event, apart = answered(message.errand.id, content, session_id)

        def done(error: StorageError | None) -> None:
            if error is not None:
                self._has_place(message.errand)
                self._acceptance.owe(error, submit)
                return
            message.errand.content = content
            self._publish(message.errand)

        def submit() -> None:
            self._book.submit([event], done, apart)

        submit()

    def _publish(self, errand: Errand) -> None:
        assert errand.content is not None
        self._outbox.put(errand, errand.content)

    def _written(self, message: Written) -> None:
        for errand, error in message.failed:
            _log.error("outbox: %s.json: %s", errand.identity.answer_name, error)
            self._has_place(errand)
            self.context.clock.after(LOOK_SECONDS, partial(self._publish, errand))
        journaled = [errand for errand in message.errands if errand.journaled]
        for errand in message.errands:
            if not errand.journaled:
                self._finished(errand)
        if journaled:
            self._record_published(journaled)

    def _record_published(self, errands: list[Errand]) -> None:
        def done(error: StorageError | None) -> None:
            if error is not None:
                self._acceptance.owe(error, submit)
                return
            for errand in errands:
                for claim in errand.claims:
                    with suppress(OSError):
                        request_claims.release(claim)
                self._finished(errand)

        def submit() -> None:
            self._book.submit([AnswerPublished(errand.id) for errand in errands], done)

        submit()

    def _finished(self, errand: Errand) -> None:
        self._has_place(errand)
        self._counts.running -= len(errand.claims)
        self._counts.answered += len(errand.claims)
        if self._intake.running.get(errand.id) is errand:
            del self._intake.running[errand.id]
