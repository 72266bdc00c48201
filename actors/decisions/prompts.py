"""PURE: prompts for agents, from the request to the evidence. One is under way for each worker.

Every step that could have an effect is recorded before it is taken, so after a crash the delivery
is taken up where it was: the same input has the same number, which the terminal host takes once.
What nobody can know any more ends as `outcome-unknown`, and is never typed a second time.
"""

from typing import Any

from actors.decisions import delivery
from actors.decisions.decision import Decision, Draft, Given, Ready, Reply, Until, Verdict
from actors.messages import deliveries as d
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records.delivery import Delivery, Prompt
from storage.records.message import TextContent
from storage.records.request import Cancel, Refusal, Request
from storage.records.worker import AgentWorker
from storage.state import SessionState

LONGEST_BYTES = 100_000
RECENT = 100
"""A request that is handed in again was among the last ones."""


def request(
    state: SessionState,
    command: Request,
    worker: AgentWorker,
    given: Given,
    *,
    comes_back: bool = False,
) -> Verdict:
    """Queue a prompt for an agent that runs, or that `comes_back` in a moment, after a crash. One
    that was queued before by this request goes on.
    """
    text = text_of(command)
    if isinstance(text, Refusal):
        return text
    before = _asked_before(state, given.request_id, text)
    if before:
        return Decision(reply=_reply_to(command, before.id), follows=before.id)
    refusal = _not_now(state, worker, comes_back=comes_back)
    if refusal:
        return refusal
    draft = Draft(state, given)
    is_first = state.next_prompt(worker.id) is None
    response_id = queue(draft, worker.id, text)
    if is_first:
        next_due(draft, worker.id)
    return draft.decision(_reply_to(command, response_id))


def text_of(command: Request) -> str | Refusal:
    """What of a request can be typed, with one kind of line end."""
    content = command.content
    if not isinstance(content, str):
        if not all(isinstance(block, TextContent) for block in content):
            text = "an agent is sent text alone; name a file in the text instead"
            return Refusal(code="bad-request", message=text, path="$.content")
        content = "\n".join(block.text for block in content if isinstance(block, TextContent))
    text = plain(content)
    return cannot_type(text, "$.content") or text


def plain(text: str) -> str:
    """With one kind of line end, and none at the end: what submits it is pressed by itself."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def cannot_type(text: str, path: str) -> Refusal | None:
    """Why this text can be typed for nobody."""
    problem = delivery.problem_of(text)
    if problem is None and len(text.encode()) > LONGEST_BYTES:
        problem = (
            f"the prompt has {len(text.encode())} bytes, and at most {LONGEST_BYTES} are typed;"
            " put it into a file, and ask the agent to read that"
        )
    return Refusal(code="bad-request", message=problem, path=path) if problem else None


def queue(draft: Draft, worker_id: str, text: str, *, is_first: bool = False) -> str:
    """Its response id. It is typed when those before it are delivered."""
    response_id = f"{draft.state.record.id}-{draft.given.new_id()}"
    request_id = None if is_first else draft.given.request_id
    draft.add(e.PromptQueued(response_id, worker_id, plain(text), request_id, is_first))
    return response_id


def next_due(draft: Draft, worker_id: str) -> None:
    """Go on with the worker's oldest prompt, if its program runs and may be sent prompts."""
    found, worker = draft.state.next_prompt(worker_id), draft.state.record.worker(worker_id)
    if found is None or worker is None or worker.status != "running" or draft.given.closing:
        return
    is_ending = draft.state.deleting or worker_id in draft.state.doomed_workers
    if draft.state.record.desired == "run" and worker.desired == "run" and not is_ending:
        draft.want(f.DeliverPrompt(worker_id, found.id))


def moved(state: SessionState, outcome: o.PromptMoved, given: Given) -> Decision:
    """Record a step of the delivery, so that it can be taken. A late one says nothing."""
    draft = Draft(state, given)
    found = state.next_prompt(outcome.worker_id)
    if found is None or found.id != outcome.response_id:
        return draft.decision()
    if (found.delivery.state, found.number) != (outcome.state, outcome.number):
        return draft.decision()
    is_accepted = isinstance(outcome.step, d.EndIt) and outcome.step.state == "accepted"
    if state.record.desired != "run" and not is_accepted:
        return draft.decision()  # it goes on, from here, when the session does
    draft.add(_event(state, found, outcome.step))
    next_due(draft, outcome.worker_id)
    return draft.decision()


