"""What can be asked of sessions as a whole."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from storage.records.config import SessionConfig, StrictBudget, StrictLimits
from storage.records.request_base import Number, OfSession, Reference, RequestBase, Title
from storage.records.worker_request import CreateWorkerRequest


class StrictConfig(SessionConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config as it may be asked for: nothing that configs do not have."""

    budget: StrictBudget | None = None
    limits: StrictLimits | None = None


class CreateSession(RequestBase, frozen=True, kw_only=True, tag="create-session"):
    """`parent`: the session that starts it, and is shown what it asks.

    Of a worktree: `repository` is a directory in it, `branch` a new or an existing one, else one is
    named after the title; `base` is where a new one begins (the default branch of the remote, else
    HEAD). `run_setup`: the set-up command that the repository names is trusted.
    """

    session_type: Literal["quick", "worktree"] = "quick"
    location_path: str | None = None
    title: Title | None = None
    config: StrictConfig | None = None
    worker: CreateWorkerRequest | None = None
    prompt: str | None = None
    workspace: str | None = None
    metadata: dict[str, Any] | None = None
    repository: str | None = None
    branch: str | None = None
    base: str | None = None
    run_setup: bool = False
    parent: Reference | None = None


CreateSessionRequest = CreateSession


class GetSession(OfSession, frozen=True, kw_only=True, tag="get-session"):
    """`at`: as it was when its journal ended at this number; then also one in the trash."""

    at: Number | None = None


class GetEvents(OfSession, frozen=True, kw_only=True, tag="get-events"):
    """What its journal says after number `after`: at least `limit` events if there are so many,
    and always all of a line; also of one in the trash.
    """

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class GetWorktree(OfSession, frozen=True, kw_only=True, tag="get-worktree"):
    """Where its directory is, and what git says of it now."""


class GetDiff(OfSession, frozen=True, kw_only=True, tag="get-diff"):
    """What changed in its directory, as text, as hunks of files, or as numbers alone.

    `patch` is the text with what is binary, for `git apply`. At most `max_bytes` of text or hunks.
    """

    form: Literal["text", "patch", "files", "summary"] = "text"
    max_bytes: Annotated[int, Meta(ge=1, le=16 << 20)] = 1 << 20


class GetBudget(OfSession, frozen=True, kw_only=True, tag="get-budget"):
    """Its limits, what it and those that it started have spent, and the budgets above it."""


class ListSessions(RequestBase, frozen=True, kw_only=True, tag="list-sessions"):
    pass


class UpdateSession(OfSession, frozen=True, kw_only=True, tag="update-session"):
    updates: dict[str, Any]


class DeleteSession(OfSession, frozen=True, kw_only=True, tag="delete-session"):
    """Its worktree goes with it if nothing is lost by that: `keep_worktree` leaves it, `force`
    removes it once a ref keeps all that is in it; `delete_branch`: its branch too, if it is merged.
    """

    keep_worktree: bool = False
    force: bool = False
    delete_branch: bool = False


class PauseSession(OfSession, frozen=True, kw_only=True, tag="pause-session"):
    pass


class ResumeSession(OfSession, frozen=True, kw_only=True, tag="resume-session"):
    pass


class StopSession(OfSession, frozen=True, kw_only=True, tag="stop-session"):
    pass


class StartSession(OfSession, frozen=True, kw_only=True, tag="start-session"):
    pass


class RestartSession(OfSession, frozen=True, kw_only=True, tag="restart-session"):
    pass


class ArchiveSession(OfSession, frozen=True, kw_only=True, tag="archive-session"):
    pass


class UnarchiveSession(OfSession, frozen=True, kw_only=True, tag="unarchive-session"):
    pass


class ListTrash(RequestBase, frozen=True, kw_only=True, tag="list-trash"):
    pass


class RestoreSession(RequestBase, frozen=True, kw_only=True, tag="restore-session"):
    """`session` is one in the trash: its name there, an id, the beginning of one, or a title."""

    session: Reference


class PurgeSession(RequestBase, frozen=True, kw_only=True, tag="purge-session"):
    """Removes from the trash for good: one session, those deleted so long ago, or `all`."""

    session: Reference | None = None
    older_than_days: Annotated[float, Meta(ge=0, le=36500)] | None = None
    all: bool = False


class ForkSession(OfSession, frozen=True, kw_only=True, tag="fork-session"):
    """A new session that begins as this one did, up to the last round that ended at or before `at`.

    `branch`: of the new worktree; else it is named after the new session.
    """

    at: Number | None = None
    title: Title | None = None
    branch: str | None = None


class ImportSession(RequestBase, frozen=True, kw_only=True, tag="import-session"):
    """`path`: a file that `greenroom export` wrote; `workspace`: else the one it came from."""

    path: Annotated[str, Meta(min_length=1, max_length=4096)]
    workspace: str | None = None
