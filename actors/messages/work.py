"""What a session tells its workers to do."""

from typing import Any

from msgspec import Struct

from actors.messages.effects import AskModel
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
    """Call the model with what the session is at this moment."""

    response_id: str
    turn: Turn
    delay_seconds: float
    session: Session
    messages: tuple[ChatMessage, ...]

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
            session=state.record,
            messages=tuple(state.messages),
        )


class Call(Struct, frozen=True):
    response_id: str
    call: ToolCall


class Stop(Struct, frozen=True):
    """Whatever runs for this response is not wanted any more."""

    response_id: str


class EffectFailed(Struct, frozen=True):
    """Work on the I/O loop ended by an error that nobody foresaw."""

    error: Any
