"""A repository over any backend. One step: decide, keep, fold, tell."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from actors.adapters import prices
from actors.adapters.system_clock import SystemClock
from actors.decisions import table
from actors.decisions.decision import Given
from actors.messages.recording import Published
from actors.ports import Clock
from actors.recording.broadcaster import Broadcaster, Handler, Subscription
from actors.refused import Refused
from actors.repository.open_journals import OpenJournals, OpenSession
from actors.session_factory import copied
from storage import attachments, fold
from storage.backends.base import Backend
from storage.data_dir import DEFAULT_WORKSPACE
from storage.errors import StorageError
from storage.records import event as e
from storage.records import request as r
from storage.records.ids import is_id
from storage.records.message import ChatMessage
from storage.records.new_ids import new_id
from storage.records.session import Session, SessionInfo, session_info
from storage.records.worker import ProcessWorker
from storage.records.workspace import WorkspaceSettings
from storage.state import SessionState

_log = logging.getLogger(__name__)


class JournaledSessions:
    """A `SessionRepository`; close it at the end, or use it in a `with`."""

    def __init__(
        self,
        backend: Backend,
        workspace: str,
        settings: Callable[[], WorkspaceSettings] = WorkspaceSettings,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._backend = backend
        self._workspace = workspace
        self._settings = settings
        self._clock = clock or SystemClock()
        self._broadcaster = Broadcaster()
        self._lock = threading.RLock()
        self._journals = OpenJournals(backend)
        self._is_closed = False

    def close(self) -> None:
        """Let go of every journal. Later calls raise RuntimeError; closing twice does nothing."""
        with self._lock:
            self._is_closed = True
            self._journals.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Sessions.

    def create_session(self, new: SessionState) -> Session:
        record: Session = copied(new.record, Session)
        messages: list[ChatMessage] = copied(list(new.messages), list[ChatMessage])
        refusal = self._cannot_keep(record, messages)
        if refusal:
            raise Refused(refusal)
        first = 1 if messages and messages[0].role == "system" else 0
        record = replace(record, workspace=self._workspace, message_count=first)
        created = e.SessionCreated(record, tuple(messages[:first]))
        added = [e.MessageAdded(message) for message in messages[first:]]
        with self._step():
            if record.id in self._journals.stored():
                raise _exists(record.id)
            at = self._clock.now()
            try:
                log = self._backend.create(record.id, at)
            except FileExistsError as error:
                raise _exists(record.id) from error
            begun = OpenSession(log, SessionState())
            return _copy(self._commit(record.id, begun, [created, *added], at))

    def _cannot_keep(self, record: Session, messages: list[ChatMessage]) -> r.Refusal | None:
        if not is_id(record.id):
            return r.Refusal(code="bad-request", message=f"{record.id!r} cannot be an id")
        ids = Counter(message.id for message in messages)
        twice = [message_id for message_id, count in ids.items() if count > 1]
        if twice:
            text = f"Message already exists with ID: {twice[0]}"
            return r.Refusal(code="message-exists", message=text)
        if record.workspace in {self._workspace, DEFAULT_WORKSPACE}:
            return None
        text = f"these are the sessions of workspace {self._workspace}, not {record.workspace}"
        return r.Refusal(code="workspace-not-found", message=text)

    def get_session(self, session_id: str) -> Session | None:
        with self._step():
            found = self._journals.look(session_id)
            return _copy(found.state) if found else None

    def session_exists(self, session_id: str) -> bool:
        return self.get_session(session_id) is not None

    def list_sessions(self) -> list[SessionInfo]:
        with self._step():
            for session_id in self._journals.stored() - self._journals.records.keys():
                try:
                    self._journals.look(session_id)
                except StorageError as error:
                    _log.warning("session %s is left out of the listing: %s", session_id, error)
            records = self._journals.records.values()
            ordered = sorted(records, key=lambda record: (record.created_at, record.id))
            return [session_info(record) for record in ordered]

    def update_session(self, session_id: str, updates: dict[str, Any]) -> Session:
        return self._decide(session_id, {"type": "update-session", "updates": updates})

    def delete_session(self, session_id: str) -> bool:
        with self._step():
            found = self._journals.look(session_id)
            if found is None:
                return False
            if any(_may_run(worker) for worker in found.state.record.workers):
                text = (
                    f"session {session_id} has a process that may be alive;"
                    f" start greenroom, then: greenroom delete {session_id}"
                )
                raise Refused(r.Refusal(code="not-available", message=text))
            self._decide(session_id, {"type": "delete-session", "keep_worktree": True})
            self._journals.discard(session_id)
            return True

    # Messages and numbers.

    def get_messages(self, session_id: str) -> list[ChatMessage]:
        with self._step():
            messages = list(self._find(session_id).state.messages)
        found: list[ChatMessage] = copied(messages, list[ChatMessage])
        return found

    def add_message(self, session_id: str, message: r.NewMessage | ChatMessage) -> Session:
        return self._decide(session_id, {"type": "add-message", "message": message})

    def update_message(self, session_id: str, message_id: str, updates: dict[str, Any]) -> Session:
        asked = {"type": "update-message", "message_id": message_id, "updates": updates}
        return self._decide(session_id, asked)

    def update_token_metrics(
        self, session_id: str, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> Session:
        counts = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
        return self._decide(session_id, {"type": "update-token-metrics", **counts})

    # Who listens.

    def subscribe(self, handler: Handler) -> Subscription:
        return self._broadcaster.subscribe(handler)

    # One step.

    @contextmanager
    def _step(self) -> Iterator[None]:
        with self._lock, _named_failures():
            if self._is_closed:
                raise RuntimeError("this repository is closed; open another")
            yield

    def _find(self, session_id: str) -> OpenSession:
        found = self._journals.look(session_id)
        if found is None:
            raise Refused(table.not_found(session_id))
        return found

    def _decide(self, session_id: str, asked: dict[str, Any]) -> Session:
        """Nothing is run: effects that follow are the daemon's, at its next start."""
        with self._step():
            found = self._find(session_id)
            command = copied({**asked, "session": session_id}, r.SessionCommand)
            given = self._given()
            verdict = table.decide(found.state, command, given)
            if isinstance(verdict, r.Refusal):
                raise Refused(verdict)
            return _copy(self._commit(session_id, found, verdict.events, given.now))

    def _given(self) -> Given:
        return Given(now=self._clock.now(), new_id=new_id, settings=self._settings, prices=prices)

    def _commit(
        self, session_id: str, found: OpenSession, events: Sequence[e.Event], at: datetime
    ) -> SessionState:
        if not events:
            return found.state
        recorded, apart = attachments.set_apart(events)
        state = fold.apply_line(found.state, recorded, at)
        try:
            found.log.append([(at, recorded, None)], apart)
            found.state = state
            self._journals.remember(session_id, found)
        except BaseException:  # be it Ctrl-C: what is kept is read anew from its place
            self._journals.let_go(session_id)
            found.log.close()
            raise
        told = copied(recorded, tuple[e.Event, ...])
        session = None if state.deleted else _copy(state)
        self._broadcaster.publish(Published(session_id, state.n, at, told, session))
        return state


def _copy(state: SessionState) -> Session:
    record: Session = copied(state.record, Session)
    return record


def _may_run(worker: Any) -> bool:
    return isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}


def _exists(session_id: str) -> Refused:
    text = f"Session already exists with ID: {session_id}"
    return Refused(r.Refusal(code="session-exists", message=text))


@contextmanager
def _named_failures() -> Iterator[None]:
    """What the place refuses has a code, too; a journal that cannot be used has that of fronts."""
    try:
        yield
    except StorageError as error:
        code = "session-quarantined" if error.code.startswith("journal-") else error.code
        raise Refused(r.Refusal(code=code, message=str(error))) from error
    except OSError as error:
        raise Refused(r.Refusal(code="storage-failed", message=str(error))) from error
