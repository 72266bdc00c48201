"""What a session wants done once its events are durable. A decision only names it."""

from typing import Literal

from msgspec import Struct

from storage.records.conversation import ToolCall
from storage.records.process import EndCause
from storage.records.removal import Removal


class StartWorker(Struct, frozen=True, tag=True):
    """Start the worker's actor, which then starts its process or takes the living one over.

    The actor of a conversation that runs is started anew: what it was at is cut off.
    """

    worker_id: str


class StartProcess(Struct, frozen=True, tag=True):
    """Start the process of a worker whose actor runs."""

    worker_id: str


class AdoptProcess(Struct, frozen=True, tag=True):
    """Take over the process that the record names; it may have ended, or be lost."""

    worker_id: str


class EndProcess(Struct, frozen=True, tag=True):
    """`why`: the evidence in words, of a `limit`."""

    worker_id: str
    cause: EndCause
    why: str = ""


class EndServer(Struct, frozen=True, tag=True):
    """End a tool server of the session, its child of this name; whether it returns, policy says."""

    child: str
    why: str


class RemoveWorker(Struct, frozen=True, tag=True):
    """The worker is gone from the record: its actor and its output go too."""

    worker_id: str


class SignalProcess(Struct, frozen=True, tag=True):
    worker_id: str
    signal: Literal["STOP", "CONT"]


class TakeExit(Struct, frozen=True, tag=True):
    """The end is journaled: the terminal host may forget it."""

    worker_id: str
    epoch: int


class TypeInput(Struct, frozen=True, tag=True):
    worker_id: str
    number: int
    text: str
    wait_seconds: float = 0


class DeliverPrompt(Struct, frozen=True, tag=True):
    """Go on with the delivery of a prompt from where it is recorded to be."""

    worker_id: str
    response_id: str


class TakeReports(Struct, frozen=True, tag=True):
    """What an agent told in these reports is recorded: they may go."""

    worker_id: str
    reports: tuple[str, ...]


class ResizeTerminal(Struct, frozen=True, tag=True):
    worker_id: str
    cols: int
    rows: int


class PrepareConversation(Struct, frozen=True, tag=True):
    """Make the tools ready and say which there are, so that open requests can go on."""


class AskModel(Struct, frozen=True, tag=True):
    """Build the context afresh and call the model, `delay_seconds` from now."""

    response_id: str
    number: int
    delay_seconds: float = 0.0


class CallTool(Struct, frozen=True, tag=True):
    response_id: str
    call: ToolCall


class CancelResponse(Struct, frozen=True, tag=True):
    """Stop whatever runs for this response."""

    response_id: str


class FollowServers(Struct, frozen=True, tag=True):
    """Start and end tool servers of the session as settings and permissions say now."""


class ShowProgress(Struct, frozen=True, tag=True):
    """Let those who follow the response see how far its running tool calls are."""

    response_id: str


class ShowContext(Struct, frozen=True, tag=True):
    """Build what the model would be sent now, for those who wait for this key."""

    key: str


class RefreshContext(Struct, frozen=True, tag=True):
    """Forget what tools said for the prompt."""


class RemoveWorktree(Struct, frozen=True, tag=True):
    """Keep all that is in the session's worktree under a ref, then remove it."""

    removal: Removal


class DisposeSession(Struct, frozen=True, tag=True):
    """The session is deleted: its directory goes to the trash."""


Effect = (
    StartWorker
    | StartProcess
    | AdoptProcess
    | EndProcess
    | EndServer
    | RemoveWorker
    | SignalProcess
    | TakeExit
    | TakeReports
    | TypeInput
    | DeliverPrompt
    | ResizeTerminal
    | PrepareConversation
    | AskModel
    | CallTool
    | CancelResponse
    | ShowContext
    | RefreshContext
    | ShowProgress
    | FollowServers
    | RemoveWorktree
    | DisposeSession
)
