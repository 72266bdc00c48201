"""What can go wrong with a request to a conversation, as exceptions of four kinds.

Which kind follows from the code of the refusal; every code that a request can end with has its row.
"""

from typing import Any

from storage import codec
from storage.records.request import Answer, Refusal


class ConversationError(Exception):
    """What went wrong: `code` in kebab case, a text that says what to do next, and as `data` what
    there is of the answer, in plain JSON.

    Of this class itself: limits (`budget-exceeded`, `turn-limit`, …), `cancelled`, `interrupted`,
    and requests that could not be accepted.
    """

    def __init__(self, message: str, code: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class SessionNotFoundError(ConversationError):
    """There is no session with that id."""


class ProviderError(ConversationError):
    """The model could not be reached, refused, or failed after its retries."""


class ToolExecutionError(ConversationError):
    """Tools could not be reached, or a required one failed."""


class ContextBuildError(ConversationError):
    """The prompt, a file or a required dynamic context could not be built."""


PROVIDER_CODES = frozenset(
    {
        "provider-error",
        "provider-unavailable",
        "api-key-missing",
        "api-key-refused",
        "model-unknown",
        "bad-option",
        "bad-file",
        "rate-limited",
        "overloaded",
        "usage-limit",
    }
)
TOOL_CODES = frozenset({"tool-name-clash", "tools-unavailable"})
CONTEXT_CODES = frozenset({"context-failed", "context-limit"})
OTHER_CODES = frozenset(
    {
        "budget-exceeded",
        "output-limit",
        "turn-limit",
        "loop-detected",
        "cancelled",
        "interrupted",
    }
)
"""The codes of a request that failed; all others are of one that was not accepted."""

_KINDS: dict[str, type[ConversationError]] = {
    "session-not-found": SessionNotFoundError,
    **dict.fromkeys(PROVIDER_CODES, ProviderError),
    **dict.fromkeys(TOOL_CODES, ToolExecutionError),
    **dict.fromkeys(CONTEXT_CODES, ContextBuildError),
}


def error_of(answer: Answer) -> ConversationError:
    """The exception for an answer that says no."""
    refusal = answer.error or Refusal(code="internal-error", message="there was no answer")
    kind = _KINDS.get(refusal.code, ConversationError)
    return kind(refusal.message, refusal.code, codec.builtins(refusal.data))
