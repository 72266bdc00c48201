"""Sessions and workers by name: a method per command, plain values out, a no raised as `Refused`.

Everything goes through `dispatch`; only an attachment hears from the terminal host itself.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from actors.library.worker_attachment import WorkerAttachment, WorkerCallbacks
from actors.messages.heard import ACTIVITY
from actors.refused import Refused
from storage import codec
from storage.data_dir import DataDir
from storage.records.request import (
    Answer,
    AnyRequest,
    CreateSession,
    CreateWorkerRequest,
    Refusal,
)

if TYPE_CHECKING:
    from actors.library.delivery import Subscription

Json = dict[str, Any]

DIFF_BYTES = 1 << 20
"""Of text or hunks, unless more is asked for."""
OUTPUT_BYTES = 256 * 1024
"""What the output buffer gives at most."""


class NamedCalls(ABC):
    """`session_id` and `worker_id` may be whatever a request takes: ids, beginnings, names."""

    def __init__(self) -> None:
        self._attachments: dict[str, list[WorkerAttachment]] = {}
        self._attaching = threading.Lock()

    @abstractmethod
    def dispatch(
        self, command: AnyRequest | Json, timeout_seconds: float | None = None
    ) -> Answer: ...

    @abstractmethod
    def subscribe(
        self, event_type: str | None, handler: Callable[[Json], object]
    ) -> "Subscription": ...

    @property
    @abstractmethod
    def data_dir(self) -> DataDir | None:
        """Where the terminals are; None of a repository alone."""

    def _done(self, kind: str, **fields: Any) -> Any:
        answer = self.dispatch({"type": kind, **fields})
        if answer.error:
            raise Refused(answer.error)
        return answer.data

    # Sessions.

    def create_session(self, request: CreateSession | Mapping[str, Any]) -> Json:
        """`request`: a `CreateSession`, or its JSON without a `type`; the session. Refused."""
        fields = _plain(request)
        fields.pop("type", None)
        created: Json = self._done("create-session", **fields)
        return created

    def get_session(self, session_id: str, at: int | None = None) -> Json | None:
        """`at`: as it was when its journal ended at that number. Refused."""
        fields = {} if at is None else {"at": at}
        found: Json | None = self._done("get-session", session=session_id, **fields)
        return found

    def fork_session(
        self,
        session_id: str,
        at: int | None = None,
        *,
        title: str | None = None,
        branch: str | None = None,
    ) -> Json:
        """The new session, which begins as that one did, up to the last round that had ended by
        number `at`; `forked_from` says what it has of it. Refused.
        """
        wanted = {"at": at, "title": title, "branch": branch}
        fields = {name: value for name, value in wanted.items() if value is not None}
        made: Json = self._done("fork-session", session=session_id, **fields)
        return made

    def get_events(self, session_id: str, after: int = 0, limit: int = 100) -> Json:
        """What its journal says after number `after`, page by page: `{"events", "next", "end"}`;
        `next` is the number to go on after. Also of one in the trash. Refused.
        """
        fields = {"session": session_id, "after": after, "limit": limit}
        page: Json = self._done("get-events", **fields)
        return page

    def get_all_sessions(self) -> list[Json]:
        """As `list-sessions`, in order of creation."""
        sessions: list[Json] = self._done("list-sessions")["sessions"]
        return sessions

    def get_session_metadata(self, session_id: str) -> Json | None:
        """The program's own `metadata` of a session; None when there is no such session."""
        session = self.get_session(session_id)
        return session["metadata"] if session else None

    def get_worktree(self, session_id: str) -> Json:
        """Where its directory is and what git says of it now, as a `WorktreeLook`. Refused."""
        look: Json = self._done("get-worktree", session=session_id)
        return look

    def get_diff(
        self,
        session_id: str,
        form: Literal["text", "patch", "files", "summary"] = "text",
        max_bytes: int = DIFF_BYTES,
    ) -> Json:
        """What changed in its directory since its base, as a `SessionDiff`: a patch, the hunks of
        each file, or the numbers alone. Refused, with `not-in-git` where git follows no files.
        """
        fields = {"session": session_id, "form": form, "max_bytes": max_bytes}
        changes: Json = self._done("get-diff", **fields)
        return changes

    def restart_session(self, session_id: str) -> Json:
        """The session, once all of its workers that are to run do so again. Refused."""
        session: Json = self._done("restart-session", session=session_id)
        return session

    def delete_session(self, session_id: str) -> bool:
        """Once its processes are gone; False when there was none. Refused."""
        return bool(self._done("delete-session", session=session_id)["deleted"])

    def list_permissions(self, session_id: str | None = None) -> list[Json]:
        """The open permission requests; with a session those of it and of those it started.

        Refused.
        """
        fields = {} if session_id is None else {"session": session_id}
        asked: list[Json] = self._done("list-permissions", **fields)["permissions"]
        return asked

    def answer_permission(
        self, permission_id: str, decision: Literal["allow", "deny"], *, remember: bool = False
    ) -> Json:
        """The permission request as answered. Refused when that comes too late."""
        fields = {"permission": permission_id, "decision": decision, "remember": remember}
        answered: Json = self._done("answer-permission", **fields)
        return answered

    def set_timer(
        self,
        session_id: str,
        message: str,
        *,
        in_seconds: float | None = None,
        at: datetime | None = None,
    ) -> Json:
        """`message` is said to the session once, then: `{"timer_id", "due"}`. One of `in_seconds`
        and `at`, which has a zone. Refused.
        """
        when: Json = {"in_seconds": in_seconds, "at": at.isoformat() if at else None}
        fields = {name: value for name, value in when.items() if value is not None}
        told: Json = self._done("set-timer", session=session_id, message=message, **fields)
        return told

    def list_timers(self, session_id: str) -> list[Json]:
        """Those that have not fired, the next one first. Refused."""
        timers: list[Json] = self._done("list-timers", session=session_id)["timers"]
        return timers

    def cancel_timer(self, session_id: str, timer_id: str) -> Json:
        """`{"timer_id", "cancelled"}`. Refused with `timer-not-found` when it has fired."""
        told: Json = self._done("cancel-timer", session=session_id, timer_id=timer_id)
        return told

    def cleanup_orphan_processes(self) -> Json:
        """`{"ended": […], "left": […]}`, once it is done. Refused."""
        outcome: Json = self._done("cleanup-orphans")
        return outcome

    # Workers.

    def create_worker(
        self, session_id: str, request: CreateWorkerRequest | Mapping[str, Any]
    ) -> Json:
        """The worker, once it runs. Refused, with `spawn-failed` if it cannot."""
        worker: Json = self._done("create-worker", session=session_id, worker=_plain(request))
        return worker

    def get_worker(self, session_id: str, worker_id: str) -> Json | None:
        """None if the session has no such worker. Refused."""
        try:
            worker: Json = self._done("get-worker", session=session_id, worker=worker_id)
        except Refused as problem:
            if problem.code == "worker-not-found":
                return None
            raise
        return worker

    def delete_worker(self, session_id: str, worker_id: str) -> bool:
        """Once its process is gone; False when there was none. Refused."""
        deleted = self._done("delete-worker", session=session_id, worker=worker_id)
        return bool(deleted["deleted"])

    def write_worker_input(
        self, session_id: str, worker_id: str, data: str, wait_seconds: float = 0
    ) -> int:
        """Type `data` as it stands; the bytes that were typed. Refused, with `input-held` while a
        person types there for longer than `wait_seconds`.
        """
        fields = {"session": session_id, "worker": worker_id, "data": data}
        return int(self._done("write-input", **fields, wait_seconds=wait_seconds)["accepted"])

    def resize_worker(self, session_id: str, worker_id: str, cols: int, rows: int) -> None:
        """Refused."""
        self._done("resize-worker", session=session_id, worker=worker_id, cols=cols, rows=rows)

    def get_worker_output_buffer(self, session_id: str, worker_id: str) -> str:
        """The end of its last process's output, 256 KiB at most; bytes that are no text are
        replaced. Refused.
        """
        fields = {"session": session_id, "worker": worker_id, "from": -OUTPUT_BYTES}
        return str(self._done("get-output", **fields)["data"])

    def get_worker_activity_state(self, session_id: str, worker_id: str) -> str:
        """`active`, `idle`, `asking` or `unknown`. Refused."""
        return str(self._done("get-activity", session=session_id, worker=worker_id)["state"])

    # Attachments.

    def attach_worker(
        self,
        session_id: str,
        worker_id: str,
        callbacks: WorkerCallbacks,
        *,
        from_offset: int | None = None,
    ) -> WorkerAttachment:
        """Hear of a worker's output and end from now on, or from an offset of its output on.

        It never types; any number may look on. It ends with the process, by `detach_worker`, or
        with `close`. Refused: `not-available` without terminals, `worker-not-running`, ….
        """
        if self.data_dir is None:
            text = "attach_worker needs a greenroom that runs terminals, not a repository alone"
            raise Refused(Refusal(code="not-available", message=text))
        session, worker = self._terminal(session_id, worker_id)
        log = self.data_dir.terminal_log(session["workspace"], session["id"], worker["id"])
        key = f"{session['id']}/{worker['id']}"
        attachment = WorkerAttachment(log, key, callbacks)
        attachment.begin(self.data_dir.root, from_offset)
        with self._attaching:
            self._attachments.setdefault(key, []).append(attachment)
        attachment.on_end(lambda: self._forget(key, attachment))
        if callbacks.activity:
            told = self.subscribe(ACTIVITY, _of_worker(key, callbacks.activity))
            attachment.on_end(told.unsubscribe)
        return attachment

    def detach_worker(self, session_id: str, worker_id: str) -> bool:
        """End what `attach_worker` of this program began there; False if there was nothing."""
        session, worker = self._terminal(session_id, worker_id)
        return self._detach(f"{session['id']}/{worker['id']}")

    def _detach(self, key: str) -> bool:
        with self._attaching:
            found = list(self._attachments.get(key, ()))
        for attachment in found:
            attachment.detach()
        return bool(found)

    def _detach_all(self) -> None:
        """End every attachment of this program."""
        with self._attaching:
            keys = list(self._attachments)
        for key in keys:
            self._detach(key)

    def _forget(self, key: str, attachment: WorkerAttachment) -> None:
        with self._attaching:
            left = [each for each in self._attachments.get(key, ()) if each is not attachment]
            self._attachments = {**self._attachments, key: left}
            if not left:
                del self._attachments[key]

    def _terminal(self, session_id: str, worker_id: str) -> tuple[Json, Json]:
        worker = self._done("get-worker", session=session_id, worker=worker_id)
        session = self._done("get-session", session=session_id)
        if worker["type"] == "conversation":
            text = f"worker {worker['name']} is a conversation; it has no terminal"
            raise Refused(Refusal(code="not-a-terminal", message=text))
        return session, worker


def _of_worker(key: str, tell: Callable[[Json | None], object]) -> Callable[[Json], None]:
    def hear(event: Json) -> None:
        if f"{event.get('session_id')}/{event.get('worker_id')}" == key:
            tell(event["activity"])

    return hear


def _plain(request: object) -> Json:
    """Its JSON. Refused for what is none."""
    try:
        codec.require_no_bytes(request)
        plain: Json = dict(codec.builtins(request))
    except (TypeError, ValueError, RecursionError) as error:
        refusal = Refusal(code="bad-request", message=f"this is no JSON: {error}")
        raise Refused(refusal) from error
    return plain
