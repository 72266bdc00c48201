"""Histories of a session that could have happened, drawn by Hypothesis, and samples."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from storage import fold
from storage.journal.log import Draft
from storage.records import event as e
from storage.records.budget import Amounts
from storage.records.config import TokenMetrics
from storage.records.conversation import Cost, Usage
from storage.records.message import (
    ChatMessage,
    Content,
    Role,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from storage.records.process import ProcessExit, ProcessIdentity
from storage.records.session import QuickSession
from storage.records.timer import Timer
from storage.records.worker import AgentWorker, TerminalWorker
from storage.state import SessionState

START = datetime(2026, 11, 21, 5, 40, 12, 123456, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
MONEY = st.decimals(0, 1000, places=4)


def session(session_id: str = "abcdefghijkl", title: str = "Sample") -> QuickSession:
    return QuickSession(
        id=session_id, title=title, location_path="/tmp", created_at=START, updated_at=START
    )


def message(message_id: str, text: str = "hello", role: Role = "user") -> ChatMessage:
    return said(message_id, (TextContent(text),), role)


def said(message_id: str, content: tuple[Content, ...], role: Role = "assistant") -> ChatMessage:
    return ChatMessage(id=message_id, role=role, content=content, created_at=START)


def created(session_id: str = "abcdefghijkl") -> Draft:
    return START, (e.SessionCreated(session(session_id)),), None


def added(number: int, text: str = "hello") -> Draft:
    return START, (e.MessageAdded(message(f"message-{number}", text)),), f"request-{number}"


Events = tuple[e.Event, ...]


@st.composite
def histories(draw: st.DrawFn, longest: int = 14) -> list[Draft]:
    """Drafts of commits, the first of which creates the session; each could follow the others."""
    drafts = [created()]
    state = fold.apply_all(SessionState(), drafts[0][1], START)
    for number in range(1, draw(st.integers(0, longest)) + 1):
        events = draw(st.one_of(*_possible(state, f"{number:04}")))
        at = START + timedelta(seconds=number)
        state = fold.apply_all(state, events, at)
        drafts.append((at, events, draw(st.none() | st.just(f"request-{number}"))))
    return drafts


def _possible(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    return [
        *_of_session(name),
        *_of_messages(state),
        *_of_workers(state, name),
        *_of_rounds(state, name),
        *_of_prompts(state, name),
        *_of_budget(state, name),
        *_of_timers(state, name),
    ]


def _of_session(name: str) -> list[st.SearchStrategy[Events]]:
    metrics = st.builds(
        TokenMetrics,
        prompt_tokens=st.integers(0, 2**40),
        estimated_cost=MONEY,
        context_utilization=st.none() | st.floats(0, 1),
    )
    return [
        TEXTS.map(lambda text: (e.SessionUpdated({"title": text}),)),
        st.booleans().map(lambda yes: (e.SessionUpdated({"archived": yes}),)),
        st.dictionaries(TEXTS, TEXTS).map(lambda all_: (e.SessionUpdated({"metadata": all_}),)),
        TEXTS.map(lambda text: (e.SessionConfigUpdated({"model": text, "tools": [text]}),)),
        st.floats(0.5, 100).map(lambda usd: (e.SessionConfigUpdated({"budget": {"usd": usd}}),)),
        st.just((e.SessionConfigUpdated({"model": None}),)),
        metrics.map(lambda one: (e.TokenMetricsUpdated(one),)),
        st.just((e.ContextWindowCritical(0.95, 1000),)),
        TEXTS.map(lambda text: (e.MessageAdded(message(f"message-{name}", text)),)),
        TEXTS.map(
            lambda text: (e.RequestQueued(f"response-{name}", message(f"asked-{name}", text)),)
        ),
    ]


def _of_messages(state: SessionState) -> list[st.SearchStrategy[Events]]:
    def noted(message_id: str) -> st.SearchStrategy[Events]:
        return TEXTS.map(lambda text: (e.MessageUpdated(message_id, {"metadata": {"note": text}}),))

    return [noted(one.id) for one in state.messages[-2:]]


def _of_workers(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    worker = TerminalWorker(id=f"worker-{name}", name=name, created_at=START)
    process = ProcessIdentity(boot_id="boot", pid=7, start_ticks=8, nonce="nonce")
    choices: list[st.SearchStrategy[Events]] = [st.just((e.WorkerCreated(worker),))]
    for one in state.record.workers:
        choices += [
            *_of_worker(one.id),
            st.just((e.WorkerStarting(one.id, 1), e.WorkerStarted(one.id, process))),
            st.just((e.InputWritten(one.id, len(name), 5, "0" * 64),)),
            st.just((e.WorkerDeleting(one.id),)),
            st.just((e.WorkerDeleted(one.id),)),
        ]
    return choices


def _of_worker(worker_id: str) -> list[st.SearchStrategy[Events]]:
    end = ProcessExit(code=1, at=START, cause="crashed")
    return [
        TEXTS.map(lambda text: (e.WorkerEnded(worker_id, "exited", end, text),)),
        TEXTS.map(lambda text: (e.WorkerUpdated(worker_id, {"name": text}),)),
    ]


def _of_prompts(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    worker = AgentWorker(id=f"agent-{name}", name=f"a{name}", agent="a", created_at=START)
    choices: list[st.SearchStrategy[Events]] = [st.just((e.WorkerCreated(worker),))]
    agents = [one for one in state.record.workers if isinstance(one, AgentWorker)]
    choices += [
        TEXTS.map(lambda text: (e.PromptQueued(f"prompt-{name}", agents[-1].id, text),))
        for _ in agents[-1:]
    ]
    choices += [
        choice
        for prompt in state.open_prompts[:1]
        for choice in _of_prompt(prompt.id, state.inputs + 1)
    ]
    return choices


def _of_prompt(one: str, number: int) -> list[st.SearchStrategy[Events]]:
    return [
        st.just((e.PromptTyping(one, number, pasted=True, seen=1),)),
        TEXTS.map(lambda text: (e.PromptTyped(one, text, 2),)),
        st.just((e.PromptSubmitting(one, number),)),
        st.just((e.PromptSubmitted(one),)),
        st.just((e.PromptPutBack(one, "queued", "held"),)),
        TEXTS.map(lambda text: (e.PromptDelivered(one, "failed", text, "outcome-unknown"),)),
    ]


def _of_budget(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    amounts = st.builds(Amounts, tokens=st.integers(0, 9), usd=MONEY.map(lambda usd: usd or 0))

    def reserved(all_: Amounts) -> Events:
        key = f"call-{name}"
        return (e.BudgetReserved(key=key, by="child", life="now", amounts=all_, at=2.5),)

    def settled(all_: Amounts) -> Events:
        return tuple(
            e.BudgetSettled(key=one.key, used=all_, until=3.5) for one in state.reservations
        )

    return [
        amounts.map(lambda all_: (e.BudgetOpened(all_),)),
        amounts.map(reserved),
        *([amounts.map(settled)] if state.reservations else []),
        st.just((e.BudgetWarning("tokens", 0.9),)),
    ]


def _of_timers(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    due = st.integers(0, 9).map(lambda seconds: START + timedelta(seconds=seconds))

    def wanted(at: datetime) -> Events:
        return (e.TimerSet(Timer(timer_id=name, due=at, message="go on", set_at=START)),)

    ended = [
        event
        for one in state.record.timers
        for event in (e.TimerFired(one.timer_id, code="ambiguous"), e.TimerCancelled(one.timer_id))
    ]
    return [due.map(wanted), *([st.sampled_from(ended).map(lambda one: (one,))] if ended else [])]


def _of_rounds(state: SessionState, name: str) -> list[st.SearchStrategy[Events]]:
    if not state.open_rounds:
        return []
    current = state.open_rounds[0]
    response, number = current.id, len(current.turns)
    choices: list[st.SearchStrategy[Events]] = [
        st.just((e.RequestCompleted(response, "completed"),)),
        st.just((e.TurnStarted(response, number + 1, "model"),)),
    ]
    if current.turns:
        choices += _of_turn(response, number, name)
        choices += [
            _tool_answer(response, call.tool_call_id, name) for call in current.turns[-1].tool_calls
        ]
    return choices


def _of_turn(response: str, number: int, name: str) -> list[st.SearchStrategy[Events]]:
    call = ToolCallContent(tool_call_id=f"call-{name}", name="a.b", args={"deep": [1, {"x": None}]})
    end = e.TurnCompleted(
        response_id=response,
        number=number,
        status="completed",
        message_id=f"said-{name}",
        usage=Usage(prompt_tokens=5),
        cost=Cost(usd=Decimal("0.25"), source="table 1"),
        raw_response={"id": "raw"},
    )
    cut = e.TurnCompleted(
        response_id=response,
        number=number,
        status="interrupted",
        content=(TextContent("so f"),),
        error="cut",
    )
    return [
        TEXTS.map(lambda text: (e.TurnBlockCompleted(response, number, TextContent(text)),)),
        st.just((e.TurnRetried(response, number, 1, "overloaded", 0.5),)),
        st.just((e.TurnRetried(response, number, 2, "cut", 0.5, Usage(prompt_tokens=3)),)),
        st.just((e.UsageLimitReached(response, number, "used up", START),)),
        st.just((e.MessageAdded(said(f"said-{name}", (call,))), end)),
        st.just((cut,)),
    ]


def _tool_answer(response: str, call: str, name: str) -> st.SearchStrategy[Events]:
    def events(text: str) -> Events:
        result = ToolResultContent(tool_call_id=call, content=text)
        return (
            e.ToolCallStarted(response, call),
            e.MessageAdded(said(f"result-{name}-{call}", (result,), "tool")),
            e.ToolCallCompleted(
                response_id=response,
                tool_call_id=call,
                status="completed",
                message_id=f"result-{name}-{call}",
            ),
        )

    return TEXTS.map(events)
