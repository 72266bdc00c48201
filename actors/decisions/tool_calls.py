"""PURE: the tool calls of a turn: which may run, which run now, what becomes of them."""

from actors.decisions import permission, permission_asks, text_calls
from actors.decisions.decision import Draft
from actors.decisions.history import UNKNOWN_OUTCOME
from actors.messages.effects import CallTool
from actors.messages.outcomes import CallStopped, ToolReturned
from storage.records import event as e
from storage.records.conversation import Failure, Round, ToolCall, ToolCallStatus, Turn
from storage.records.message import ChatMessage, ToolResultContent
from storage.records.tool import Tool
from storage.state import SessionState


def goes_in_circles(found: Round, limit: int | None) -> ToolCall | None:
    """The last call, if the round's last `limit` calls, or the calls of its last `limit` turns that
    had any, are the same with the same results. None as `limit`: nobody looks.
    """
    turns = [turn.tool_calls for turn in found.turns if turn.tool_calls]
    if limit is None or not turns:
        return None
    one_by_one = [_call_and_result((call,)) for calls in turns for call in calls]
    by_turn = [_call_and_result(calls) for calls in turns]
    is_loop = _repeats(one_by_one, limit) or _repeats(by_turn, limit)
    return turns[-1][-1] if is_loop else None


def _call_and_result(calls: tuple[ToolCall, ...]) -> list[tuple[object, ...]]:
    return [(call.name, call.args, call.result and call.result.content) for call in calls]


def _repeats(done: list[list[tuple[object, ...]]], limit: int) -> bool:
    latest = done[-limit:]
    return len(latest) == limit and all(one == latest[0] for one in latest)


def settle(draft: Draft, ending: Round, turn: Turn) -> None:
    for call in turn.tool_calls:
        if call.status == "running":
            complete(draft, ending.id, call, UNKNOWN_OUTCOME, "unknown")
    start_no_more(draft, ending.id)


def start_no_more(draft: Draft, response_id: str) -> None:
    """Those that wait for their turn or for a person are not run."""
    for call in calls_of(draft.state, response_id):
        if call.status == "pending":
            complete(draft, response_id, call, "cancelled before it ran", "denied")
    permission_asks.withdraw(draft, response_id)


def plan(draft: Draft, response_id: str, tools: tuple[Tool, ...]) -> None:
    """Refuse what may not run, ask for what needs it; start what only reads and needs neither.

    What is pending after this without an open permission request may run in its turn.
    """
    offered = {tool.name: tool for tool in tools}
    for call in calls_of(draft.state, response_id):
        tool, unreadable = offered.get(call.name), text_calls.problem_of(call.name, call.args)
        if unreadable:
            complete(draft, response_id, call, unreadable, "denied")
        elif tool is None:
            names = ", ".join(offered) or "none"
            text = f"there is no tool {call.name}; the tools are: {names}"
            complete(draft, response_id, call, text, "denied")
        else:
            _plan_one(draft, response_id, call, tool)


def _plan_one(draft: Draft, response_id: str, call: ToolCall, tool: Tool) -> None:
    verdict = permission_asks.permission_of(draft, call, tool)
    if isinstance(verdict, permission.Denied):
        complete(draft, response_id, call, f"permission denied: {verdict.reason}", "denied")
    elif isinstance(verdict, permission.MustAsk):
        permission_asks.ask_for_call(draft, response_id, call, tool, verdict)
    elif tool.only_reads:
        start(draft, response_id, call, only_reads=True)


def calls_of(state: SessionState, response_id: str) -> tuple[ToolCall, ...]:
    found = state.round(response_id)
    return found.turns[-1].tool_calls if found and found.turns else ()


def start(draft: Draft, response_id: str, call: ToolCall, *, only_reads: bool = False) -> None:
    draft.add(e.ToolCallStarted(response_id, call.tool_call_id, only_reads))
    draft.want(CallTool(response_id, call))


