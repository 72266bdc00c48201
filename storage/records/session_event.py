"""What happened to a session and to its messages and numbers."""

from typing import Any, Literal

from msgspec import Struct

from storage.records.config import TokenMetrics
from storage.records.message import ChatMessage
from storage.records.removal import Removal, RemovedWorktree, UnsafeReason
from storage.records.session import Session


class SessionCreated(Struct, frozen=True, gc=False, omit_defaults=True, tag="session-created"):
    """`messages`: those that it begins with, which is its own system prompt at most."""

    session: Session
    messages: tuple[ChatMessage, ...] = ()


class SessionUpdated(Struct, frozen=True, gc=False, tag="session-updated"):
    """`updates`: whole values by field name, of title, desired, archived, metadata, parent…"""

    updates: dict[str, Any]


class SessionConfigUpdated(Struct, frozen=True, gc=False, tag="session-config-updated"):
    """`config`: the changed fields alone; a null unsets one."""

    config: dict[str, Any]


class SessionDeleting(Struct, frozen=True, gc=False, omit_defaults=True, tag="session-deleting"):
    """The intent: its workers are being ended; `removal`: then its worktree goes too."""

    removal: Removal | None = None


class WorktreeRemoved(Struct, frozen=True, gc=False, omit_defaults=True, tag="worktree-removed"):
    """All that was in it is held by a ref of its repository."""

    worktree: RemovedWorktree


class WorktreeKept(Struct, frozen=True, gc=False, tag="worktree-kept"):
    """The session goes, its worktree stays where it is; `why` is a sentence."""

    why: str


class SessionDeleteRefused(
    Struct, frozen=True, gc=False, omit_defaults=True, tag="session-delete-refused"
):
    """The worktree was not safe any more when its workers had ended: the session stays, stopped."""

    message: str
    reasons: tuple[UnsafeReason, ...] = ()


class SessionDeleted(Struct, frozen=True, gc=False, tag="session-deleted"):
    """The last event of a journal, before its directory goes to the trash."""


class SessionRestored(Struct, frozen=True, gc=False, tag="session-restored"):
    """Taken out of the trash, or brought here from another greenroom: it stays stopped until asked.

    No process of it lives here any more.
    """

    source: Literal["trash", "import"]


class SessionForked(Struct, frozen=True, gc=False, tag="session-forked"):
    """Up to here the journal is that of another session, which `session.forked_from` names.

    `session`: what it is from here on. What was open there is left out.
    """

    session: Session


class MessageAdded(Struct, frozen=True, gc=False, tag="message-added"):
    message: ChatMessage


class MessageUpdated(Struct, frozen=True, gc=False, tag="message-updated"):
    message_id: str
    updates: dict[str, Any]


class TokenMetricsUpdated(Struct, frozen=True, gc=False, tag="token-metrics-updated"):
    metrics: TokenMetrics


class ContextWindowCritical(Struct, frozen=True, gc=False, tag="context-window-critical"):
    utilization: float
    max_context_window: int
