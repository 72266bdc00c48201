"""The file front: takes requests out of `inbox/`, hands them in, puts the answers into `outbox/`.

An event from the file system only means "look now"; a look takes everything that is there, and
there is one every few seconds anyway. A request that was taken and not answered when the daemon
ended is handed in again at the next start.
"""

import itertools
import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from actors.gateway import NOT_READY, Gateway, encoded
from actors.messages.recording import TurnGrew
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage import codec, request_files
from storage.errors import FileRefused, StorageError
from storage.records.request import Answer
from storage.rejected import reject
from storage.request_files import Claim

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
UNSETTLED_SECONDS = 0.3
"""A file that does not parse yet is looked at again so soon."""


class Look:
    """Take what is there."""


class Answered:
    """A request of ours has its answer, and stands in the outbox or could not be put there."""

    def __init__(self, claim: Claim, name: str, answer: Answer) -> None:
        self.claim = claim
        self.name = name
        self.answer = answer


class Again:
    """Nobody was there yet to deal with this request."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim


class InboxActor(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings, gateway: Gateway) -> None:
        super().__init__(context)
        around.inbox.ref = self.actor_ref
        self._around = around
        self._gateway = gateway
        self._inbox = around.data.inbox
        self._counts = around.inbox_counts
        self._counter = itertools.count(1)
        self._is_look_due = False

    def started(self) -> None:
        left = request_files.claimed(self._inbox)
        highest = max((claim.counter for claim in left), default=0)
        # Never one that was used before, also by an earlier daemon: ids are made of it.
        self._counter = itertools.count(max(highest + 1, time.time_ns() // 1_000_000))
        for claim in left:
            self._hand_in_claimed(claim)
        self._look()
        self._look_regularly()

    def on_message(self, message: Any) -> object:
        match message:
            case Look():
                self._is_look_due = False
                self._look()
            case Answered():
                self._publish(message)
            case Again():
                self._hand_in_claimed(message.claim)
            case _:
                return super().on_message(message)
        return None

    def look_soon(self) -> None:
        """From any thread."""
        if not self._is_look_due:
            self._is_look_due = True
            tell(self.actor_ref, Look())

    def _look_regularly(self) -> None:
        if not self.actor_stopped.is_set():
            self.look_soon()
            self.context.clock.after(LOOK_SECONDS, self._look_regularly)

    # In.

    def _look(self) -> None:
        unsettled = 0
        for candidate in request_files.scan(self._inbox):
            settled = request_files.is_settled(candidate, time.time())
            try:
                raw = request_files.read(candidate, settled=settled)
                if raw is None:
                    unsettled += 1
                    continue
                claim = request_files.claim(self._inbox, candidate.path.name, next(self._counter))
            except FileRefused as refusal:
                self._reject(candidate.path, refusal)
            except OSError as error:
                _log.warning("inbox: %s: %s", candidate.path.name, error)
            else:
                self._hand_in(claim, raw)
        self._counts.waiting = unsettled
        if unsettled:
            self.context.clock.after(UNSETTLED_SECONDS, self.look_soon)

    def _reject(self, path: Path, refusal: FileRefused) -> None:
        try:
            reject(path, self._around.data.rejected, refusal)
            self._counts.rejected += 1
        except (OSError, StorageError) as error:
            _log.error("inbox: %s cannot be moved to rejected/: %s", path.name, error)

    def _hand_in_claimed(self, claim: Claim) -> None:
        try:
            raw = codec.decode(claim.path.read_bytes(), dict[str, Any])
        except (FileRefused, OSError) as error:
            self._reject(claim.path, FileRefused(str(error)))
        else:
            self._hand_in(claim, raw)

    def _hand_in(self, claim: Claim, raw: dict[str, Any]) -> None:
        identity = request_files.identify(raw, claim.name, claim.counter)
        self._counts.running += 1
        name = identity.answer_name
        with suppress(OSError):  # what an earlier request of that name streamed
            (self._around.data.outbox / f"{name}.jsonl").unlink()
        self._gateway.hand_in(
            raw,
            lambda answer: self._answered(Answered(claim, name, answer)),
            request_id=identity.id,
            follow=lambda notice: self._stream(name, notice),
        )

    # Out.

    def _answered(self, answered: Answered) -> None:
        tell(self.actor_ref, answered)

    def _stream(self, name: str, notice: TurnGrew) -> None:
        """Called on whichever thread the turn grows; each line is one write."""
        if notice.turn is None:
            return
        line = codec.encode({"response_id": notice.response_id, "turn": notice.turn})
        try:
            request_files.append_stream(self._around.data.outbox, name, line)
        except (OSError, StorageError) as error:
            _log.warning("outbox: %s.jsonl: %s", name, error)

    def _ask_again(self, claim: Claim) -> None:
        tell(self.actor_ref, Again(claim))

    def _publish(self, answered: Answered) -> None:
        if answered.answer.error == NOT_READY:
            self._counts.running -= 1
            self.context.clock.after(UNSETTLED_SECONDS, lambda: self._ask_again(answered.claim))
            return
        outbox = self._around.data.outbox
        content = encoded(answered.answer)
        try:
            if (outbox / f"{answered.name}.jsonl").exists():
                request_files.append_stream(outbox, answered.name, content)
            request_files.answer(outbox, answered.name, content + b"\n")
            request_files.release(answered.claim)
        except (OSError, StorageError) as error:
            _log.error("outbox: %s.json: %s", answered.name, error)
            self.context.clock.after(LOOK_SECONDS, lambda: self._answered(answered))
            return
        self._counts.running -= 1
        self._counts.answered += 1
