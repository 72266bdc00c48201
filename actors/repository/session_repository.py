"""What keeps sessions for a Python program, as a Protocol: another may stand in its place."""

from typing import Any, Protocol

from actors.recording.broadcaster import Handler, Subscription
from storage.records import request as r
from storage.records.message import ChatMessage
from storage.records.session import Session, SessionInfo
from storage.state import SessionState


class SessionRepository(Protocol):
    """Every method may be called from any thread. What is not there, or is not allowed, raises
    `Refused`: `session-not-found`, `session-exists`, `message-not-found`, `bad-request`…
    """

    def create_session(self, new: SessionState) -> Session:
        """Keep a session that a `SessionFactory` made: its record and its messages."""
        ...

    def get_session(self, session_id: str) -> Session | None: ...

    def update_session(self, session_id: str, updates: dict[str, Any]) -> Session:
        """`config` and `metrics` are merged one level deep, other values replaced."""
        ...

    def delete_session(self, session_id: str) -> bool:
        """False, and no event, if there was none."""
        ...

    def get_messages(self, session_id: str) -> list[ChatMessage]: ...

    def add_message(self, session_id: str, message: r.NewMessage | ChatMessage) -> Session:
        """Record a message of any role; no model is called."""
        ...

    def update_message(
        self, session_id: str, message_id: str, updates: dict[str, Any]
    ) -> Session: ...

    def update_token_metrics(
        self, session_id: str, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> Session:
        """Add a call's tokens, in one step with what is there by then."""
        ...

    def list_sessions(self) -> list[SessionInfo]:
        """Oldest first."""
        ...

    def session_exists(self, session_id: str) -> bool: ...

    def subscribe(self, handler: Handler) -> Subscription:
        """`handler` hears of every change once it is kept, in order. It must be short, and call
        nothing of the repository.
        """
        ...
