"""The edits of one workspace: seen, taken out, understood, done, put away; one after another.

In the thread of the edits' actor. A claim is on disk until all that it asks for is answered, so
that the next start takes up what this one left.
"""

import logging
from typing import Protocol

from actors.edits.errand import Errand
from actors.edits.keeping import has_settled, keep_original, reject
from actors.edits.overtaken import overtaken
from actors.edits.plan import Plan, Task, hash_of, request_id
from actors.edits.reading import Reading
from actors.recording.projector import Projector
from actors.surroundings import Surroundings
from storage import durable, edit_claims, sessions_file
from storage.edit_claims import Claim, Stamp, stamp_of
from storage.errors import FileRefused, StorageError
from storage.records.request import Answer

_log = logging.getLogger(__name__)

SOON_SECONDS = 0.3
"""A file that is being saved is looked at again so soon."""

MISSING_SECONDS = 1.0
"""Some editors move the file away before they save; one that stays away is made anew."""

FAULT = "greenroom failed over this edit, and nothing of it was done; see greenroom logs"


class Errands(Protocol):
    """What a desk wants done by whoever it belongs to."""

    def send(self, workspace: str, errand: Errand, task: Task, *, again: bool) -> None:
        """Hand in one task; its answer comes to `Desk.answered`."""
        ...

    def look_later(self, workspace: str, seconds: float) -> None: ...

    def is_caught_up(self) -> bool:
        """Whether all that was answered so far is in the records; False if it cannot be known."""
        ...


class Desk:
    def __init__(self, around: Surroundings, workspace: str, errands: Errands) -> None:
        self._around = around
        self._workspace = workspace
        self._errands = errands
        self._path = around.data.sessions_file(workspace)
        self._finished: Stamp | None = None
        self._missing_since: float | None = None
        self._put_away: dict[int, Stamp | None] = {}
        self._errand: Errand | None = None

    def look(self, *, is_finished: bool = False) -> None:
        """Deal with what is there. `is_finished`: it was just closed, or moved into place."""
        projector = self._around.index.projectors.get(self._workspace)
        if projector is None:
            return
        if is_finished:
            self._finished = stamp_of(self._path)
        try:
            if not projector.is_in_place() and self._has_come_to_rest():
                projector.write()
            while self._errand is None and self._take_next(projector):
                pass
        except (StorageError, OSError) as error:
            _log.warning("edits of %s wait: %s", self._path, error)

    # What lies in place of ours.

    def _has_come_to_rest(self) -> bool:
        if stamp_of(self._path) is None:
            now = self._around.clock.monotonic()
            self._missing_since = self._missing_since or now
            is_ready = now - self._missing_since >= MISSING_SECONDS
        else:
            self._missing_since = None
            is_ready = has_settled(self._path, self._finished)
        if is_ready:
            self._missing_since = None
        else:
            self._errands.look_later(self._workspace, SOON_SECONDS)
        return is_ready

    # What was taken out.

    def _take_next(self, projector: Projector) -> bool:
        """Deal with the oldest claim that there is something to be done about; False if none is."""
        for claim in projector.claims():
            stamp = stamp_of(claim.path)
            if claim.counter in self._put_away and self._put_away[claim.counter] == stamp:
                self._release(claim, stamp)
                continue
            if not claim.plan.exists() and not has_settled(claim.path, self._finished):
                self._errands.look_later(self._workspace, SOON_SECONDS)
                return False
            return self._begin(projector, claim, stamp)
        return False

    def _begin(self, projector: Projector, claim: Claim, stamp: Stamp | None) -> bool:
        if not self._errands.is_caught_up():
            self._errands.look_later(self._workspace, SOON_SECONDS)
            return False
        try:
            raw = durable.read_small(claim.path, sessions_file.SIZE_LIMIT_BYTES, follow_links=False)
            begun: Plan | None = edit_claims.read_plan(claim, Plan)  # by an earlier start
            plan = begun or self._made_plan(projector, claim, raw)
        except FileRefused as refusal:
            self._reject(claim, refusal)
            return True
        if not plan.tasks:
            self._release(claim, stamp)
            return True
        if plan.sha256 != hash_of(raw):
            stamp = None  # saved on since the plan was made
        self._errand = Errand(claim, plan, stamp, again=begun is not None)
        self._go_on(self._errand)
        return True

    def _made_plan(self, projector: Projector, claim: Claim, raw: bytes) -> Plan:
        """Written down before anything of it is done."""
        try:
            tasks = Reading(self._around, self._workspace, projector).tasks(raw)
        except (StorageError, OSError):
            raise
        except Exception as error:
            _log.exception("an edit of %s could not be understood", self._path)
            raise FileRefused(FAULT) from error
        if sessions_file.is_outdated(raw):
            keep_original(claim, self._path)
        plan = Plan(sha256=hash_of(raw), tasks=tasks)
        if tasks:
            edit_claims.write_plan(claim, plan)
        return plan

    # What is done about it.

    def _go_on(self, errand: Errand) -> None:
        for task in errand.next():
            self._errands.send(self._workspace, errand, task, again=errand.again)

    def answered(self, errand: Errand, position: int, answer: Answer) -> None:
        """A task is done, or refused."""
        if errand is not self._errand or errand.task(position) is None:
            return
        errand.answered(position, answer)
        self._go_on(errand)
        if errand.is_done:
            self._errand = None
            if self._finish(errand):
                self.look()

    def try_again(self, errand: Errand, position: int) -> None:
        """Nobody was there to deal with it, or it was cut short."""
        task = errand.task(position)
        if errand is self._errand and task:
            self._errands.send(self._workspace, errand, task, again=True)

    def _finish(self, errand: Errand) -> bool:
        """False if it could not be put away: it is taken up again at a later look."""
        notes = [f"not done: {_name(task)}: {reason}" for task, reason in errand.refused]
        notes += self._overtaken(errand)
        try:
            if notes:
                what = "the rest of this edit was done" if errand.refused else "this edit was done"
                self._reject(errand.claim, FileRefused("; ".join([what, *notes])))
            elif stamp_of(errand.claim.path) == errand.stamp:
                self._release(errand.claim, errand.stamp)
            else:  # saved on after it was taken out
                errand.claim.plan.unlink(missing_ok=True)
        except (StorageError, OSError) as error:
            _log.warning("an edit of %s is done and cannot be put away: %s", self._path, error)
            return False
        return True

    def _overtaken(self, errand: Errand) -> list[str]:
        lines: list[str] = []
        for task in errand.plan.tasks:
            directory = self._around.data.session(self._workspace, task.session_id)
            name = request_id(errand.claim, errand.plan, task)
            try:
                lines += overtaken(directory, errand.plan, task, name)
            except StorageError as error:
                _log.info("session %s: %s", task.session_id, error)
        return lines

    # Putting away.

    def _release(self, claim: Claim, stamp: Stamp | None) -> None:
        """Remove it, or remember it while somebody still has it open and may go on saving."""
        if edit_claims.release(claim):
            self._put_away.pop(claim.counter, None)
        else:
            claim.plan.unlink(missing_ok=True)
            self._put_away[claim.counter] = stamp

    def _reject(self, claim: Claim, refusal: FileRefused) -> None:
        reject(claim, self._around.data.rejected, refusal)
        _log.warning("an edit of %s was refused: %s", self._path, refusal)


def _name(task: Task) -> str:
    kind = task.request.__struct_config__.tag
    return f"{kind} of session {task.session_id}"
