"""What a file that was saved as `sessions.json` asks for, against what it was made from.

Reads files and the records of all sessions; changes nothing. What follows from them is decided in
`outside_edit`.
"""

import logging
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from msgspec import Struct

from actors.decisions import outside_edit
from actors.decisions.decision import Given
from actors.edits.plan import Task, hash_of, session_of
from actors.messages.session import AdoptSession
from actors.recording.projector import Projector
from actors.sessions import checks
from actors.surroundings import Surroundings
from storage import as_of, migrations, sessions_file, strict_json
from storage.catalog import CatalogEntry
from storage.errors import FileRefused, JournalMissing, StorageError
from storage.journal.frame import JournalEnd
from storage.records import request as r
from storage.records.ids import is_id
from storage.records.new_ids import new_id
from storage.records.session import Session

_log = logging.getLogger(__name__)

STALE = (
    "this was made from revision {}, which is not known (any more); make the change again in"
    " sessions.json as it is now"
)


class Base(Struct, frozen=True):
    """The sessions of a revision as they stood in it, and where their journals ended."""

    sessions: dict[str, Session]
    ends: dict[str, JournalEnd]


class Reading:
    """Of one file of one workspace."""

    def __init__(self, around: Surroundings, workspace: str, projector: Projector) -> None:
        self._around = around
        self._workspace = workspace
        self._projector = projector

    def tasks(self, raw: bytes) -> tuple[Task, ...]:
        """What is to be done, in order. FileRefused with line and path: nothing may be.

        StorageError, OSError: it cannot be known at present.
        """
        verdict = sessions_file.judge(raw)
        match verdict:
            case sessions_file.Edited():
                return self._edited(raw, verdict)
            case sessions_file.Outdated():
                return self._outdated(raw)
            case sessions_file.Broken():
                raise _refusal(verdict)
            case _:
                return ()

    # A file of ours that was changed.

    def _edited(self, raw: bytes, edited: sessions_file.Edited) -> tuple[Task, ...]:
        document = strict_json.parse(raw)
        listed = self._projector.revisions.find(edited.revision, edited.digest)
        if listed is None:
            path = "$.revision"
            reason = STALE.format(edited.revision)
            raise FileRefused(reason, line=strict_json.line_of(raw, path), path=path)
        entries = self._entries()
        ours = {session_id: entry.session for session_id, entry in entries.items()}
        base = self._base(raw, document["sessions"], listed, ours)
        merged = outside_edit.merge(
            base=base.sessions,
            ends=base.ends,
            listed=listed,
            ours=ours,
            theirs=document,
            key=hash_of(raw),
            workspace=self._workspace,
            was_used=self.was_used,
            given=self._given(),
            check=self._check,
        )
        if isinstance(merged, outside_edit.EditRefused):
            line = strict_json.line_of(raw, merged.path)
            raise FileRefused(merged.reason, line=line, path=merged.path)
        return tuple(_task(change, entries) for change in merged)

    def _entries(self) -> dict[str, CatalogEntry]:
        """What is now, of one moment: what comes after it is found by its number."""
        return {
            session_id: entry
            for session_id, entry in list(self._around.index.entries.items())
            if entry.session.workspace == self._workspace and not entry.deleting
        }

    def _base(
        self, raw: bytes, entries: Any, listed: Mapping[str, int], ours: Mapping[str, Session]
    ) -> Base:
        """Of the sessions that the file shows, and of those that it does not show any more."""
        places = _places(entries)
        base = Base({}, {})
        for session_id, n in listed.items():
            if session_id not in places and session_id not in ours:
                continue
            try:
                found = self._at(session_id, n)
            except JournalMissing:
                continue
            except StorageError as error:
                path = f"$.sessions[{places[session_id]}]" if session_id in places else "$.sessions"
                reason = f"session {session_id} cannot be read: {error}"
                raise FileRefused(reason, line=strict_json.line_of(raw, path), path=path) from error
            if found:
                base.sessions[session_id], base.ends[session_id] = found
        return base

    def _at(self, session_id: str, n: int) -> tuple[Session, JournalEnd] | None:
        entry = self._around.index.entries.get(session_id)
        if entry and entry.end.n == n:
            return entry.session, entry.end
        return as_of.session_at(self._around.data, self._workspace, session_id, n)

    def _given(self) -> Given:
        return Given(
            now=self._around.clock.now(),
            new_id=new_id,
            settings=partial(self._around.workspaces.settings, self._workspace),
            prices=self._around.prices,
        )

    def _check(self, request: r.AnyRequest, session: Session | None) -> r.Refusal | None:
        if isinstance(request, r.CreateSession):
            return checks.cannot_create(request, self._around)
        if isinstance(request, r.OfSession) and session:
            return checks.cannot_run(request, session, self._around)
        return None

    # A file of an older format.

    def _outdated(self, raw: bytes) -> tuple[Task, ...]:
        document = strict_json.parse(raw)
        try:
            found = migrations.migrate(document, self._workspace, self._around.clock.now())
        except FileRefused as refusal:
            path = refusal.path or "$"
            line = refusal.line or strict_json.line_of(raw, path)
            raise FileRefused(str(refusal), line=line, path=path) from refusal
        new = [session for session in found if not self.was_used(session.id)]
        _log.info("an older file: %d of its %d sessions are added", len(new), len(found))
        return tuple(
            Task(position=position, request=AdoptSession(session=session.id, record=session))
            for position, session in enumerate(new)
        )

    # Ids.

    def was_used(self, session_id: str) -> bool:
        """Whether a session has, or ever had, this id."""
        index, data = self._around.index, self._around.data
        if not is_id(session_id):
            return False
        if session_id in index.entries or session_id in index.unreadable:
            return True
        return session_id in self._ever or any(
            data.session(name, session_id).exists() or any(data.trash(name).glob(f"{session_id}-*"))
            for name in data.workspace_names()
        )

    @cached_property
    def _ever(self) -> frozenset[str]:
        projectors = list(self._around.index.projectors.values())
        return frozenset().union(*(projector.revisions.ever() for projector in projectors))


def _task(change: outside_edit.Change, entries: Mapping[str, CatalogEntry]) -> Task:
    entry = entries.get(session_of(change.request, change.allotted))
    return Task(
        position=change.position,
        request=change.request,
        allotted=change.allotted,
        n=entry.end.n if entry else 0,
    )


def _places(entries: Any) -> dict[str, int]:
    """Session id -> place in the file, as far as that can be told."""
    if not isinstance(entries, list):
        return {}
    return {
        entry["id"]: place
        for place, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    }


def _refusal(broken: sessions_file.Broken) -> FileRefused:
    reason = f"{broken.reason}; sessions.json was made anew from the journals"
    return FileRefused(reason, line=broken.line, path=broken.path)
