"""PURE: how events about requests, turns and tool calls change a session's state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from storage.fold.changes import Step, message_of, with_session
from storage.records import event as e
from storage.records.conversation import Cost, Round, Summary, ToolCall, Turn, Usage, sum_of
from storage.records.message import ToolCallContent, ToolResultContent
from storage.state import SessionState


def _request_queued(state: SessionState, event: e.RequestQueued, at: datetime) -> SessionState:
    queued = Round(
        id=event.response_id,
        request=event.message,
        request_id=event.request_id,
        status="queued",
        created_at=at,
    )
    return _with_open(state, (*state.open_rounds, queued), at)


def _with_open(state: SessionState, rounds: tuple[Round, ...], at: datetime) -> SessionState:
    return with_session(replace(state, open_rounds=rounds), at, open_requests=len(rounds))


def _with_round(state: SessionState, response_id: str, **changes: Any) -> SessionState:
    if not any(candidate.id == response_id for candidate in state.open_rounds):
        raise LookupError(f"no open request {response_id}")
    rounds = tuple(replace(r, **changes) if r.id == response_id else r for r in state.open_rounds)
    return replace(state, open_rounds=rounds)


def _with_turn(
    state: SessionState, response_id: str, number: int, change: Callable[[Turn], Turn]
) -> SessionState:
    current = state.round(response_id)
    turns = current.turns if current else ()
    if not any(turn.number == number for turn in turns):
        raise LookupError(f"no turn {number} in {response_id}")
    changed = tuple(change(turn) if turn.number == number else turn for turn in turns)
    return _with_round(state, response_id, turns=changed)


def _turn_started(state: SessionState, event: e.TurnStarted, at: datetime) -> SessionState:
    current = state.round(event.response_id)
    before = current.turns if current else ()
    turn = Turn(
        number=event.number,
        status="streaming",
        model=event.model,
        max_tokens=event.max_tokens,
        started_at=at,
    )
    return _with_round(state, event.response_id, status="running", turns=(*before, turn))


def _turn_retried(state: SessionState, event: e.TurnRetried, at: datetime) -> SessionState:
    due = at + timedelta(seconds=event.delay_seconds)

    def change(turn: Turn) -> Turn:
        after = _with_usage(turn, event.usage, event.cost, estimated=event.usage is not None)
        return replace(after, retries=event.attempt, error=event.error, content=(), waits_until=due)

    return _with_turn(state, event.response_id, event.number, change)


def _with_usage(turn: Turn, usage: Usage | None, cost: Cost | None, *, estimated: bool) -> Turn:
    """What one more call took, with what those took that failed before it."""
    if usage is None:
        return turn
    if turn.usage is not None:
        usage, cost = turn.usage + usage, sum_of(turn.cost, cost)
    return replace(turn, usage=usage, cost=cost, estimated=turn.estimated or estimated)


def _limit_reached(state: SessionState, event: e.UsageLimitReached, at: datetime) -> SessionState:
    def change(turn: Turn) -> Turn:
        return replace(turn, error=event.error, content=(), waits_until=event.until)

    return _with_turn(state, event.response_id, event.number, change)


def _block_completed(
    state: SessionState, event: e.TurnBlockCompleted, at: datetime
) -> SessionState:
    def change(turn: Turn) -> Turn:
        return replace(turn, content=(*turn.content, event.block), waits_until=None)

    return _with_turn(state, event.response_id, event.number, change)


def _history_summarized(
    state: SessionState, event: e.HistorySummarized, at: datetime
) -> SessionState:
    made = Summary(message=message_of(state, event.message_id), usage=event.usage, cost=event.cost)

    def change(turn: Turn) -> Turn:
        return replace(turn, summaries=(*turn.summaries, made))

    return _with_turn(state, event.response_id, event.number, change)


def _part_failed(state: SessionState, event: e.ContextPartFailed, at: datetime) -> SessionState:
    def change(turn: Turn) -> Turn:
        said = replace(turn, left_out=(*turn.left_out, f"{event.part}: {event.message}"))
        if event.usage is None:
            return said
        failed = Summary(of=event.of, usage=event.usage, cost=event.cost)
        return replace(said, summaries=(*turn.summaries, failed))

    return _with_turn(state, event.response_id, event.number, change)


def _turn_completed(state: SessionState, event: e.TurnCompleted, at: datetime) -> SessionState:
    message = message_of(state, event.message_id) if event.message_id else None

    def change(turn: Turn) -> Turn:
        content = message.content if message else (event.content or turn.content)
        return replace(
            _with_usage(turn, event.usage, event.cost, estimated=event.estimated),
            status=event.status,
            message_id=event.message_id,
            content=content,
            tool_calls=_calls(content, event.digests) if message else (),
            raw_response=event.raw_response,
            stop_reason=event.stop_reason,
            error=event.error,
            waits_until=None,
            completed_at=at,
        )

    state = _with_turn(state, event.response_id, event.number, change)
    if event.status != "interrupted":
        return state
    cuts = next(r.cuts for r in state.open_rounds if r.id == event.response_id)
    return _with_round(state, event.response_id, cuts=cuts + 1)


def _calls(content: tuple[Any, ...], digests: dict[str, str]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(
            tool_call_id=block.tool_call_id,
            name=block.name,
            args=block.args,
            digest=digests.get(block.name),
        )
        for block in content
        if isinstance(block, ToolCallContent)
    )


def _with_call(
    state: SessionState, response_id: str, tool_call_id: str, **changes: Any
) -> SessionState:
    current = state.round(response_id)
    if current is None or not current.turns:
        raise LookupError(f"no open request {response_id}")
    last = current.turns[-1]

    def change(turn: Turn) -> Turn:
        calls = tuple(
            replace(call, **changes) if call.tool_call_id == tool_call_id else call
            for call in turn.tool_calls
        )
        return replace(turn, tool_calls=calls)

    return _with_turn(state, response_id, last.number, change)


def _tool_call_started(state: SessionState, event: e.ToolCallStarted, at: datetime) -> SessionState:
    state = _with_call(
        state,
        event.response_id,
        event.tool_call_id,
        status="running",
        only_reads=event.only_reads,
    )
    found = state.round(event.response_id)
    calls = found.turns[-1].tool_calls if found else ()
    known = {c.name: c.digest for c in calls if c.tool_call_id == event.tool_call_id and c.digest}
    return replace(state, digests={**state.digests, **known}) if known else state


def _tool_call_completed(
    state: SessionState, event: e.ToolCallCompleted, at: datetime
) -> SessionState:
    content = message_of(state, event.message_id).content
    result = next((block for block in content if isinstance(block, ToolResultContent)), None)
    return _with_call(
        state,
        event.response_id,
        event.tool_call_id,
        status=event.status,
        result=result,
        message_id=event.message_id,
        stops=event.stops,
    )


def _request_completed(
    state: SessionState, event: e.RequestCompleted, at: datetime
) -> SessionState:
    state = _with_round(
        state,
        event.response_id,
        n=state.n or None,
        status=event.status,
        failure=event.failure,
        completed_at=at,
    )
    done = next(r for r in state.open_rounds if r.id == event.response_id)
    still_open = tuple(r for r in state.open_rounds if r.id != event.response_id)
    return _with_open(replace(state, rounds=state.rounds.append(done)), still_open, at)


STEPS: dict[type, Step] = {
    e.RequestQueued: _request_queued,
    e.TurnStarted: _turn_started,
    e.TurnRetried: _turn_retried,
    e.UsageLimitReached: _limit_reached,
    e.TurnBlockCompleted: _block_completed,
    e.HistorySummarized: _history_summarized,
    e.ContextPartFailed: _part_failed,
    e.TurnCompleted: _turn_completed,
    e.ToolCallStarted: _tool_call_started,
    e.ToolCallCompleted: _tool_call_completed,
    e.RequestCompleted: _request_completed,
}
