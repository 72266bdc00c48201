"""What follows from an answer to a permission request, from none in time, and from every end."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import permission_answers, permission_asks
from actors.decisions import session as sessions
from actors.decisions.decision import Draft
from actors.decisions.history import valid_history
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.permission import PermissionRequest
from storage.records.tool import Tool
from storage.records.workspace import PermissionRule
from tests.actors.decisions.given import ALLOW_ALL, ID, READS, TOOLS, Play, answer, call, talking

ASK_WRITES = PermissionRule(tool="files.write", decision="ask")
RULES = (ASK_WRITES, ALLOW_ALL)


def asking(*calls: tuple[str, str], rules: tuple[PermissionRule, ...] = RULES) -> Play:
    """A round whose first turn has just arrived with these calls: (id, tool)."""
    play = talking()
    play.rules = rules
    play.asks()
    play.forget()
    play.arrives(*(call(call_id, tool) for call_id, tool in calls))
    return play


def asked(play: Play) -> tuple[PermissionRequest, ...]:
    return play.session.permissions


def say(play: Play, decision: Any, number: int = 0, **more: Any) -> None:
    command = r.AnswerPermission(permission=asked(play)[number].id, decision=decision, **more)
    play.decide(command)


def started(play: Play) -> list[str]:
    return [effect.call.tool_call_id for effect in play.wanted(f.CallTool)]


def result_of(play: Play, call_id: str, turn: int = 0) -> str:
    calls = play.state.open_rounds[0].turns[turn].tool_calls
    result = next(one.result for one in calls if one.tool_call_id == call_id)
    assert result is not None
    return result.content


def is_whole(play: Play) -> bool:
    """The history may be sent, and a replay gives the very same state."""
    messages = tuple(play.state.messages)
    return valid_history(messages) == messages and play.replayed() == play.state


def test_a_call_waits_for_its_answer_and_runs_once_it_is_allowed() -> None:
    play = asking(("a", "files.write"))
    (question,) = asked(play)
    assert (question.tool, question.server, question.state) == ("files.write", "files", "open")
    assert (question.response_id, question.tool_call_id) == (play.response, "a")
    assert question.seconds_left == 300
    assert (started(play), play.wanted(f.AskModel)) == ([], [])
    say(play, "allow")
    assert (started(play), asked(play)) == (["a"], ())
    play.returns("a")
    assert play.wanted(f.AskModel)
    assert is_whole(play)


def test_the_answer_is_the_record_with_who_gave_it() -> None:
    play = asking(("a", "files.write"))
    question = asked(play)[0]
    told = play.decide(r.AnswerPermission(permission=question.id, decision="allow"))
    record = answer(told, play.state)
    assert (record.id, record.state, record.answered_by) == (question.id, "allowed", "program")
    assert record.answered_at is not None


def test_a_no_is_one_result_that_says_so_and_the_model_goes_on() -> None:
    play = asking(("a", "files.write"))
    say(play, "deny")
    assert result_of(play, "a") == permission_answers.DENIED
    assert started(play) == []
    assert play.wanted(f.AskModel) == [f.AskModel(play.response, 1)]
    assert play.state.open_rounds[0].turns[0].tool_calls[0].status == "denied"
    assert sum(message.role == "tool" for message in play.state.messages) == 1


def test_silence_until_the_deadline_means_no() -> None:
    play = asking(("a", "files.write"))
    question = asked(play)[0]
    play.decide(o.PermissionDue(question.id))
    assert result_of(play, "a") == permission_answers.EXPIRED
    assert started(play) == []
    found = play.state.permissions.find(question.id)
    assert found is not None
    assert (found.state, found.answered_by) == ("expired", None)
    assert is_whole(play)


def test_all_questions_of_a_turn_are_open_at_once_in_its_own_line() -> None:
    play = talking()
    play.rules = RULES
    play.asks()
    arrived = play.arrives(call("a"), call("b", "files.read"), call("c", path="x"))
    opened = [event for event in arrived.events if isinstance(event, e.PermissionRequested)]
    assert [event.permission.tool_call_id for event in opened] == ["a", "c"]
    assert started(play) == ["b"]


@pytest.mark.parametrize("order", [(0, 0), (1, 0)])
def test_writers_run_in_the_models_order_whatever_is_answered_first(order: tuple[int, int]) -> None:
    play = asking(("a", "files.write"), ("b", "files.write"))
    for number in order:
        say(play, "allow", number)
    assert started(play) == ["a"]
    play.returns("a")
    assert started(play) == ["a", "b"]


def test_a_writer_that_needs_no_answer_waits_for_the_one_before_it() -> None:
    play = asking(("a", "files.write"), ("b", "files.sync"))
    assert started(play) == []
    say(play, "deny")
    assert started(play) == ["b"]


def test_a_writer_before_the_question_runs_at_once() -> None:
    play = asking(("a", "files.sync"), ("b", "files.write"))
    assert started(play) == ["a"]
    say(play, "allow")
    assert started(play) == ["a"]
    play.returns("a")
    assert started(play) == ["a", "b"]


def test_a_reader_that_is_asked_about_holds_nobody_up_and_runs_when_allowed() -> None:
    play = asking(
        ("r", "files.read"),
        ("w", "files.sync"),
        rules=(PermissionRule(tool="files.read", decision="ask"), ALLOW_ALL),
    )
    assert started(play) == ["w"]
    say(play, "allow")
    assert started(play) == ["w", "r"]
    play.returns("w")
    assert not play.wanted(f.AskModel)
    play.returns("r")
    assert play.wanted(f.AskModel)


def test_one_no_and_one_yes() -> None:
    play = asking(("a", "files.write"), ("b", "files.write"))
    say(play, "deny", 0)
    assert started(play) == []
    say(play, "allow", 0)
    assert started(play) == ["b"]
    assert result_of(play, "a") == permission_answers.DENIED


@pytest.mark.parametrize("first", ["allow", "deny"])
def test_the_first_answer_counts_and_a_second_is_refused(first: Any) -> None:
    play = asking(("a", "files.write"))
    question = asked(play)[0]
    say(play, first)
    refused = play.refused(r.AnswerPermission(permission=question.id, decision="deny"))
    assert refused.code == "permission-answered"
    assert ("allowed" if first == "allow" else "denied") in refused.message
    assert "by the program that greenroom runs in" in refused.message
    assert play.decide(o.PermissionDue(question.id)).events == ()


def test_an_answer_after_the_deadline_is_too_late() -> None:
    play = asking(("a", "files.write"))
    question = asked(play)[0]
    play.decide(o.PermissionDue(question.id))
    refused = play.refused(r.AnswerPermission(permission=question.id, decision="allow"))
    assert refused.code == "permission-answered"
    assert "nobody answered it in time" in refused.message
    assert started(play) == []


def test_an_answer_to_what_was_never_asked_is_refused() -> None:
    play = asking(("a", "files.write"))
    refused = play.refused(r.AnswerPermission(permission=f"nobody-{ID}", decision="allow"))
    assert (refused.code, "greenroom asks" in refused.message) == ("permission-not-found", True)


@pytest.mark.parametrize(
    "ending",
    [
        lambda play: play.decide(r.Cancel(response_id=play.response)),
        lambda play: play.decide(r.PauseSession(session=ID)),
        lambda play: play.decide(r.StopSession(session=ID)),
        lambda play: play.decide(r.ArchiveSession(session=ID)),
        lambda play: play.decide(r.DeleteSession(session=ID)),
        lambda play: play.decide(r.StopWorker(session=ID, worker=play.worker.id)),
        lambda play: play.decide(o.WorkerGaveUp(play.worker.id, "it failed")),
    ],
    ids=["cancel", "pause", "stop", "archive", "delete", "worker", "gave-up"],
)
def test_no_end_leaves_a_question_that_nobody_can_answer(ending: Any) -> None:
    play = asking(("a", "files.write"), ("b", "files.write"))
    question = asked(play)[0]
    ending(play)
    assert asked(play) == ()
    assert not play.state.open_rounds
    found = play.state.permissions.find(question.id)
    assert found is not None
    assert (found.state, found.answered_by) == ("expired", permission_asks.BY_US)
    if not play.state.deleting:
        refused = play.refused(r.AnswerPermission(permission=question.id, decision="allow"))
        assert "its request ended" in refused.message
    assert started(play) == []
    assert is_whole(play)


def test_a_session_that_comes_out_of_the_trash_asks_nothing() -> None:
    play = asking(("a", "files.write"))
    draft = Draft(play.state, play.given)
    draft.add(e.SessionRestored("trash"))
    assert draft.state.record.permissions == ()
    booted = sessions.boot(draft.state, play.given)
    assert [x for x in booted.events if isinstance(x, e.RequestCompleted)]


def test_after_a_crash_the_question_is_open_still_and_its_answer_counts() -> None:
    play = asking(("a", "files.write"))
    again = Play(play.replayed())
    again.boot()
    again.decide(o.WorkerUp(again.worker.id))
    again.decide(o.ConversationReady(TOOLS))
    assert len(asked(again)) == 1
    assert started(again) == []
    say(again, "allow")
    assert started(again) == ["a"]


def test_what_is_left_of_the_deadline_is_recorded_when_the_actor_ends() -> None:
    play = asking(("a", "files.write"))
    question = asked(play)[0]
    play.decide(o.PermissionsHeld({question.id: 12.5, f"gone-{ID}": 3.0}))
    assert [p.seconds_left for p in asked(play)] == [12.5]
    assert play.replayed() == play.state


# What an answer is bound to.


def changed(tool: Tool, **changes: Any) -> tuple[Tool, ...]:
    return tuple(replace(one, **changes) if one.name == tool.name else one for one in TOOLS)


@pytest.mark.parametrize(
    "change", [{"description": "also erases"}, {"input_schema": {"type": "object"}}]
)
def test_a_tool_whose_description_changed_asks_again_though_it_is_allowed(change: Any) -> None:
    play = asking(("a", "files.read"), rules=(ALLOW_ALL,))
    assert started(play) == ["a"]
    play.returns("a")
    play.arrives(call("b", "files.read"), tools=changed(READS, **change))
    assert started(play) == ["a"]
    (question,) = asked(play)
    assert question.reason is not None
    assert "changed" in question.reason
    say(play, "allow")
    assert started(play) == ["a", "b"]
    play.returns("b")
    play.arrives(call("c", "files.read"), tools=changed(READS, **change))
    assert started(play) == ["a", "b", "c"]


def test_a_changed_tool_that_was_not_allowed_asks_once_more() -> None:
    play = asking(("a", "files.read"), rules=(ALLOW_ALL,))
    play.returns("a")
    for call_id in ("b", "c"):
        play.arrives(call(call_id, "files.read"), tools=changed(READS, description="new"))
        say(play, "deny")
    assert started(play) == ["a"]


def test_a_rule_that_denies_does_so_also_for_a_changed_tool() -> None:
    play = asking(("a", "files.read"), rules=(ALLOW_ALL,))
    play.returns("a")
    play.rules = (PermissionRule(tool="files.read", decision="deny"),)
    play.arrives(call("b", "files.read"), tools=changed(READS, description="new"))
    assert asked(play) == ()
    assert result_of(play, "b", turn=1).startswith("permission denied: the workspace's")


def test_a_yes_may_be_remembered_for_the_same_call() -> None:
    play = asking(("a", "files.write"))
    say(play, "allow", remember=True)
    play.returns("a")
    play.arrives(call("b"), call("c", path="elsewhere"))
    assert started(play) == ["a", "b"]
    assert [question.tool_call_id for question in asked(play)] == ["c"]
    say(play, "deny")
    play.returns("b")
    assert play.replayed() == play.state


def test_what_was_remembered_does_not_hold_for_another_description() -> None:
    play = asking(("a", "files.write"))
    say(play, "allow", remember=True)
    play.returns("a")
    play.arrives(call("b"), tools=tuple(replace(one, description="new") for one in TOOLS))
    assert len(asked(play)) == 1


def test_a_no_is_not_remembered() -> None:
    play = asking(("a", "files.write"))
    say(play, "deny", remember=True)
    play.arrives(call("b"))
    assert len(asked(play)) == 1
