"""What a crash leaves of a round, at each point of one with two tool calls, and what follows."""

from collections.abc import Callable, Iterator

import pytest

from actors.decisions.history import UNKNOWN_OUTCOME, valid_history
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import fold
from storage.records import request as r
from storage.records.conversation import Round
from storage.records.event import SessionRestored
from storage.records.message import TextContent, ToolCallContent, ToolResultContent
from tests.actors.decisions.given import ID, NOW, TOOLS, USAGE, Play, call, talking

Step = Callable[[Play], object]

TWO_WRITERS: tuple[Step, ...] = (
    lambda play: play.asks(),
    lambda play: play.decide(o.BlockArrived(play.response, 0, TextContent("let me"))),
    lambda play: play.arrives("let me", call("a"), call("b")),
    lambda play: play.returns("a"),
    lambda play: play.returns("b"),
    lambda play: play.arrives("done"),
)
READER_AND_WRITER: tuple[Step, ...] = (
    lambda play: play.asks(),
    lambda play: play.arrives(call("r", "files.read"), call("w")),
    lambda play: play.returns("r"),
    lambda play: play.returns("w"),
    lambda play: play.fails(number=1),
    lambda play: play.arrives("done"),
)
REPEATABLE_AND_WRITER: tuple[Step, ...] = (
    lambda play: play.asks(),
    lambda play: play.arrives(call("s", "files.sync"), call("w")),
    lambda play: play.returns("s"),
    lambda play: play.returns("w", is_error=True),
    lambda play: play.arrives("done"),
)
ROUNDS = [TWO_WRITERS, READER_AND_WRITER, REPEATABLE_AND_WRITER]


def points() -> Iterator[tuple[tuple[Step, ...], int]]:
    for steps in ROUNDS:
        for crash in range(1, len(steps)):
            yield steps, crash


def crash(play: Play) -> Play:
    """Nothing but the journal is left, and the actors start anew."""
    after = Play(play.replayed())
    after.journal = list(play.journal)
    after._new_id = play._new_id
    after.boot()
    after.decide(o.WorkerUp(after.worker.id))
    if after.wanted(f.PrepareConversation):
        after.decide(o.ConversationReady(TOOLS))
    return after


def calls_of(play: Play) -> list[str]:
    return [effect.call.tool_call_id for effect in play.wanted(f.CallTool)]


def assert_sendable(play: Play) -> None:
    history = valid_history(tuple(play.state.messages))
    open_calls = [
        block.tool_call_id
        for message in history
        for block in message.content
        if isinstance(block, ToolCallContent)
    ]
    results = [
        block.tool_call_id
        for message in history
        for block in message.content
        if isinstance(block, ToolResultContent)
    ]
    assert results == open_calls
    assert history[0].role == "user"


def finish(play: Play) -> Round:
    """Everything that is still wanted goes well."""
    response = play.response
    while play.state.open_rounds:
        running, turn = play.state.running or (None, None)
        assert running is not None
        assert turn is not None
        assert_sendable(play)
        if turn.status == "streaming":
            play.arrives("done")
        else:
            call_id = next(one for one in turn.tool_calls if one.status == "running").tool_call_id
            play.returns(call_id)
    return play.round(response)


@pytest.mark.parametrize(("steps", "at"), list(points()))
def test_after_a_crash_at_any_point_the_round_goes_on_and_no_writer_runs_twice(
    steps: tuple[Step, ...], at: int
) -> None:
    before = talking()
    for step in steps[:at]:
        step(before)
    after = crash(before)
    assert_sendable(after)
    assert after.replayed() == after.state
    done = finish(after)
    assert done.status == "completed"
    assert done.text.endswith("done")
    wanted = calls_of(before) + calls_of(after)
    assert wanted.count("a") <= 1
    assert wanted.count("b") <= 1
    assert wanted.count("w") <= 1


@pytest.mark.parametrize(("steps", "at"), list(points()))
def test_recovering_twice_loses_nothing_and_repeats_no_writer(
    steps: tuple[Step, ...], at: int
) -> None:
    before = talking()
    for step in steps[:at]:
        step(before)
    once = crash(before)
    twice = crash(once)
    wanted = calls_of(before) + calls_of(once) + calls_of(twice)
    assert all(wanted.count(call_id) <= 1 for call_id in ("a", "b", "w"))
    assert_sendable(twice)
    done = finish(twice) if twice.state.open_rounds else twice.state.rounds[-1]
    assert done.status == ("interrupted" if done.cuts >= 2 else "completed")


def test_a_turn_that_was_cut_is_shown_and_asked_again_but_never_sent() -> None:
    before = talking()
    response = before.asks()
    before.decide(o.BlockArrived(response, 0, TextContent("half")))
    after = crash(before)
    cut, again = after.round(response).turns
    assert (cut.status, cut.text) == ("interrupted", "half")
    assert (again.status, again.number) == ("streaming", 1)
    assert after.wanted(f.AskModel) == [f.AskModel(response, 1)]
    assert [message.role for message in after.state.messages] == ["user"]


