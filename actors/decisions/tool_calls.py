"""PURE: the tool calls of a turn: which may run, which run now, what becomes of them."""

from actors.decisions import permission
from actors.decisions.decision import Draft
from actors.decisions.history import UNKNOWN_OUTCOME
from actors.messages.effects import CallTool
from storage.records import event as e
from storage.records.conversation import Round, ToolCall, ToolCallStatus, Turn
from storage.records.message import ChatMessage, ToolResultContent
from storage.records.tool import Tool
from storage.state import SessionState

LOOP_LIMIT = 3
"""The same call with the same result so often in a row: the model is going in circles."""


def goes_in_circles(found: Round) -> ToolCall | None:
    """The call that the round repeats without a change in its result."""
    calls = [call for turn in found.turns for call in turn.tool_calls]
    latest = [(c.name, c.args, c.result and c.result.content) for c in calls[-LOOP_LIMIT:]]
    is_loop = len(latest) == LOOP_LIMIT and all(one == latest[0] for one in latest)
    return calls[-1] if is_loop else None


def settle(draft: Draft, ending: Round, turn: Turn) -> None:
    for call in turn.tool_calls:
        if call.status == "running":
            complete(draft, ending.id, call, UNKNOWN_OUTCOME, "unknown")
        elif call.status == "pending":
            complete(draft, ending.id, call, "cancelled before it ran", "denied")


def plan(draft: Draft, response_id: str, tools: tuple[Tool, ...]) -> None:
    """Refuse what may not run; start all that only reads and the first of the others."""
    offered = {tool.name: tool for tool in tools}
    for call in calls_of(draft.state, response_id):
        reason = _why_not(call, offered, draft)
        if reason:
            complete(draft, response_id, call, reason, "denied")
        elif offered[call.name].only_reads:
            start(draft, response_id, call, only_reads=True)


def _why_not(call: ToolCall, offered: dict[str, Tool], draft: Draft) -> str | None:
    tool = offered.get(call.name)
    if tool is None:
        return f"there is no tool {call.name}; the tools are: {', '.join(offered) or 'none'}"
    verdict = permission.decide(tool, call.args, draft.given.settings())
    if isinstance(verdict, permission.Denied):
        return f"permission denied: {verdict.reason}"
    if isinstance(verdict, permission.MustAsk):
        return (
            "permission denied: nobody can be asked yet; this rule in workspace.json, under "
            f"permissions.rules, would allow it: {verdict.rule_hint}"
        )
    return None


def calls_of(state: SessionState, response_id: str) -> tuple[ToolCall, ...]:
    found = state.round(response_id)
    return found.turns[-1].tool_calls if found and found.turns else ()


def start(draft: Draft, response_id: str, call: ToolCall, *, only_reads: bool = False) -> None:
    draft.add(e.ToolCallStarted(response_id, call.tool_call_id, only_reads))
    draft.want(CallTool(response_id, call))


def complete(
    draft: Draft, response_id: str, call: ToolCall, text: str, status: ToolCallStatus
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
        ),
    )


def writer_runs(draft: Draft, response_id: str) -> bool:
    """Calls that may write run one at a time, in the model's order."""
    calls = calls_of(draft.state, response_id)
    return any(call.status == "running" and not call.only_reads for call in calls)


def running_call(state: SessionState, response_id: str, tool_call_id: str) -> ToolCall | None:
    found = state.round(response_id)
    if found is None or not found.is_open:
        return None
    calls = found.turns[-1].tool_calls if found.turns else ()
    return next(
        (c for c in calls if c.tool_call_id == tool_call_id and c.status == "running"), None
    )


def take_up(draft: Draft, running: Round, turn: Turn, tools: dict[str, Tool]) -> None:
    for call in turn.tool_calls:
        if call.status != "running":
            continue
        tool = tools.get(call.name)
        if tool and tool.may_repeat:
            draft.want(CallTool(running.id, call))
        else:
            complete(draft, running.id, call, UNKNOWN_OUTCOME, "unknown")
