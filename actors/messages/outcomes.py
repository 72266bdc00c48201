"""What became of an effect, told to the session by whoever performed it."""

from collections.abc import Mapping

from msgspec import Struct

from actors.messages.deliveries import Step
from storage.records.conversation import Failure, Usage
from storage.records.delivery import DeliveryState
from storage.records.message import Content
from storage.records.process import ProcessExit, ProcessIdentity
from storage.records.removal import RemovedWorktree, UnsafeReason
from storage.records.tool import Tool
from storage.records.worker_event import LimitPassed
from storage.records.workspace import McpServerSettings


class WorkerUp(Struct, frozen=True):
    """The worker's actor runs. What it is to do follows from the record."""

    worker_id: str


class ProcessStarted(Struct, frozen=True):
    """`adopted`: it was running already."""

    worker_id: str
    process: ProcessIdentity
    adopted: bool


class ProcessNotStarted(Struct, frozen=True):
    """`exec` or what comes before it failed with `errno`."""

    worker_id: str
    errno: int
    message: str


class ProcessEnded(Struct, frozen=True):
    """`epoch`: which of its terminal's incarnations; None when no host knows of it any more.

    `evidence`: the tail of its output when it crashed. `passed`: the limit for which the kernel
    ended it.
    """

    worker_id: str
    exit: ProcessExit
    epoch: int | None
    evidence: str | None = None
    passed: LimitPassed | None = None


class WorkerGaveUp(Struct, frozen=True):
    """It failed more often than its policy allows."""

    worker_id: str
    error: str


class ConversationTold(Struct, frozen=True):
    """The agent named its conversation, in these reports, which are kept until that is recorded."""

    worker_id: str
    conversation_id: str
    reports: tuple[str, ...]


class InputTyped(Struct, frozen=True):
    worker_id: str
    number: int
    accepted: int


class InputRefused(Struct, frozen=True):
    worker_id: str
    number: int
    code: str
    message: str


class HostSilent(Struct, frozen=True):
    """The terminal host, which has the worker's terminal, says nothing though it was asked."""

    worker_id: str
    problem: str


class PromptTaken(Struct, frozen=True):
    """The agent says that it accepted a prompt, whichever it was."""

    worker_id: str


class PromptMoved(Struct, frozen=True):
    """The next step of a prompt that was in this state, of its input with this number."""

    worker_id: str
    response_id: str
    state: DeliveryState
    number: int
    step: Step


class ConversationReady(Struct, frozen=True):
    """`under_way`: the ids of the tool calls that the actor was given since it started."""

    tools: tuple[Tool, ...]
    under_way: frozenset[str] = frozenset()


class BlockArrived(Struct, frozen=True):
    response_id: str
    number: int
    block: Content


class TurnArrived(Struct, frozen=True, kw_only=True):
    """A whole turn. `tools` are those that the model was offered; `window` in tokens if known.

    `max_tokens` were allowed for the answer, `most_tokens` are the most that the model can.
    """

    response_id: str
    number: int
    content: tuple[Content, ...]
    stop_reason: str
    usage: Usage
    model: str
    provider: str
    raw_response: dict[str, object]
    tools: tuple[Tool, ...]
    window: int | None
    max_tokens: int | None = None
    most_tokens: int | None = None


class TurnFailed(Struct, frozen=True, kw_only=True):
    """`usage`: what the provider had counted before it broke off; `content`: what had come."""

    response_id: str
    number: int
    code: str
    message: str
    retryable: bool
    retry_after_seconds: float | None = None
    content: tuple[Content, ...] = ()
    usage: Usage | None = None


class PermissionDue(Struct, frozen=True):
    """Nobody has answered it, and its time has run out."""

    permission_id: str


class PermissionsHeld(Struct, frozen=True):
    """The session's actor ends; `seconds_left` are those of the open requests, by id."""

    seconds_left: dict[str, float]


class HistorySummarized(Struct, frozen=True, kw_only=True):
    """The model's summary of the messages with the ids `of`, which the turn needs to fit."""

    response_id: str
    number: int
    text: str
    of: tuple[str, ...]
    usage: Usage
    model: str
    provider: str


class ContextPartFailed(Struct, frozen=True):
    """The turn is asked without that part.

    `usage`: what a summary took that failed, by the model that the turn asks at `provider`. `of`:
    the first message that it was to stand for, if it came whole and was of no use.
    """

    response_id: str
    number: int
    part: str
    message: str
    usage: Usage | None = None
    provider: str | None = None
    of: str | None = None


class ToolReturned(Struct, frozen=True, kw_only=True):
    """`is_unknown`: nothing came back of it, so it may have had its effect."""

    response_id: str
    tool_call_id: str
    content: str
    is_error: bool
    is_unknown: bool = False


class CallStopped(Struct, frozen=True):
    """A tool call that its budget does not allow, or cut off; `made`: whether it had begun."""

    response_id: str
    tool_call_id: str
    failure: Failure
    made: bool


class ServersFound(Struct, frozen=True):
    """The session's directory names tool servers that nobody was asked about, by their names."""

    servers: Mapping[str, McpServerSettings]


class ServersGone(Struct, frozen=True):
    """The tool servers that these open questions are about are not named any more."""

    permission_ids: tuple[str, ...]


class ToolProgressed(Struct, frozen=True):
    """Something is known of how far a running call is."""

    response_id: str
    tool_call_id: str


class WorktreeRemoved(Struct, frozen=True):
    """It is gone, and a ref holds what was in it."""

    worktree: RemovedWorktree


class WorktreeKept(Struct, frozen=True):
    """There was nothing of the session's to remove; `why` is a sentence."""

    why: str


class RemovalRefused(Struct, frozen=True):
    """The worktree stays as it is, for it is not safe to remove, or could not be removed."""

    message: str
    reasons: tuple[UnsafeReason, ...] = ()


Outcome = (
    WorkerUp
    | ProcessStarted
    | ProcessNotStarted
    | ProcessEnded
    | WorkerGaveUp
    | ConversationTold
    | InputTyped
    | InputRefused
    | PromptMoved
    | PromptTaken
    | HostSilent
    | ConversationReady
    | BlockArrived
    | TurnArrived
    | TurnFailed
    | ToolReturned
    | ToolProgressed
    | ServersFound
    | ServersGone
    | HistorySummarized
    | ContextPartFailed
    | CallStopped
    | PermissionDue
    | PermissionsHeld
    | WorktreeRemoved
    | WorktreeKept
    | RemovalRefused
)
