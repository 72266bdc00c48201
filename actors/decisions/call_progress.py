"""PURE: how far running tool calls are, shown where their round is shown. Nothing is recorded."""

from collections.abc import Mapping

from msgspec.structs import replace

from actors.decisions.decision import Decision, Draft, Given
from actors.messages import outcomes as o
from actors.messages.effects import ShowProgress
from storage.records.conversation import Round, Turn
from storage.state import SessionState


def progressed(state: SessionState, outcome: o.ToolProgressed, given: Given) -> Decision:
    """Whoever follows the response sees it, as long as the call runs."""
    draft = Draft(state, given)
    found = state.round(outcome.response_id)
    if found and found.is_open:
        draft.want(ShowProgress(outcome.response_id))
    return draft.decision()


def with_progress(found: Round, progress: Mapping[str, str]) -> Round:
    """`progress` by `<response id>/<tool call id>`; only the last turn has calls that run."""
    if not progress or not found.is_open or not found.turns:
        return found
    last = turn_with_progress(found.turns[-1], found.id, progress)
    return replace(found, turns=(*found.turns[:-1], last))


def turn_with_progress(turn: Turn, response_id: str, progress: Mapping[str, str]) -> Turn:
    calls = tuple(
        replace(call, progress=progress.get(f"{response_id}/{call.tool_call_id}"))
        if call.status == "running"
        else call
        for call in turn.tool_calls
    )
    return replace(turn, tool_calls=calls)