def test_a_request_cut_twice_ends_as_interrupted_and_the_next_one_begins() -> None:
    before = talking()
    response = before.asks()
    following = before.asks()
    after = crash(crash(before))
    done = after.round(response)
    assert done.failure is not None
    assert (done.status, done.failure.code, done.cuts) == ("interrupted", "interrupted", 2)
    assert after.wanted(f.AskModel) == [f.AskModel(following, 0)]


def test_a_writer_whose_outcome_is_unknown_is_told_to_the_model_and_the_next_one_runs() -> None:
    before = talking()
    response = before.asks()
    before.arrives(call("a"), call("b"))
    after = crash(before)
    first, second = after.round(response).turns[0].tool_calls
    assert (first.status, second.status) == ("unknown", "running")
    assert first.result == ToolResultContent(
        tool_call_id="a", content=UNKNOWN_OUTCOME, is_error=True
    )
    assert calls_of(after) == ["b"]


def test_a_call_that_the_new_actor_was_given_before_it_was_up_is_not_lost() -> None:
    """A restart by request: what the old actor was at comes back while the new one starts."""
    play = talking()
    response = play.asks()
    play.arrives(call("a"), call("b"), call("c"))
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    play.returns("a", "done just in time")
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ConversationReady(TOOLS, frozenset({"b"})))
    assert calls_of(play) == ["a", "b"]
    play.returns("b", "done too")
    play.returns("c")
    contents = [
        one.result.content for one in play.round(response).turns[0].tool_calls if one.result
    ]
    assert contents == ["done just in time", "done too", "done"]


def test_a_turn_that_the_new_actor_was_given_before_it_was_up_is_called_off() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("a"))
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    play.returns("a")
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects == [f.CancelResponse(response), f.AskModel(response, 2)]


def test_what_a_cut_turn_took_is_booked_as_an_estimate() -> None:
    before = talking()
    response = before.asks()
    before.arrives("let me", call("a", "files.read"))
    before.returns("a")
    counted = before.session.metrics
    before.decide(o.BlockArrived(response, 1, TextContent("half an answer")))
    after = crash(before)
    cut = after.round(response).turns[1]
    assert cut.estimated
    assert cut.usage is not None
    assert cut.usage.prompt_tokens >= USAGE.prompt_tokens + USAGE.completion_tokens
    assert cut.usage.completion_tokens > 0
    assert cut.cost is not None
    booked = after.session.metrics
    assert booked.total_tokens == after.round(response).usage.total_tokens
    assert booked.context_utilization == counted.context_utilization


@pytest.mark.parametrize("tool", ["files.read", "files.sync"])
def test_a_call_that_may_be_repeated_is(tool: str) -> None:
    before = talking()
    before.asks()
    before.arrives(call("a", tool))
    assert calls_of(crash(before)) == ["a"]


def test_a_call_whose_tool_is_gone_is_not_repeated() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("a", "files.read"))
    play.decide(o.WorkerUp(play.worker.id))
    play.forget()
    play.decide(o.ConversationReady(()))
    assert play.round(response).turns[0].tool_calls[0].status == "unknown"
    assert play.effects == [f.AskModel(response, 1)]


def test_tools_that_become_known_while_a_turn_streams_change_nothing() -> None:
    play = talking()
    play.asks()
    assert play.decide(o.ConversationReady(TOOLS)).events == ()


def test_tools_that_become_known_when_nothing_is_open_change_nothing() -> None:
    play = talking()
    assert play.decide(o.ConversationReady(TOOLS)).events == ()


def test_a_request_queued_before_the_crash_begins_after_it() -> None:
    play = Play()
    play.create(prompt="hello")
    after = crash(play)
    assert after.wanted(f.AskModel) == [f.AskModel(after.response, 0)]
    assert after.state.open_rounds[0].cuts == 0


def test_after_a_crash_a_failed_call_waits_for_what_is_left_of_its_pause() -> None:
    before = talking()
    response = before.asks()
    before.fails()
    after = crash(before)
    assert after.wanted(f.AskModel) == [f.AskModel(response, 0, 0.5)]
    assert after.round(response).cuts == 0
    after.arrives("hi")
    assert after.round(response).status == "completed"


def test_a_crash_after_the_pause_of_a_failed_call_is_a_cut() -> None:
    before = talking()
    response = before.asks()
    before.fails(retry_after_seconds=0.0)
    after = crash(before)
    assert after.wanted(f.AskModel) == [f.AskModel(response, 1)]
    assert after.round(response).cuts == 1


@pytest.mark.parametrize(("steps", "crashed"), list(points()))
def test_a_session_that_came_from_elsewhere_cuts_what_was_open_and_asks_nobody(
    steps: tuple[Step, ...], crashed: int
) -> None:
    play = talking()
    for step in steps[:crashed]:
        step(play)
    after = Play(fold.apply(play.replayed(), SessionRestored("import"), NOW))
    after.boot()
    assert after.state.open_rounds == ()
    assert after.state.rounds[-1].status == "cancelled"
    assert not after.wanted(f.AskModel)
    assert not after.wanted(f.CallTool)
    assert not after.wanted(f.StartWorker)