def _event(state: SessionState, found: Prompt, step: d.Step) -> e.Event:
    match step:
        case d.TypeIt():
            return e.PromptTyping(found.id, state.inputs + 1, step.pasted, step.seen)
        case d.ItStands():
            return e.PromptTyped(found.id, step.evidence, step.below)
        case d.SubmitIt():
            return e.PromptSubmitting(found.id, state.inputs + 1)
        case d.KeyPressed():
            return e.PromptSubmitted(found.id)
        case d.PutItBack():
            return e.PromptPutBack(found.id, step.state, step.evidence)
        case _:
            return e.PromptDelivered(found.id, step.state, step.evidence, step.code)


def after_end(draft: Draft, worker_id: str, *, comes_back: bool) -> None:
    """Its process has ended. What it cannot have taken waits for the next one, if there is one."""
    for found in [one for one in draft.state.open_prompts if one.worker_id == worker_id]:
        state = found.delivery.state
        if state in {"submitting", "submitted"}:
            text = "the program ended before it was seen whether it took the prompt"
            draft.add(e.PromptDelivered(found.id, "failed", text, delivery.UNKNOWN))
        elif not (comes_back or found.is_first):
            text = "the program ended before the prompt was submitted"
            draft.add(e.PromptDelivered(found.id, "failed", text, "worker-not-running"))
        elif state != "queued":
            text = "the program ended while it was typed"
            draft.add(e.PromptPutBack(found.id, "queued", text))


def cancel(state: SessionState, command: Cancel, given: Given) -> Verdict:
    """Take back a prompt that waits. What is typed cannot be, and what has ended stays so."""
    found = state.prompt(command.response_id)
    if found is None:
        text = f"Response not found with ID: {command.response_id}"
        return Refusal(code="response-not-found", message=text)
    draft = Draft(state, given)
    if found.delivery.state == "queued":
        draft.add(e.PromptDelivered(found.id, "cancelled", "cancelled before it was typed"))
        next_due(draft, found.worker_id)
    elif found.delivery.is_open:
        text = "the prompt is typed already; see it with: greenroom peek " + state.record.id
        return Refusal(code="too-late", message=text)
    return draft.decision(Ready(lambda after: _status(after, found.id)))


def _status(state: SessionState, response_id: str) -> dict[str, Any]:
    found = state.prompt(response_id)
    status = found.delivery.state if found else None
    return {"response_id": response_id, "status": status}


def answer_of(state: SessionState, response_id: str) -> object | None:
    """What its request is answered once it is delivered, or failed; None while it is open."""
    found = state.prompt(response_id)
    if found is None or found.delivery.is_open:
        return None
    told, data = found.delivery, record_of(found)
    if told.state == "accepted":
        return data
    return Refusal(code=told.code or told.state, message=_failure(state, found), data=data)


def record_of(found: Prompt) -> dict[str, Any]:
    """`{response_id, worker, delivery}`, for answers."""
    return {"response_id": found.id, "worker": found.worker_id, "delivery": found.delivery}


def _failure(state: SessionState, found: Prompt) -> str:
    told, worker = found.delivery, state.record.worker(found.worker_id)
    if told.state == "cancelled" or worker is None:
        return told.evidence
    place = f"{state.record.id}/{worker.name}"
    next_ = f"see its screen with: greenroom peek {place}, go there with: greenroom attach {place}"
    if told.code == "worker-not-running":
        next_ = f"start it with: greenroom run {place}"
    return f"{_of(told)}: {told.evidence}\n{next_}"


def _of(told: Delivery) -> str:
    if told.code == delivery.UNKNOWN:
        return "whether the prompt was accepted is not known, so it is not typed again"
    return "the prompt was not accepted"


def _reply_to(command: Request, response_id: str) -> Reply:
    if command.wait:
        return Until(lambda after: answer_of(after, response_id))
    return Ready(lambda _: {"response_id": response_id})


def _asked_before(state: SessionState, request_id: str | None, text: str) -> Prompt | None:
    if request_id is None:
        return None
    recent = [*state.prompts[-RECENT:], *state.open_prompts]
    return next((one for one in recent if (one.request_id, one.text) == (request_id, text)), None)


def _not_now(state: SessionState, worker: AgentWorker, *, comes_back: bool) -> Refusal | None:
    session, whole = state.record, f"{state.record.id}/{worker.name}"
    if session.desired == "stopped":
        text = f"session {session.id} is stopped; start it with: greenroom run {session.id}"
        return Refusal(code="session-stopped", message=text)
    is_there = comes_back or worker.status in {"running", "starting"}
    if not is_there or worker.desired != "run":
        text = f"worker {worker.name} is {worker.status}; start it with: greenroom run {whole}"
        return Refusal(code="worker-not-running", message=text)
    return None
