"""A session's workers: a conversation with a model, an agent program, a plain shell."""

from typing import Literal

from msgspec import Struct

from storage.records.agent import AgentDefinition
from storage.records.delivery import Delivery
from storage.records.process import ProcessExit, ProcessIdentity, UtcTime

WorkerStatus = Literal["starting", "running", "exited", "stopped", "lost", "quarantined"]
WorkerDesired = Literal["run", "stopped"]
WorkerRestart = Literal["never", "on-crash", "always"]
ActivityState = Literal["active", "idle", "asking", "unknown"]
ActivitySource = Literal["hook", "protocol", "screen"]


class Activity(Struct, frozen=True, gc=False, kw_only=True):
    """`text`: what was seen that says so, if anything was."""

    state: ActivityState
    source: ActivitySource
    since: UtcTime
    text: str = ""


class SessionActivity(Activity, frozen=True, gc=False, kw_only=True):
    """Of all its workers together: that of `worker`, an id, whose `name` is this."""

    worker: str
    name: str


class WorkerBase(
    Struct, frozen=True, gc=False, kw_only=True, omit_defaults=False, tag_field="type"
):
    """What every worker has. `last_error` says why it is quarantined, or last failed to start."""

    id: str
    name: str
    desired: WorkerDesired = "run"
    status: WorkerStatus = "starting"
    restart: WorkerRestart = "on-crash"
    restarts: int = 0
    process: ProcessIdentity | None = None
    exit: ProcessExit | None = None
    last_error: str | None = None
    created_at: UtcTime


class ConversationWorker(WorkerBase, frozen=True, kw_only=True, tag="conversation"):
    """Has no process of its own: its model calls run in the daemon."""


class TerminalWorker(WorkerBase, frozen=True, kw_only=True, tag="terminal"):
    """A shell, or `command` run in a terminal; `env` is added to the daemon's cleaned one."""

    command: tuple[str, ...] | None = None
    env: dict[str, str] = {}
    cols: int = 80
    rows: int = 24


class AgentWorker(TerminalWorker, frozen=True, kw_only=True, tag="agent"):
    """An agent program in a terminal; `command` is that of its last start.

    `agent` names its definition, and `definition` is what that was when it was last started by
    name. `conversation_id` is the agent's own, as far as it is known; `begun`: there is a
    conversation to go on with. `prompt` is its first one, given once; `prompt_taken`: the agent
    said that it accepted one. `delivery`: of the prompt that is typed or waits first, else of the
    last one.
    """

    agent: str
    definition: AgentDefinition | None = None
    conversation_id: str | None = None
    begun: bool = False
    prompt: str | None = None
    prompt_given: bool = False
    prompt_taken: bool = False
    delivery: Delivery | None = None


Worker = ConversationWorker | AgentWorker | TerminalWorker
ProcessWorker = (AgentWorker, TerminalWorker)
