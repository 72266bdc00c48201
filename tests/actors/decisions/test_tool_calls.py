"""The tool calls of a turn: in which order they run, which may, what becomes of their results."""

import json

import msgspec
import pytest

from actors.decisions import permission
from actors.decisions.history import UNKNOWN_OUTCOME, valid_history
from actors.messages import effects as f
from storage.records import request as r
from storage.records.conversation import ToolCall
from storage.records.message import ToolResultContent
from storage.records.tool import Tool
from storage.records.workspace import ConversationSettings, PermissionRule
from tests.actors.decisions.given import READS, WRITES, Play, call, settings, talking


def calling(*calls: tuple[str, str], rules: tuple[PermissionRule, ...] | None = None) -> Play:
    """A round whose first turn has just arrived with these calls: (id, tool)."""
    play = talking()
    if rules is not None:
        play.rules = rules
    play.asks()
    play.forget()
    play.arrives(*(call(call_id, tool) for call_id, tool in calls))
    return play


def started(play: Play) -> list[str]:
    return [effect.call.tool_call_id for effect in play.wanted(f.CallTool)]


def calls(play: Play, turn: int = 0) -> tuple[ToolCall, ...]:
    return play.state.open_rounds[0].turns[turn].tool_calls


def test_readers_start_together_and_the_next_turn_begins_when_all_are_back() -> None:
    play = calling(("a", "files.read"), ("b", "files.read"))
    assert started(play) == ["a", "b"]
    play.returns("b", "B")
    assert not play.wanted(f.AskModel)
    play.returns("a", "A")
    assert play.wanted(f.AskModel) == [f.AskModel(play.response, 1)]
    results = [message.content for message in play.state.messages[-2:]]
    assert results == [
        (ToolResultContent(tool_call_id="b", content="B"),),
        (ToolResultContent(tool_call_id="a", content="A"),),
    ]


def test_writers_run_one_at_a_time_in_the_models_order() -> None:
    play = calling(("a", "files.write"), ("b", "files.write"), ("c", "files.sync"))
    for expected in (["a"], ["a", "b"], ["a", "b", "c"]):
        assert started(play) == expected
        assert not play.wanted(f.AskModel)
        play.returns(expected[-1])
    assert play.wanted(f.AskModel)


def test_readers_do_not_wait_for_writers() -> None:
    play = calling(("w1", "files.write"), ("r", "files.read"), ("w2", "files.write"))
    assert started(play) == ["r", "w1"]
    play.returns("r")
    assert started(play) == ["r", "w1"]
    play.returns("w1")
    assert started(play) == ["r", "w1", "w2"]


def test_a_round_with_a_tool_carries_call_and_result_in_its_turn() -> None:
    play = calling(("a", "files.write"))
    response = play.response
    play.returns("a", "written")
    play.arrives("all done")
    first, second = play.round(response).turns
    assert first.tool_calls[0].status == "completed"
    assert first.tool_calls[0].result == ToolResultContent(tool_call_id="a", content="written")
    assert second.text == "all done"
    assert [m.role for m in play.state.messages] == ["user", "assistant", "tool", "assistant"]


def test_an_error_of_a_tool_goes_to_the_model() -> None:
    play = calling(("a", "files.write"))
    play.returns("a", "disk full", is_error=True)
    assert calls(play)[0].status == "failed"
    assert calls(play)[0].result == ToolResultContent(
        tool_call_id="a", content="disk full", is_error=True
    )
    assert play.wanted(f.AskModel)


@pytest.mark.parametrize(("tool", "status"), [(WRITES, "unknown"), (READS, "failed")])
def test_what_nothing_came_back_of_may_have_been_done_by_a_writer(tool: Tool, status: str) -> None:
    play = calling(("a", tool.name))
    play.returns("a", "its server ended", is_error=True, is_unknown=True)
    told = "its server ended" if status == "failed" else f"{UNKNOWN_OUTCOME}: its server ended"
    assert calls(play)[0].status == status
    assert calls(play)[0].result == ToolResultContent(tool_call_id="a", content=told, is_error=True)
    assert play.wanted(f.AskModel)


def test_a_result_that_comes_twice_counts_once() -> None:
    play = calling(("a", "files.read"), ("b", "files.read"))
    play.returns("a", "first")
    assert play.returns("a", "second").events == ()
    assert calls(play)[0].result == ToolResultContent(tool_call_id="a", content="first")


def test_an_unknown_tool_is_refused_with_those_that_there_are() -> None:
    play = calling(("a", "files.erase"))
    result = calls(play)[0].result
    assert result is not None
    assert result.is_error
    assert "files.write, files.read, files.sync" in result.content
    assert started(play) == []
    assert play.wanted(f.AskModel) == [f.AskModel(play.response, 1)]


def test_a_tool_that_was_not_offered_is_unknown() -> None:
    play = talking()
    play.asks()
    play.arrives(call("a"), tools=())
    result = calls(play)[0].result
    assert result is not None
    assert result.content == "there is no tool files.write; the tools are: none"


