"""PURE: the record of a worker that is asked for, or why there can be none."""

from typing import Any

from actors.decisions import agents
from actors.decisions.decision import Given
from storage.records import request as r
from storage.records.worker import AgentWorker, ConversationWorker, TerminalWorker, Worker
from storage.state import SessionState

FORBIDDEN_ENVIRONMENT = ("LD_", "DYLD_", "PYTHON", "GREENROOM_")
FORBIDDEN_NAMES = frozenset({"BASH_ENV", "ENV", "NODE_OPTIONS", "SHELLOPTS", "PERL5OPT", "RUBYOPT"})

_TAKES_NOT = {
    "conversation": ("command", "env", "agent", "prompt"),
    "agent": ("command",),
    "terminal": ("agent", "prompt"),
}


def new_worker(
    state: SessionState | None, wanted: r.CreateWorkerRequest, given: Given
) -> Worker | r.Refusal:
    """The record of a worker to be created, or why it cannot be."""
    present = state.record.workers if state else ()
    refusal = _cannot_create(present, wanted)
    if refusal:
        return refusal
    worker_id = given.new_id()
    common: dict[str, Any] = {
        "id": worker_id,
        "name": wanted.name or _free_name(wanted.type, {worker.name for worker in present}),
        "restart": wanted.restart or "on-crash",
        "desired": wanted.desired or "run",
        "created_at": given.now,
    }
    if wanted.type == "conversation":
        return ConversationWorker(**common)
    common |= {"env": wanted.env or {}, "cols": wanted.cols, "rows": wanted.rows}
    if wanted.type == "agent":
        return _agent(wanted, common, given)
    return TerminalWorker(**common, command=wanted.command)


def _agent(
    wanted: r.CreateWorkerRequest, common: dict[str, Any], given: Given
) -> AgentWorker | r.Refusal:
    if wanted.agent is None:
        text = "say which agent, as claude; greenroom agents lists them"
        return r.Refusal(code="bad-request", message=text, path="$.worker.agent")
    definition = agents.find(given.settings(), wanted.agent, "$.worker.agent")
    if isinstance(definition, r.Refusal):
        return definition
    if wanted.prompt is not None:
        refusal = agents.cannot_take(definition, wanted.prompt, "$.worker.prompt")
        if refusal:
            return refusal
    return AgentWorker(**common, agent=wanted.agent, definition=definition, prompt=wanted.prompt)


def _cannot_create(present: tuple[Worker, ...], wanted: r.CreateWorkerRequest) -> r.Refusal | None:
    if wanted.name and any(worker.name == wanted.name for worker in present):
        return name_taken(wanted.name, "$.worker.name")
    talks = any(isinstance(worker, ConversationWorker) for worker in present)
    if wanted.type == "conversation" and talks:
        text = "the session has its conversation already; send it a request"
        return r.Refusal(code="conversation-exists", message=text)
    return _takes_not(wanted) or _bad_environment(wanted.env or {})


def name_taken(name: str, path: str) -> r.Refusal:
    text = f"a worker named {name} exists; choose another name"
    return r.Refusal(code="worker-name-taken", message=text, path=path)


def _takes_not(wanted: r.CreateWorkerRequest) -> r.Refusal | None:
    for field in _TAKES_NOT[wanted.type]:
        if getattr(wanted, field) is not None:
            kind = "an agent" if wanted.type == "agent" else f"a {wanted.type}"
            text = f"{kind} takes no {field}"
            return r.Refusal(code="bad-request", message=text, path=f"$.worker.{field}")
    return None


def _bad_environment(env: dict[str, str]) -> r.Refusal | None:
    for name, value in env.items():
        path = f"$.worker.env.{name}"
        if name in FORBIDDEN_NAMES or name.startswith(FORBIDDEN_ENVIRONMENT):
            text = f"the environment variable {name} may not be set from a request"
            return r.Refusal(code="bad-request", message=text, path=path)
        if not name or "=" in name or "\0" in name + value:
            text = f"{name!r} with this value cannot stand in an environment"
            return r.Refusal(code="bad-request", message=text, path=path)
    return None


def _free_name(kind: str, taken: set[str]) -> str:
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"