def complete(
    draft: Draft,
    response_id: str,
    call: ToolCall,
    text: str,
    status: ToolCallStatus,
    stops: Failure | None = None,
) -> None:
    result = ToolResultContent(
        tool_call_id=call.tool_call_id, content=text, is_error=status != "completed"
    )
    message = ChatMessage(
        id=draft.given.new_id(),
        role="tool",
        content=(result,),
        created_at=draft.given.now,
        tool_call_id=call.tool_call_id,
    )
    draft.add(
        e.MessageAdded(message),
        e.ToolCallCompleted(
            response_id=response_id,
            tool_call_id=call.tool_call_id,
            status=status,
            message_id=message.id,
            stops=stops,
        ),
    )


def returned(draft: Draft, call: ToolCall, outcome: ToolReturned) -> None:
    """One that may write, and of which nothing came back, is not said to have failed."""
    text = outcome.content
    status: ToolCallStatus = "failed" if outcome.is_error else "completed"
    if outcome.is_unknown and not call.only_reads:
        text, status = f"{UNKNOWN_OUTCOME}: {text}", "unknown"
    complete(draft, outcome.response_id, call, text, status)


def stopped(draft: Draft, call: ToolCall, outcome: CallStopped) -> None:
    """Its budget refused it, or cut it off. Those beside it are left to come to their end: each is
    told what became of it, and nothing of a call that was never made.
    """
    failure, status = outcome.failure, _status_of_stopped(call, made=outcome.made)
    before = {"denied": "not run: ", "unknown": f"{UNKNOWN_OUTCOME}: "}.get(status, "")
    complete(draft, outcome.response_id, call, before + failure.message, status, failure)
    start_no_more(draft, outcome.response_id)


def _status_of_stopped(call: ToolCall, *, made: bool) -> ToolCallStatus:
    if not made:
        return "denied"
    return "failed" if call.only_reads else "unknown"


def stops(state: SessionState, response_id: str) -> Failure | None:
    """Why the response ends once no call of it runs any more."""
    calls = calls_of(state, response_id)
    return next((call.stops for call in calls if call.stops), None)


def is_running(state: SessionState, response_id: str) -> bool:
    return any(call.status == "running" for call in calls_of(state, response_id))


def next_writer(draft: Draft, response_id: str) -> ToolCall | None:
    """The call to start now: those that may write run one at a time, in the model's order.

    While a person is asked about one, those after it wait with it.
    """
    calls = calls_of(draft.state, response_id)
    asked = permission_asks.waiting_calls(draft.state, response_id)
    if any(call.status == "running" and not call.only_reads for call in calls):
        return None
    for call in calls:
        question = asked.get(call.tool_call_id)
        if call.status == "pending" and not (question and question.only_reads):
            return None if question else call
    return None


def all_done(draft: Draft, response_id: str) -> bool:
    return all(
        call.status not in {"pending", "running"} for call in calls_of(draft.state, response_id)
    )


def running_call(state: SessionState, response_id: str, tool_call_id: str) -> ToolCall | None:
    found = state.round(response_id)
    if found is None or not found.is_open:
        return None
    calls = found.turns[-1].tool_calls if found.turns else ()
    return next(
        (c for c in calls if c.tool_call_id == tool_call_id and c.status == "running"), None
    )


def take_up(
    draft: Draft, running: Round, turn: Turn, tools: dict[str, Tool], under_way: frozenset[str]
) -> None:
    """Calls that nobody is at any more: again if that does no harm, else their outcome is unknown.

    `under_way`: those that the conversation's actor was given since it started.
    """
    for call in turn.tool_calls:
        if call.status != "running" or call.tool_call_id in under_way:
            continue
        tool = tools.get(call.name)
        if tool and tool.may_repeat:
            draft.want(CallTool(running.id, call))
        else:
            complete(draft, running.id, call, UNKNOWN_OUTCOME, "unknown")
