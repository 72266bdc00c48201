"""Requests under keys, of fronts whose answers go back over a connection: each is done once.

They are accepted and answered in the requests journal as files are. But nothing keeps the request:
one that a restart leaves without an answer is done when it is asked for again, and then not twice.
Part of the inbox's actor, in its thread.
"""

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from actors.gateway import NOT_READY, Gateway
from actors.inbox.day_book import DayBook
from actors.inbox.errand import Errand, errand_of
from actors.inbox.outbox import as_content
from actors.messages.inbox import AskOnce
from actors.surroundings import Surroundings
from storage.errors import StorageError, StorageFull
from storage.records.event import AnswerPublished, RequestAccepted
from storage.records.request import Answer, Refusal
from storage.request_files import Identity
from storage.request_index import Conflict, Place, Same, content_sha256, id_of_key
from storage.requests_journal import RequestsJournal, answered

KEY_CONFLICT = Refusal(
    code="key-conflict",
    message=(
        "this key belongs to another request of the last 30 days, and nothing was done; take a new"
        " key for each new request"
    ),
)
CUT_SHORT = Refusal(
    code="interrupted",
    message="greenroom was ending; ask again with the same key, and it is done once",
)
_NOT_YET = {NOT_READY.code, StorageFull.code}
"""Answers that are not kept: nothing was done, and it is done when it is asked for again."""

Deliver = Callable[[Answer | bytes], object]


class _Work(Struct, eq=False):
    """`waiting`: who is told its answer. `content` is its JSON once it is there."""

    errand: Errand
    by: str
    caller: str | None
    waiting: list[Deliver]
    content: bytes | None = None


class KeyedAnswer(Struct, frozen=True):
    """What a request under a key was answered."""

    work: _Work
    answer: Answer


class Keyed:
    """`owe` takes what a store that refuses is to be given later; `tell` puts a message to the
    actor.
    """

    def __init__(
        self,
        around: Surroundings,
        gateway: Gateway,
        journal: RequestsJournal,
        book: DayBook,
        owe: Callable[[StorageError, Callable[[], object]], object],
        tell: Callable[[object], object],
    ) -> None:
        self._around = around
        self._gateway = gateway
        self._journal = journal
        self._book = book
        self._owe = owe
        self._tell = tell
        self._running: dict[str, _Work] = {}

    def ask(self, asked: AskOnce) -> None:
        """Do it, or answer what was answered before."""
        request_id = id_of_key(asked.key)
        sha256 = content_sha256(asked.request)
        running = self._running.get(request_id)
        if running is not None:
            if running.errand.sha256 != sha256:
                asked.deliver(_refusal(asked, KEY_CONFLICT))
            elif running.content is not None:
                asked.deliver(running.content)
            else:
                running.waiting.append(asked.deliver)
            return
        verdict = self._journal.index.ids.judge(request_id, sha256)
        if isinstance(verdict, Conflict):
            asked.deliver(_refusal(asked, KEY_CONFLICT))
        elif isinstance(verdict, Same) and verdict.answer is not None:
            self._around.recording.pool.submit(self._give_stored, asked, request_id, verdict.answer)
        else:
            self._begin(asked, request_id, again=isinstance(verdict, Same))

    def _begin(self, asked: AskOnce, request_id: str, *, again: bool) -> None:
        identity = Identity(id=request_id, answer_name="", explicit=True)
        errand = errand_of(asked.request, identity)
        work = _Work(errand, asked.by, asked.caller, [asked.deliver])
        if errand.reads:
            self._gateway.hand_in(asked.request, asked.deliver, by=asked.by, caller=asked.caller)
            return
        self._running[request_id] = work
        if again:
            known = self._journal.index.open.get(request_id)
            errand.again = errand.journaled = True
            errand.allotted = (known and known.session_id) or errand.allotted
            self._hand_in(work)
            return
        problem = self._around.health.problem
        if problem is not None:
            self._not_accepted(work, problem)
            return
        accepted = RequestAccepted(
            request_id=request_id, sha256=errand.sha256, session_id=errand.allotted
        )
        self._book.submit([accepted], partial(self._accepted, work))

    def _accepted(self, work: _Work, error: StorageError | None) -> None:
        if error is None:
            work.errand.journaled = True
            self._hand_in(work)
        else:
            self._around.health.failed(error)
            self._not_accepted(work, error)

    def _not_accepted(self, work: _Work, error: StorageError) -> None:
        """What ends something is done all the same."""
        if work.errand.ends:
            self._hand_in(work)
            return
        text = f"nothing was changed: {error}. What ends or stops things is done all the same"
        self._give(work, _answer_of(work, Refusal(code=error.code, message=text)))
        self._running.pop(work.errand.id, None)

    def _hand_in(self, work: _Work) -> None:
        errand = work.errand
        self._gateway.hand_in(
            errand.request,
            lambda answer: self._tell(KeyedAnswer(work, answer)),
            request_id=errand.id,
            again=errand.again,
            allotted=errand.allotted,
            by=work.by,
            caller=work.caller,
        )

    def answered(self, message: KeyedAnswer) -> None:
        """It is told once it is kept; where the store refuses that, at once, and kept later."""
        work, error = message.work, message.answer.error
        if not work.errand.journaled or (error is not None and error.code in _NOT_YET):
            self._give(work, message.answer)
            self._running.pop(work.errand.id, None)
            return
        content = as_content(message.answer)
        session_id = work.errand.allotted if message.answer.ok else None
        line, apart = answered(work.errand.id, content, session_id)
        work.content = content

        def done(error: StorageError | None) -> None:
            if error is not None:
                self._owe(error, submit)
            else:
                self._running.pop(work.errand.id, None)
            self._give(work, content)

        def submit() -> None:
            self._book.submit([line, AnswerPublished(work.errand.id)], done, apart)

        submit()

    def stop(self) -> None:
        """Nobody waits for ever."""
        for work in self._running.values():
            self._give(work, _answer_of(work, CUT_SHORT))

    def _give(self, work: _Work, answer: Answer | bytes) -> None:
        waiting, work.waiting = work.waiting, []
        for deliver in waiting:
            deliver(answer)

    def _give_stored(self, asked: AskOnce, request_id: str, place: Place) -> None:
        """On the pool."""
        try:
            asked.deliver(self._journal.answer(place, request_id))
        except (StorageError, OSError) as error:
            text = f"its answer was given before, and cannot be read any more: {error}"
            asked.deliver(_refusal(asked, Refusal(code="storage-failed", message=text)))


def refused(asked: AskOnce) -> None:
    """Nobody is there to do it."""
    asked.deliver(_refusal(asked, NOT_READY))


def _refusal(asked: AskOnce, refusal: Refusal) -> Answer:
    return Answer(id=None, type=str(asked.request.get("type")), ok=False, error=refusal)


def _answer_of(work: _Work, refusal: Refusal) -> Answer:
    kind = str(work.errand.request.get("type"))
    return Answer(id=None, type=kind, ok=False, error=refusal)
