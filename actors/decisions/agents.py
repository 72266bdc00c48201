"""PURE: what a session decides about agent programs: which one, its command line, its prompt.

A worker keeps the definition that it was started with; only who starts it by name takes what the
settings say now. Its first start begins a conversation, every later one goes on with it.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from actors.built_in_agents import BUILT_IN
from actors.decisions import prompts
from actors.decisions.decision import Decision, Draft, Given
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import typed
from storage.records import event as e
from storage.records.agent import CONVERSATION, PROMPT, AgentDefinition
from storage.records.request import Refusal
from storage.records.worker import AgentWorker
from storage.records.workspace import WorkspaceSettings
from storage.state import SessionState

LONGEST_PROMPT_BYTES = 100_000
"""The system takes less than 128 KiB in one argument."""


def known(settings: WorkspaceSettings) -> dict[str, AgentDefinition]:
    """By id: the built-in ones, and those of the workspace in their place or after them."""
    own = (typed.convert(one, AgentDefinition, from_attributes=True) for one in settings.agents)
    return {one.id: one for one in (*BUILT_IN, *own)}


def described(
    settings: WorkspaceSettings, found: Callable[[str], str | None]
) -> list[dict[str, Any]]:
    """Each definition, with the path of its program (`found` gives it) or null, whether it is the
    user's own, and where is seen what it is doing: on its `screen`, or in what it says by a `hook`.
    """
    own = {agent.id for agent in settings.agents}
    return [
        {
            **structs.asdict(one),
            "own": one.id in own,
            "activity": "hook" if one.hooks else "screen",
            "found": found(one.command),
        }
        for one in known(settings).values()
    ]


def find(
    settings: WorkspaceSettings, agent: str, path: str | None = None
) -> AgentDefinition | Refusal:
    """The definition of this id, or a refusal that names those that there are."""
    found = known(settings)
    if agent in found:
        return found[agent]
    text = (
        f"there is no agent {agent}; there are {', '.join(found)};"
        " define others under agents in workspace.json"
    )
    return Refusal(code="agent-not-found", message=text, path=path)


def cannot_take(definition: AgentDefinition, prompt: str, path: str) -> Refusal | None:
    """Why this agent cannot be given this first prompt."""
    if definition.initial_prompt == "typed":
        return prompts.cannot_type(prompts.plain(prompt), path)
    if not prompt.strip() or "\0" in prompt:
        text = "the prompt is blank" if not prompt.strip() else "the prompt has a NUL in it"
        return Refusal(code="bad-request", message=text, path=path)
    length = len(prompt.encode())
    if length > LONGEST_PROMPT_BYTES:
        text = (
            f"the prompt has {length} bytes, and an argument holds {LONGEST_PROMPT_BYTES};"
            " put it into a file, and ask the agent to read that"
        )
        return Refusal(code="bad-request", message=text, path=path)
    return None


def has_to_type(worker: AgentWorker) -> bool:
    """Whether it was given a first prompt that it cannot take as an argument."""
    definition = worker.definition
    is_typed = definition is not None and definition.initial_prompt == "typed"
    return is_typed and worker.prompt is not None


def how_to_get(definition: AgentDefinition) -> str:
    """What to do when its program is not there."""
    install = f"install {definition.name} ({definition.install})" if definition.install else ""
    own = f"set its command under agents in workspace.json (id {definition.id})"
    return f"{install}, or {own}" if install else own


def line(worker: AgentWorker, definition: AgentDefinition) -> tuple[str, ...]:
    """The command line of the worker's next start."""
    known_id = worker.conversation_id or ""
    if not worker.begun:
        more = definition.session_id_args if known_id else ()
    elif known_id and definition.resume_args:
        more = definition.resume_args
    else:
        more = definition.continue_args
    return (
        definition.command,
        *definition.args,
        *(word.replace(CONVERSATION, known_id) for word in more),
        *(word.replace(PROMPT, worker.prompt or "") for word in _prompt_args(worker, definition)),
    )


