"""Worktrees on their way, from the request to a session that is durable; in the directory's thread.

The work itself is done on the pool by `WorktreeMaker`. An id for which something is being made or
undone is `busy`: what is asked for under it meanwhile waits.
"""

import logging
from collections.abc import Callable

from actors.git.worktrees import Wanted
from actors.messages.creation import IntentSettled, Made, WorktreeMade
from actors.messages.session import Dispatch
from actors.sessions.flights import CUT_SHORT, FAILED
from actors.sessions.worktree_maker import WorktreeMaker
from actors.surroundings import Surroundings
from storage import making
from storage.making import Found, Held
from storage.records import request as r
from storage.records.session import Session

_log = logging.getLogger(__name__)

AGAIN_SECONDS = 0.2
"""How often a git that outlived a crash is asked whether it has ended."""
NEXT_SECONDS = 5.0
"""A directory that crashed is started again after half a second."""


class Making:
    """`records`: session id -> the record of one whose worktree is being made, as far as known."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.maker = WorktreeMaker(around)
        self.records: dict[str, Session] = {}
        self._held: dict[str, tuple[str, Held]] = {}
        self._busy: set[str] = set()

    def started(self) -> None:
        """What an earlier run left half made is undone, or kept if its session is there."""
        for intent in making.found(self._around.data):
            self._busy.add(intent.plan.session_id)
            self._submit(lambda intent=intent: self._recover(intent))  # type: ignore[misc]

    def is_busy(self, session_id: str) -> bool:
        return session_id in self.records or session_id in self._busy

    def begin(
        self, provisional: Session, workspace: str, request: r.CreateSession, asked: Dispatch
    ) -> None:
        """Make its worktree; the outcome comes as `WorktreeMade`."""
        self.records[provisional.id] = provisional
        self._submit(lambda: self._make(provisional.id, workspace, request, asked))

    def made(self, message: WorktreeMade) -> Made | r.Refusal:
        """The outcome. What was made is ours until `finish`."""
        self.records.pop(message.session_id, None)
        if isinstance(message.outcome, Made):
            self._held[message.session_id] = message.workspace, message.outcome.held
        return message.outcome

    def finish(self, session_id: str) -> None:
        """Its session has come to be, or never will."""
        _, held = self._held.pop(session_id, ("", None))
        if held is not None:
            self._busy.add(session_id)
            self._submit(lambda: self._finish(held))

    def settled(self, message: IntentSettled) -> None:
        self._busy.discard(message.session_id)

    def stop(self) -> None:
        """The directory ends. What is being made is undone; what waits for its session is taken up
        by the next one.
        """
        self.maker.is_over.set()
        for _, held in self._held.values():
            held.release()

    def dropped(self, message: WorktreeMade) -> None:
        """The directory ended before it heard of it; the next one does."""
        self._tell_within(message)

    # On the pool.

    def _submit(self, work: Callable[[], None]) -> None:
        self._around.recording.outside.submit(work)

    def _make(
        self, session_id: str, workspace: str, request: r.CreateSession, asked: Dispatch
    ) -> None:
        outcome: Made | r.Refusal
        try:
            outcome = self._outcome(session_id, workspace, request)
        except Exception:  # noqa: BLE001 - logged with its trace, and answered
            _log.exception("a worktree could not be made")
            outcome = FAILED
        if self.maker.is_over.is_set():
            if isinstance(outcome, Made):
                self.maker.finish(outcome.held)
            outcome = CUT_SHORT
        self._tell_within(WorktreeMade(session_id, workspace, request, asked, outcome))

    def _outcome(
        self, session_id: str, workspace: str, request: r.CreateSession
    ) -> Made | r.Refusal:
        if self.maker.is_over.is_set():
            return CUT_SHORT
        wanted = Wanted(
            session_id=session_id, branch=request.branch, base=request.base, title=request.title
        )
        held = self.maker.make(workspace, request.repository or "", wanted)
        if isinstance(held, r.Refusal):
            return held
        return self.maker.set_up(workspace, held, trusts_repository=request.run_setup)

    def _tell_within(self, message: WorktreeMade) -> None:
        def missed() -> None:
            """Nobody will decide it in this run: the next start undoes it."""
            if isinstance(message.outcome, Made):
                message.outcome.held.release()
            refusal = message.outcome if isinstance(message.outcome, r.Refusal) else CUT_SHORT
            message.asked.reply.send(refusal)

        directory = self._around.directory
        directory.tell_within(NEXT_SECONDS, message, self._around.clock, missed)

    def _finish(self, held: Held) -> None:
        self.maker.finish(held)
        self._around.directory.tell(IntentSettled(held.plan.session_id))

    def _recover(self, intent: Found) -> None:
        if self.maker.recovered(intent):
            self._around.directory.tell(IntentSettled(intent.plan.session_id))
        elif not self.maker.is_over.is_set():
            self._around.clock.after(AGAIN_SECONDS, lambda: self._recover_again(intent))

    def _recover_again(self, intent: Found) -> None:
        try:
            self._submit(lambda: self._recover(intent))
        except RuntimeError:  # the recorder has stopped: the next start takes it up
            _log.info("%s is taken up at the next start", intent.path)