def test_a_denied_call_is_not_run_and_the_others_are() -> None:
    rules = (
        PermissionRule(tool="files.sync", decision="deny"),
        PermissionRule(tool="*", decision="allow"),
    )
    play = calling(("a", "files.sync"), ("b", "files.write"), rules=rules)
    assert [one.status for one in calls(play)] == ["denied", "running"]
    result = calls(play)[0].result
    assert result is not None
    assert result.content.startswith("permission denied: ")
    assert started(play) == ["b"]


def test_the_rule_that_a_question_proposes_allows_the_call() -> None:
    args = {"path": "/srv/a[1]*", "lines": [1, {"x": None}]}
    play = talking()
    play.rules = ()
    play.asks()
    play.arrives(call("a", "files.write", **args))
    (asked,) = play.session.permissions
    assert asked.rule is not None
    rule = msgspec.convert(json.loads(asked.rule), PermissionRule)
    assert permission.decide(WRITES, args, settings(rule)) == permission.Allowed()
    play.decide(r.AnswerPermission(permission=asked.id, decision="deny"))
    play.rules = (rule,)
    play.arrives(call("b", "files.write", **args))
    assert started(play) == ["b"]


def test_a_trusted_reader_needs_no_rule() -> None:
    assert started(calling(("a", READS.name), rules=())) == ["a"]


def test_when_every_call_is_refused_the_model_is_asked_at_once() -> None:
    play = calling(("a", "x.y"), ("b", "x.z"))
    assert play.wanted(f.AskModel) == [f.AskModel(play.response, 1)]
    assert valid_history(tuple(play.state.messages)) == tuple(play.state.messages)


def repeat(play: Play, times: int, result: str = "same", **args: int) -> None:
    for _ in range(times):
        number = len(play.state.messages)
        play.arrives(call(f"c{number}", "files.read", **args))
        play.returns(f"c{number}", result)


def test_the_same_call_with_the_same_result_again_and_again_is_a_loop() -> None:
    play = talking()
    response = play.asks()
    repeat(play, 3)
    failure = play.round(response).failure
    assert failure is not None
    assert failure.code == "loop-detected"
    assert "files.read" in failure.message


@pytest.mark.parametrize("change", [{"result": "new"}, {"page": 2}])
def test_a_change_in_arguments_or_result_is_no_loop(change: dict[str, object]) -> None:
    play = talking()
    response = play.asks()
    repeat(play, 2)
    repeat(play, 1, **change)  # type: ignore[arg-type]  # one of two keywords
    repeat(play, 2)
    assert play.round(response).status == "running"


def limited(**limits: int | None) -> Play:
    play = talking()
    play.conversation = ConversationSettings(**limits)  # type: ignore[arg-type]  # in bounds here
    play.asks()
    return play


def test_how_often_is_a_loop_is_a_setting() -> None:
    play = limited(loop_limit=5)
    response = play.response
    repeat(play, 4)
    assert play.round(response).is_open
    repeat(play, 1)
    failure = play.round(response).failure
    assert failure is not None
    assert failure.code == "loop-detected"
    assert "5 times" in failure.message


def test_without_a_limit_nobody_looks_for_loops() -> None:
    play = limited(loop_limit=None)
    repeat(play, 20)
    assert play.round(play.response).is_open


def test_turns_that_make_the_same_calls_again_and_again_are_a_loop() -> None:
    play = talking()
    response = play.asks()
    for number in range(3):
        assert play.round(response).is_open
        one, other = f"one{number}", f"other{number}"
        play.arrives(call(one, "files.read", page=1), call(other, "files.read", page=2))
        play.returns(one, "first")
        play.returns(other, "second")
    failure = play.round(response).failure
    assert failure is not None
    assert failure.code == "loop-detected"


def test_calls_of_one_turn_under_one_id_are_each_made_and_answered() -> None:
    play = calling(("a", "files.write"), ("a", "files.write"), ("", "files.read"))
    names = [one.tool_call_id for one in calls(play)]
    assert names == ["a", "a-2", "call-2"]
    play.returns("call-2", "read")
    play.returns("a", "first")
    assert started(play) == ["call-2", "a", "a-2"]
    play.returns("a-2", "second")
    assert [one.result.content for one in calls(play) if one.result] == ["first", "second", "read"]
    assert valid_history(tuple(play.state.messages)) == tuple(play.state.messages[:2]) + tuple(
        sorted(play.state.messages[2:], key=lambda one: names.index(str(one.tool_call_id)))
    )


def test_a_call_id_that_is_used_again_in_a_later_turn_is_another_call() -> None:
    play = calling(("a", "files.read"))
    play.returns("a", "first")
    play.arrives(call("a", "files.read"))
    play.returns("a", "second")
    results = [turn.tool_calls[0].result for turn in play.state.open_rounds[0].turns[:2]]
    assert [one.content for one in results if one] == ["first", "second"]
