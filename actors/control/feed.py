"""Subscriptions over the control socket: events as they become durable, to one peer.

Whoever publishes never waits. What a peer has not taken is bounded; past that its subscription is
cut and it is told so, after all that it was sent before. The connection stays.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from actors.messages.heard import EVENT_TYPES, heard, is_wanted
from actors.messages.recording import Heard, Notice
from actors.recording.broadcaster import Broadcaster
from storage import codec
from storage.errors import FileRefused
from storage.records.request import Answer, Reference, Refusal, RequestId
from storage.strict_json import full_path

if TYPE_CHECKING:
    from actors.control.peer import Peer

MOST_FEEDS = 16
MOST_WAITING = 4096
"""Commits on their way to the loop; it takes one in some microseconds."""
BACKLOG_LIMIT_BYTES = 8 << 20
"""What a peer may leave in the socket's buffer before its events are cut."""
TOO_SLOW = Refusal(
    code="too-slow",
    message="events came faster than they were read; read faster, subscribe again, and look anew",
)


class Subscribe(Struct, frozen=True, kw_only=True, tag="subscribe", forbid_unknown_fields=True):
    """`events`: the types to hear of, all but signals if absent; `session`: the whole id of one."""

    id: RequestId
    events: tuple[str, ...] | None = None
    session: Reference | None = None


class Unsubscribe(Struct, frozen=True, kw_only=True, tag="unsubscribe", forbid_unknown_fields=True):
    """`subscription`: the id of the `subscribe`, or of a request whose turns are shown."""

    id: RequestId | None = None
    subscription: str


TYPES = frozenset({"subscribe", "unsubscribe"})


def serve(raw: dict[str, Any], peer: "Peer", broadcaster: Broadcaster) -> None:
    """Do what a frame of one of `TYPES` asks for. On the loop."""
    kind: Literal["subscribe", "unsubscribe"] = raw["type"]
    try:
        asked = codec.convert(raw, Subscribe | Unsubscribe)
    except FileRefused as problem:
        own_id = raw.get("id")
        refusal = Refusal(code="bad-request", message=str(problem), path=full_path(problem))
        peer.answer(_no(own_id if isinstance(own_id, str) else None, kind, refusal))
        return
    if isinstance(asked, Subscribe):
        _subscribe(asked, peer, broadcaster)
    else:
        found = peer.feeds.get(asked.subscription)
        if found:
            found.stop()
        is_shown = asked.subscription in peer.following
        peer.following.discard(asked.subscription)
        data = {"ended": found is not None or is_shown}
        peer.answer(Answer(id=asked.id, type=kind, ok=True, data=data))


def _subscribe(asked: Subscribe, peer: "Peer", broadcaster: Broadcaster) -> None:
    refusal = _cannot_subscribe(asked, peer)
    if refusal:
        peer.answer(_no(asked.id, "subscribe", refusal))
        return
    peer.feeds[asked.id] = Feed(asked, peer, broadcaster)
    peer.answer(Answer(id=asked.id, type="subscribe", ok=True, data={"subscription": asked.id}))


def _cannot_subscribe(asked: Subscribe, peer: "Peer") -> Refusal | None:
    unknown = set(asked.events or ()) - EVENT_TYPES
    if unknown:
        text = f"there is no event of type {min(unknown)!r}; see the list in docs/protocol.md"
        return Refusal(code="bad-request", message=text, path="$.events")
    if asked.id in peer.feeds:
        text = f"this connection has a subscription {asked.id} already; choose another id"
        return Refusal(code="bad-request", message=text, path="$.id")
    if len(peer.feeds) >= MOST_FEEDS:
        text = f"a connection has {MOST_FEEDS} subscriptions at most; end one, or open another"
        return Refusal(code="too-many-connections", message=text)
    return None


def _no(own_id: str | None, kind: str, refusal: Refusal) -> Answer:
    return Answer(id=own_id, type=kind, ok=False, error=refusal)


class Feed:
    """One subscription, from its making until `stop`."""

    def __init__(self, asked: Subscribe, peer: "Peer", broadcaster: Broadcaster) -> None:
        self._id = asked.id
        self._wanted = frozenset(asked.events) if asked.events is not None else None
        self._peer = peer
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_full = False
        self._is_over = False
        self._source = broadcaster.subscribe(self.hear, asked.session)

    def hear(self, notice: Notice) -> None:
        """From any thread, in order per session."""
        if not isinstance(notice, Heard):
            return
        with self._lock:
            if self._is_over or self._is_full:
                return
            self._waiting += 1
            self._is_full = self._waiting > MOST_WAITING
            is_there = self._peer.later(self._cut if self._is_full else self._passing_on(notice))
        if not is_there:
            self.stop()

    def _passing_on(self, notice: Heard) -> Callable[[], None]:
        return lambda: self._pass_on(notice)

    def stop(self) -> None:
        """Hear no more. Stopping twice does nothing."""
        self._is_over = True
        self._source.unsubscribe()
        self._peer.feeds.pop(self._id, None)

    def _pass_on(self, notice: Heard) -> None:
        with self._lock:
            self._waiting -= 1
        for event in heard(notice):
            if self._is_over:
                return
            if self._peer.backlog_bytes > BACKLOG_LIMIT_BYTES:
                self._cut()
            elif is_wanted(event["type"], self._wanted):
                self._peer.write(codec.encode({"id": self._id, "type": "event", "event": event}))

    def _cut(self) -> None:
        """The last that it hears says why."""
        if not self._is_over:
            self.stop()
            told = _no(self._id, "subscribe", TOO_SLOW)
            self._peer.waits_for += 1
            self._peer.answer(told)
