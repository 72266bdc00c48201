"""What a session tells its workers to do."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.messages.effects import AskModel
from actors.messages.session import Reply
from storage.records.config import SessionConfig
from storage.records.conversation import ToolCall, Turn
from storage.records.delivery import Prompt
from storage.records.message import ChatMessage
from storage.records.process import EndCause
from storage.records.session import Session
from storage.records.worker import TerminalWorker
from storage.state import SessionState


class RunProcess(Struct, frozen=True, kw_only=True):
    """Start the worker's process; with `adopt`, take over the one that is recorded."""

    session: Session
    worker: TerminalWorker
    adopt: bool


class EndProcess(Struct, frozen=True):
    cause: EndCause
    why: str = ""


class EndServer(Struct, frozen=True):
    """To a tool server: end, for this reason."""

    why: str


class TypeInput(Struct, frozen=True, kw_only=True):
    number: int
    data: bytes
    wait_seconds: float = 0


class TakeReports(Struct, frozen=True):
    """These are not needed any more, by their files' names."""

    reports: tuple[str, ...]


class DeliverPrompt(Struct, frozen=True):
    """Go on with it from the state that is recorded of it."""

    prompt: Prompt


class Prepare(Struct, frozen=True):
    """Say which tools there are, once they are known."""


class Ask(Struct, frozen=True, kw_only=True):
    """Call the model with what the session is at this moment.

    `useless_summaries`: the first message of each span of which the turn's model gave a summary
    that was of no use, once for each such answer.
    """

    response_id: str
    turn: Turn
    delay_seconds: float
    session: Session
    messages: tuple[ChatMessage, ...]
    useless_summaries: tuple[str, ...] = ()

    @classmethod
    def of(cls, effect: AskModel, state: SessionState) -> "Ask | None":
        """None if the response has ended meanwhile."""
        found = state.round(effect.response_id)
        turn = next((t for t in found.turns if t.number == effect.number), None) if found else None
        if turn is None:
            return None
        return cls(
            response_id=effect.response_id,
            turn=turn,
            delay_seconds=effect.delay_seconds,
            session=_limited(state.record, turn.max_tokens),
            messages=tuple(state.messages),
            useless_summaries=state.useless_summaries(turn.model or ""),
        )


class ShowContext(Struct, frozen=True, kw_only=True):
    """Build what the model would be sent now, and answer with it."""

    session: Session
    messages: tuple[ChatMessage, ...]
    reply: Reply


def _limited(session: Session, max_tokens: int | None) -> Session:
    """With the turn's own limit of the answer, if it has one."""
    if max_tokens is None:
        return session
    config = replace(session.config or SessionConfig(), max_tokens=max_tokens)
    return replace(session, config=config)


class RefreshContext(Struct, frozen=True):
    """Call the tools of the dynamic context anew for the next request."""


class Call(Struct, frozen=True):
    response_id: str
    call: ToolCall
    session: Session


class Stop(Struct, frozen=True):
    """Whatever runs for this response is not wanted any more."""

    response_id: str


class EffectFailed(Struct, frozen=True):
    """Work on the I/O loop ended by an error that nobody foresaw."""

    error: Any
