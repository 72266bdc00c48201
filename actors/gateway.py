"""Where every front hands in a request and gets its answer; the same for all of them.

Turns what came from outside into a typed request or says what is wrong with it, sends it to where
it is dealt with, and puts the outcome into the shape of an answer.
"""

import logging
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from actors.decisions import rights
from actors.messages.orphans import CleanUp
from actors.messages.session import Dispatch, Follow, NotDurable, Reply
from actors.status import StatusReport
from actors.surroundings import Surroundings
from storage import codec
from storage.errors import FileRefused
from storage.records import request as r
from storage.strict_json import full_path

NOT_READY = r.Refusal(
    code="starting", message="greenroom is not ready; see greenroom status, ask again in a moment"
)

READY_SECONDS = 10.0
"""A directory that crashed is there again within this; a request waits for it."""

_log = logging.getLogger(__name__)

Deliver = Callable[[r.Answer], object]


class Gateway:
    """Every method may be called from any thread; `deliver` is called once per request."""

    def __init__(self, around: Surroundings, status: StatusReport) -> None:
        self._around = around
        self._status = status

    def hand_in(
        self,
        raw: Any,
        deliver: Deliver,
        *,
        request_id: str | None = None,
        follow: Follow | None = None,
        again: bool = False,
        allotted: str | None = None,
        in_order: bool = False,
        by: str = "program",
        caller: str | None = None,
    ) -> None:
        """`raw` is what stood in the front's JSON, an object or anything else.

        `request_id` is one that no other request ever has; handed in `again` under it, a request
        is not done twice. `allotted` is the id of the session that it may create. `follow` hears
        of the turns that answer a request while they grow. `in_order`: it sees all that its session
        was asked before. `by`: the front, as it is recorded who answered. `caller`: the id of the
        session that asks for itself, which may not ask for everything.
        """
        asked = parse(raw)
        if isinstance(asked, r.Answer):
            deliver(asked if asked.id else replace(asked, id=request_id))
            return
        reply = Reply(lambda value: deliver(answer(asked, value, request_id)))
        no = rights.never(asked) if caller is not None else None
        if no:
            reply.send(no)
        elif isinstance(asked, r.GetStatus):
            self._tell_status(reply)
        elif isinstance(asked, r.CleanupOrphans):
            self._around.orphans.tell_within(
                READY_SECONDS,
                CleanUp(reply.send),
                self._around.clock,
                lambda: reply.send(NOT_READY),
            )
        else:
            self._around.directory.tell_within(
                READY_SECONDS,
                Dispatch(
                    asked,
                    reply,
                    request_id or asked.id,
                    follow,
                    once=request_id is not None,
                    again=again,
                    allotted=allotted,
                    in_order=in_order,
                    by=by if caller is None else f"session {caller}",
                    caller=caller,
                ),
                self._around.clock,
                lambda: reply.send(NOT_READY),
            )

    def _tell_status(self, reply: Reply) -> None:
        try:
            self._around.recording.pool.submit(self._status_to, reply)
        except RuntimeError:
            reply.send(NOT_READY)

    def _status_to(self, reply: Reply) -> None:
        try:
            reply.send(self._status.make())
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of it
            _log.exception("no status")
            text = f"the status could not be made: {error}; see greenroom logs"
            reply.send(r.Refusal(code="internal-error", message=text))


def parse(raw: Any) -> r.AnyRequest | r.Answer:
    """The typed request, or the answer that says why it is none."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    try:
        return codec.convert(raw, r.AnyRequest)  # type: ignore[no-any-return]  # by its second argument
    except FileRefused as problem:
        return _refused(raw, kind, problem)


def _refused(raw: Any, kind: Any, problem: FileRefused) -> r.Answer:
    own_id = raw.get("id") if isinstance(raw, dict) else None
    shown = kind if isinstance(kind, str) else ""
    if isinstance(kind, str) and kind not in TYPES:
        text = f"there is no request of type {kind!r}; the types are: {', '.join(sorted(TYPES))}"
        refusal = r.Refusal(code="unknown-type", message=text, path="$.type")
    else:
        refusal = r.Refusal(code="bad-request", message=str(problem), path=full_path(problem))
    return r.Answer(
        id=own_id if isinstance(own_id, str) else None, type=shown, ok=False, error=refusal
    )


def answer(asked: r.AnyRequest, value: Any, request_id: str | None = None) -> r.Answer:
    """The answer to `asked`: `value` is its data, or a Refusal."""
    kind, own_id = r.type_of(asked), asked.id or request_id
    if isinstance(value, r.Refusal):
        return r.Answer(id=own_id, type=kind, ok=False, error=value)
    if isinstance(value, NotDurable):
        return r.Answer(id=own_id, type=kind, ok=True, data=value.value, not_durable=True)
    return r.Answer(id=own_id, type=kind, ok=True, data=value)


def encoded(answer: r.Answer) -> bytes:
    """The JSON of an answer. Data that is null stands there as such.

    One that cannot be written becomes a refusal that says so: whoever asked is always answered.
    """
    try:
        return _encoded(answer)
    except Exception as error:  # noqa: BLE001 - whatever it holds, whoever asked is answered
        _log.exception("an answer to %s cannot be written", answer.type)
        text = f"the answer cannot be written as JSON: {error}; see greenroom logs"
        refusal = r.Refusal(code="internal-error", message=text)
        return _encoded(r.Answer(id=answer.id, type=answer.type, ok=False, error=refusal))


def _encoded(answer: r.Answer) -> bytes:
    outcome: dict[str, Any] = {"data": answer.data} if answer.ok else {"error": answer.error}
    if answer.not_durable:
        outcome["not_durable"] = True
    return codec.encode({"id": answer.id, "type": answer.type, "ok": answer.ok, **outcome})


TYPES = frozenset(r.type_of_class(kind) for kind in r.REQUEST_TYPES)