def _prompt_args(worker: AgentWorker, definition: AgentDefinition) -> tuple[str, ...]:
    is_due = worker.prompt is not None and not worker.prompt_given
    return definition.prompt_args if is_due else ()


def define(draft: Draft, worker: AgentWorker) -> None:
    """Take what the settings say now; what they say no more stays as it was."""
    found = find(draft.given.settings(), worker.agent)
    if isinstance(found, AgentDefinition) and found != worker.definition:
        draft.add(e.AgentDefined(worker.id, found))


def can_start(worker: AgentWorker, settings: WorkspaceSettings) -> Refusal | None:
    """Why there is no program for it."""
    if worker.definition is not None:
        return None
    found = find(settings, worker.agent)
    return found if isinstance(found, Refusal) else None


def prepare(draft: Draft, worker_id: str) -> bool:
    """Decide the command line of a start. False where nobody knows what the agent is."""
    worker = _agent(draft, worker_id)
    if worker is None or worker.definition is None:
        return False
    definition = worker.definition
    chosen = worker.conversation_id
    if chosen is None and definition.session_id_args and not worker.begun:
        chosen = _conversation_id(draft.given.new_id())
    worker = msgspec.structs.replace(worker, conversation_id=chosen)
    draft.add(e.AgentStarting(worker_id, line(worker, definition), chosen))
    return True


def _agent(draft: Draft, worker_id: str) -> AgentWorker | None:
    found = draft.state.record.worker(worker_id)
    return found if isinstance(found, AgentWorker) else None


def _conversation_id(seed: str) -> str:
    """As programs want it: a UUID."""
    return str(UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))


def ran(draft: Draft, worker_id: str) -> None:
    """A process of it has run: what it had in its command line, it was given."""
    worker = _agent(draft, worker_id)
    if worker and worker.definition and _prompt_args(worker, worker.definition):
        draft.add(e.PromptGiven(worker_id))


def conversation_told(state: SessionState, outcome: o.ConversationTold, given: Given) -> Decision:
    """The agent says which conversation it is in: it may be another than it was started with."""
    draft = Draft(state, given)
    worker = None if state.deleted else _agent(draft, outcome.worker_id)
    if worker is not None and worker.conversation_id != outcome.conversation_id:
        draft.add(e.ConversationFound(worker.id, outcome.conversation_id))
    draft.want(f.TakeReports(outcome.worker_id, outcome.reports))
    return draft.decision()


def prompt_taken(state: SessionState, outcome: o.PromptTaken, given: Given) -> Decision:
    """Noted once, and only of an agent that had a first prompt."""
    draft = Draft(state, given)
    worker = None if state.deleted else _agent(draft, outcome.worker_id)
    if worker is not None and worker.prompt is not None and not worker.prompt_taken:
        draft.add(e.PromptTaken(worker.id))
    return draft.decision()


def ended(draft: Draft, outcome: o.ProcessEnded) -> None:
    """What a process left to know. One that found no conversation to go on with begins anew.

    A prompt in the command line counts as given when a process had it. It is given again, in the
    new conversation, only on two pieces of evidence that it never was accepted: the agent knows no
    conversation, and by its hooks it never told of a prompt.
    """
    worker = _agent(draft, outcome.worker_id)
    if worker is None or worker.definition is None:
        return
    if outcome.exit.code is not None or outcome.exit.signal is not None:
        ran(draft, worker.id)
    was_later_start = worker.begun and worker.command == line(worker, worker.definition)
    said = outcome.evidence or ""
    if was_later_start and any(text in said for text in worker.definition.no_conversation):
        given_in_vain = worker.prompt_given and not worker.prompt_taken
        prompt_due = given_in_vain and worker.definition.hooks is not None
        draft.add(e.ConversationForgotten(worker.id, prompt_due))
