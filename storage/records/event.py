"""What happened: the events of a session's journal, in the past tense.

A line of the journal holds all events of one decision; its number and time are the line's.
"""

from typing import Any, Literal

from msgspec import Raw, Struct

from storage.records.agent import AgentDefinition
from storage.records.config import TokenMetrics
from storage.records.conversation import (
    Cost,
    Failure,
    RoundStatus,
    ToolCallStatus,
    TurnStatus,
    Usage,
)
from storage.records.delivery import DeliveryEnd
from storage.records.message import ChatMessage, Content
from storage.records.process import EndedProcess, ProcessExit, ProcessIdentity
from storage.records.session import Session
from storage.records.worker import Worker, WorkerStatus


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


class SessionDeleting(Struct, frozen=True, gc=False, tag="session-deleting"):
    """The intent: its workers are being ended."""


class SessionDeleted(Struct, frozen=True, gc=False, tag="session-deleted"):
    """The last event of a journal, before its directory goes to the trash."""


class SessionRestored(Struct, frozen=True, gc=False, tag="session-restored"):
    """Taken out of the trash, or brought here from another greenroom: it stays stopped until asked.

    No process of it lives here any more.
    """

    source: Literal["trash", "import"]


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


class WorkerCreated(Struct, frozen=True, gc=False, tag="worker-created"):
    worker: Worker


class WorkerUpdated(Struct, frozen=True, gc=False, tag="worker-updated"):
    """`updates`: whole values of name, desired, restart."""

    worker_id: str
    updates: dict[str, Any]


class WorkerStarting(Struct, frozen=True, gc=False, tag="worker-starting"):
    """The intent to start a process. `restarts`: how often it came back by its policy."""

    worker_id: str
    restarts: int


class WorkerStarted(Struct, frozen=True, gc=False, tag="worker-started"):
    """`process` is None for a conversation, which has none."""

    worker_id: str
    process: ProcessIdentity | None


class WorkerEnded(Struct, frozen=True, gc=False, tag="worker-ended"):
    """`error` is the evidence: why it could not start, or the tail of its output."""

    worker_id: str
    status: WorkerStatus
    exit: ProcessExit | None = None
    error: str | None = None


class WorkerDeleting(Struct, frozen=True, gc=False, tag="worker-deleting"):
    """The intent: it goes as soon as its process has ended."""

    worker_id: str


class WorkerDeleted(Struct, frozen=True, gc=False, tag="worker-deleted"):
    worker_id: str


class AgentDefined(Struct, frozen=True, gc=False, tag="agent-defined"):
    """From its next start on the worker is this agent."""

    worker_id: str
    definition: AgentDefinition


class AgentStarting(Struct, frozen=True, gc=False, tag="agent-starting"):
    """The intent to start it so; `conversation_id` is the id of its own that it is told."""

    worker_id: str
    command: tuple[str, ...]
    conversation_id: str | None = None


class PromptGiven(Struct, frozen=True, gc=False, tag="prompt-given"):
    """A process had its first prompt: no later one gets it."""

    worker_id: str


class PromptTaken(Struct, frozen=True, gc=False, tag="prompt-taken"):
    """The agent said for the first time that it accepted a prompt."""

    worker_id: str


class ConversationForgotten(Struct, frozen=True, gc=False, tag="conversation-forgotten"):
    """The agent said that it knows no conversation to go on with: it begins another.

    `prompt_due`: nothing was ever accepted in it, so the first prompt is given again.
    """

    worker_id: str
    prompt_due: bool = False


class ConversationFound(Struct, frozen=True, gc=False, tag="conversation-found"):
    """The agent said which conversation it is in now: its next start goes on with that."""

    worker_id: str
    conversation_id: str


class OrphansEnded(Struct, frozen=True, gc=False, tag="orphans-ended"):
    """What the worker had left behind was ended; its own process is not among them."""

    worker_id: str
    processes: tuple[EndedProcess, ...]


class InputWritten(Struct, frozen=True, gc=False, tag="input-written"):
    """Input is journaled by length and hash only: people type passwords."""

    worker_id: str
    number: int
    length: int
    sha256: str


class PromptQueued(Struct, frozen=True, gc=False, tag="prompt-queued"):
    """A prompt for an agent was accepted; its turn comes after those before it. See `Prompt`."""

    response_id: str
    worker_id: str
    text: str
    request_id: str | None = None
    is_first: bool = False


class PromptTyping(Struct, frozen=True, gc=False, tag="prompt-typing"):
    """The intent to type it, as this input; `seen`: how often it stood on the screen before."""

    response_id: str
    number: int
    pasted: bool
    seen: int = 0


class PromptTyped(Struct, frozen=True, gc=False, tag="prompt-typed"):
    """The screen shows it. `below`: lines below it, or -1 with the cursor right behind it."""

    response_id: str
    evidence: str
    below: int = -1


