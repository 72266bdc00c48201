"""What happened to a worker, and to the agent in it."""

from typing import Any, Literal

from msgspec import Struct

from storage.records.agent import AgentDefinition
from storage.records.process import EndedProcess, ProcessExit, ProcessIdentity
from storage.records.worker import Worker, WorkerStatus


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


class LimitPassed(Struct, frozen=True, gc=False, tag="limit-passed"):
    """The session's processes were more than `most` allows. `by`: the worker's id, or the tool
    server as `mcp:<name>`, that had most of what was `found` and is ended; `text` says it in words.
    """

    by: str
    limit: Literal["processes", "memory_bytes"]
    most: int
    found: int
    text: str


class InputWritten(Struct, frozen=True, gc=False, tag="input-written"):
    """Input is journaled by length and hash only: people type passwords."""

    worker_id: str
    number: int
    length: int
    sha256: str
