"""Tool calls that a budget does not allow, or cuts off: their round ends with those beside them,
its history is valid.
"""

import pytest

from actors.decisions.history import valid_history
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import request as r
from storage.records.conversation import Failure
from storage.records.workspace import PermissionRule
from tests.actors.decisions.given import ALLOW_ALL, TOOLS, Play, call, talking

USED_UP = Failure(code="budget-exceeded", message="the budget is used up")


def calling(*tools: str) -> tuple[Play, str]:
    play = talking()
    response = play.asks()
    play.arrives(*(call(str(number), tool) for number, tool in enumerate(tools)))
    return play, response


@pytest.mark.parametrize(("made", "status"), [(False, "denied"), (True, "unknown")])
def test_the_round_ends_with_the_reason(made: bool, status: str) -> None:
    play, response = calling("files.write", "files.write")
    play.decide(o.CallStopped(response, "0", USED_UP, made=made))
    done = play.round(response)
    assert (done.status, done.failure) == ("failed", USED_UP)
    assert [each.status for each in done.turns[0].tool_calls] == [status, "denied"]
    assert play.wanted(f.CancelResponse) == [f.CancelResponse(response)]
    assert len(valid_history(play.state.messages)) == 4


def test_calls_beside_it_come_to_their_end_and_then_the_next_request_begins() -> None:
    tools = ("files.read", "files.read", "files.read", "files.write", "files.write")
    play, response = calling(*tools)
    following = play.asks()
    play.forget()
    play.decide(o.CallStopped(response, "1", USED_UP, made=False))
    assert play.round(response).status == "running"
    play.returns("0")
    play.decide(o.CallStopped(response, "2", USED_UP, made=False))
    play.returns("3", "written")
    done = play.round(response)
    assert (done.status, done.failure) == ("failed", USED_UP)
    calls = done.turns[0].tool_calls
    no = ("denied", "not run: the budget is used up")
    assert [(each.status, each.result.content) for each in calls if each.result] == [
        ("completed", "done"), no, no, ("completed", "written"),
        ("denied", "cancelled before it ran"),
    ]  # fmt: skip
    assert play.wanted(f.CallTool) == []
    assert play.wanted(f.AskModel) == [f.AskModel(following, 0)]
    assert play.replayed() == play.state


def test_a_reading_call_that_was_cut_off_has_failed() -> None:
    play, response = calling("files.read")
    play.decide(o.CallStopped(response, "0", USED_UP, made=True))
    (cut,) = play.round(response).turns[0].tool_calls
    assert cut.status == "failed"
    assert cut.result is not None
    assert cut.result.content == "the budget is used up"


def test_nobody_is_asked_any_more_and_no_answer_starts_a_call() -> None:
    play = talking()
    play.rules = (PermissionRule(tool="files.write", decision="ask"), ALLOW_ALL)
    response = play.asks()
    play.arrives(call("0", "files.read"), call("1", "files.read"), call("2", "files.write"))
    (question,) = play.session.permissions
    play.decide(o.CallStopped(response, "0", USED_UP, made=False))
    assert play.session.permissions == ()
    late = r.AnswerPermission(permission=question.id, decision="allow")
    assert play.refused(late).code == "permission-answered"
    assert play.round(response).is_open


def test_a_cancel_need_not_wait_for_what_runs_beside_it() -> None:
    play, response = calling("files.read", "files.read")
    play.decide(o.CallStopped(response, "0", USED_UP, made=False))
    play.decide(r.Cancel(response_id=response))
    assert play.round(response).status == "cancelled"


def test_after_a_crash_a_round_that_was_stopped_ends_with_the_reason() -> None:
    play, response = calling("files.read", "files.read")
    play.decide(o.CallStopped(response, "0", USED_UP, made=False))
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ConversationReady(TOOLS))
    assert [effect.call.tool_call_id for effect in play.wanted(f.CallTool)] == ["1"]
    play.returns("1")
    assert play.round(response).failure == USED_UP
    assert play.wanted(f.AskModel) == []


def test_late_news_of_a_call_changes_nothing() -> None:
    play, response = calling("files.write")
    play.returns("0")
    assert play.decide(o.CallStopped(response, "0", USED_UP, made=True)).events == ()