class PromptSubmitting(Struct, frozen=True, gc=False, tag="prompt-submitting"):
    """The intent to press the key that submits it, as the input of this number."""

    response_id: str
    number: int


class PromptSubmitted(Struct, frozen=True, gc=False, tag="prompt-submitted"):
    """The key was pressed; whether the agent took it is not known yet."""

    response_id: str


class PromptPutBack(Struct, frozen=True, gc=False, tag="prompt-put-back"):
    """It certainly was not submitted, and waits again to be `queued`, or as `typed`."""

    response_id: str
    state: Literal["queued", "typed"]
    evidence: str


class PromptDelivered(Struct, frozen=True, gc=False, tag="prompt-delivered"):
    """The end of a delivery, with what was seen; `code` says why it failed."""

    response_id: str
    state: DeliveryEnd
    evidence: str
    code: str | None = None


class RequestQueued(Struct, frozen=True, gc=False, tag="request-queued"):
    """A request was accepted. Its message joins the history when its first turn starts.

    `request_id`: of a request that may be handed in again after a crash, None of any other.
    """

    response_id: str
    message: ChatMessage
    request_id: str | None = None


class TurnStarted(Struct, frozen=True, gc=False, tag="turn-started"):
    response_id: str
    number: int
    model: str


class TurnRetried(Struct, frozen=True, gc=False, tag="turn-retried"):
    """The call failed in a way that may pass; it is asked again after `delay_seconds`."""

    response_id: str
    number: int
    attempt: int
    error: str
    delay_seconds: float


class TurnBlockCompleted(Struct, frozen=True, gc=False, tag="turn-block-completed"):
    response_id: str
    number: int
    block: Content


class TurnCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="turn-completed"):
    """`message_id`: the assistant message of the same line. A turn that did not come whole has
    none, but what arrived of it as `content`.
    """

    response_id: str
    number: int
    status: TurnStatus
    message_id: str | None = None
    content: tuple[Content, ...] = ()
    stop_reason: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    raw_response: dict[str, Any] | None = None
    error: str | None = None


class ToolCallStarted(Struct, frozen=True, gc=False, tag="tool-call-started"):
    """The intent: from here on the call may have had its effect."""

    response_id: str
    tool_call_id: str
    only_reads: bool = False


class ToolCallCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="tool-call-completed"):
    """`message_id`: the tool message of the same line, which holds the result."""

    response_id: str
    tool_call_id: str
    status: ToolCallStatus
    message_id: str


class RequestCompleted(Struct, frozen=True, gc=False, tag="request-completed"):
    response_id: str
    status: RoundStatus
    failure: Failure | None = None


Event = (
    SessionCreated
    | SessionUpdated
    | SessionConfigUpdated
    | SessionDeleting
    | SessionDeleted
    | SessionRestored
    | MessageAdded
    | MessageUpdated
    | TokenMetricsUpdated
    | ContextWindowCritical
    | WorkerCreated
    | WorkerUpdated
    | WorkerStarting
    | WorkerStarted
    | WorkerEnded
    | WorkerDeleting
    | WorkerDeleted
    | AgentDefined
    | AgentStarting
    | PromptGiven
    | PromptTaken
    | ConversationForgotten
    | ConversationFound
    | OrphansEnded
    | InputWritten
    | PromptQueued
    | PromptTyping
    | PromptTyped
    | PromptSubmitting
    | PromptSubmitted
    | PromptPutBack
    | PromptDelivered
    | RequestQueued
    | TurnStarted
    | TurnRetried
    | TurnBlockCompleted
    | TurnCompleted
    | ToolCallStarted
    | ToolCallCompleted
    | RequestCompleted
)
"""In a session's journal."""


class RequestAccepted(Struct, frozen=True, gc=False, kw_only=True, tag="request-accepted"):
    """A request was taken, with all that doing it twice must have in common.

    `sha256`: of its content, None where the id is not its own. `session_id`: the id that the
    session has which it creates.
    """

    request_id: str
    sha256: str | None = None
    session_id: str | None = None


class RequestAnswered(Struct, frozen=True, gc=False, kw_only=True, tag="request-answered"):
    """`answer` is the JSON of the answer, or null: a large one lies beside as `attachment`.

    `session_id` and `n`: where the work was recorded, as far as it was.
    """

    request_id: str
    answer: Raw = Raw(b"null")
    attachment: str | None = None
    session_id: str | None = None
    n: int | None = None


class AnswerPublished(Struct, frozen=True, gc=False, tag="answer-published"):
    """The answer stood in the outbox, durably."""

    request_id: str


RequestEvent = RequestAccepted | RequestAnswered | AnswerPublished
"""In the requests journal."""

AnyEvent = Event | RequestEvent
