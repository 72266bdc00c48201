"""Prompts for agents: whom a request means, what is recorded, what an end makes of them."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import again, table
from actors.decisions.decision import Decision
from actors.messages import deliveries as d
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import fold
from storage.records import event as e
from storage.records import request as r
from storage.records.delivery import Delivery, DeliveryState
from storage.records.message import ImageContent, TextContent
from storage.records.worker import AgentWorker
from tests.actors.decisions.given import ID, NOW, Play, agent, answer, process, talker, terminal

STEPS: tuple[tuple[DeliveryState, d.Step], ...] = (
    ("queued", d.TypeIt(pasted=True, seen=0)),
    ("typing", d.ItStands("seen", 1)),
    ("typed", d.SubmitIt()),
    ("submitting", d.KeyPressed()),
    ("submitted", d.EndIt("accepted", "gone")),
)


def running(**fields: Any) -> Play:
    return Play.of(agent(agent="aider", **fields))


def asks(play: Play, text: Any = "Fix it.", **fields: Any) -> r.Request:
    return r.Request(session=ID, content=text, **fields)


def delivery(play: Play, place: int = 0) -> Delivery:
    worker = play.session.workers[place]
    assert isinstance(worker, AgentWorker)
    assert worker.delivery is not None
    return worker.delivery


def moves(play: Play, state: DeliveryState, step: d.Step) -> None:
    told = delivery(play)
    prompt = play.state.prompt(told.response_id)
    assert prompt is not None
    play.decide(o.PromptMoved(play.worker.id, told.response_id, state, prompt.number, step))


def up_to(play: Play, state: DeliveryState) -> None:
    for before, step in STEPS:
        if delivery(play).state == state:
            return
        moves(play, before, step)
    assert delivery(play).state == state


def test_each_step_is_recorded_before_it_is_taken() -> None:
    play = running()
    decision = play.decide(asks(play))
    first = delivery(play).response_id
    assert play.wanted(f.DeliverPrompt) == [f.DeliverPrompt(play.worker.id, first)]
    for state, step in STEPS:
        assert delivery(play).state == state
        assert answer(decision, play.state) is None
        moves(play, state, step)
    assert len(play.wanted(f.DeliverPrompt)) == len(STEPS)
    kinds = [type(event) for event in play.events]
    assert kinds == [
        e.PromptQueued,
        e.PromptTyping,
        e.PromptTyped,
        e.PromptSubmitting,
        e.PromptSubmitted,
        e.PromptDelivered,
    ]
    told = answer(decision, play.state)
    assert told == {"response_id": first, "worker": play.worker.id, "delivery": delivery(play)}
    assert (delivery(play).attempts, delivery(play).presses) == (1, 1)
    assert play.state.inputs == 2
    assert play.replayed() == play.state


def test_a_step_of_another_moment_says_nothing() -> None:
    play = running()
    play.decide(asks(play))
    moves(play, "typed", d.SubmitIt())
    response_id, typing = delivery(play).response_id, d.TypeIt(True, 0)
    play.decide(o.PromptMoved(play.worker.id, "another", "queued", 0, typing))
    play.decide(o.PromptMoved("nobody", response_id, "queued", 0, d.SubmitIt()))
    assert delivery(play).state == "queued"
    for _ in range(2):
        moves(play, "queued", typing)
    play.decide(o.PromptMoved(play.worker.id, response_id, "typing", 0, typing))
    assert (delivery(play).state, delivery(play).attempts) == ("typing", 1)


def test_several_are_delivered_one_after_the_other() -> None:
    play = running()
    ids = [answer(play.decide(asks(play, text, wait=False)), play.state) for text in ("one", "two")]
    assert len(play.wanted(f.DeliverPrompt)) == 1
    play.forget()
    up_to(play, "submitted")
    assert {each.response_id for each in play.wanted(f.DeliverPrompt)} == {ids[0]["response_id"]}
    moves(play, "submitted", d.EndIt("failed", "nothing", "prompt-not-accepted"))
    assert play.wanted(f.DeliverPrompt)[-1].response_id == ids[1]["response_id"]
    assert delivery(play).state == "queued"


def test_what_failed_is_refused_with_the_evidence_and_what_to_do() -> None:
    play = running()
    decision = play.decide(asks(play))
    moves(play, "queued", d.EndIt("failed", "the agent asks", "prompt-not-accepted"))
    refusal = answer(decision, play.state)
    assert (refusal.code, refusal.data["delivery"]) == ("prompt-not-accepted", delivery(play))
    assert "the agent asks" in refusal.message
    assert f"greenroom peek {ID}/agent-1" in refusal.message


def test_what_was_put_back_was_not_done() -> None:
    play = running()
    play.decide(asks(play))
    up_to(play, "typing")
    moves(play, "typing", d.PutItBack("queued", "ann types there"))
    assert (delivery(play).state, delivery(play).attempts) == ("queued", 0)
    up_to(play, "submitting")
    moves(play, "submitting", d.PutItBack("typed", "ann types there"))
    told = delivery(play)
    assert (told.state, told.presses, told.evidence) == ("typed", 0, "ann types there")


# Whom a request means.


def test_an_unnamed_request_goes_to_the_conversation_then_to_the_only_agent() -> None:
    both = Play.of(agent(agent="aider"), talker())
    both.decide(asks(both))
    assert both.told(e.RequestQueued)
    both.decide(asks(both, worker="agent-1"))
    assert both.told(e.PromptQueued)
    with_shell = Play.of(terminal(), agent(agent="aider"))
    with_shell.decide(asks(with_shell))
    assert with_shell.told(e.PromptQueued)
    two = Play.of(agent(agent="aider"), agent(agent="goose"))
    refusal = two.refused(asks(two))
    assert (refusal.code, "agent-1" in refusal.message) == ("ambiguous", True)
    shell = Play.of(terminal())
    assert shell.refused(asks(shell)).code == "no-conversation"
    assert "greenroom type" in shell.refused(asks(shell, worker="terminal-1")).message


@pytest.mark.parametrize(
    "content",
    [
        " ",
        "a\x1b[201~b",
        "\x03",
        "x" * 100_001,
        (ImageContent(url="https://example.org/a.png"),),
    ],
)
def test_what_cannot_be_typed_is_refused(content: Any) -> None:
    refusal = running().refused(r.Request(session=ID, content=content))
    assert (refusal.code, refusal.path) == ("bad-request", "$.content")


def test_line_ends_are_one_kind_and_none_at_the_end() -> None:
    play = running()
    play.decide(asks(play, "one\r\ntwo\rthree\n\n"))
    play.decide(asks(play, (TextContent("a"), TextContent("b"))))
    assert [each.text for each in play.told(e.PromptQueued)] == ["one\ntwo\nthree", "a\nb"]


def test_an_agent_that_does_not_run_takes_no_request() -> None:
    play = running()
    play.decide(r.StopWorker(session=ID, worker=play.worker.id))
    assert play.refused(asks(play)).code == "worker-not-running"
    play.ends("stopped")
    assert "greenroom run" in play.refused(asks(play)).message
    play.decide(r.StopSession(session=ID))
    assert play.refused(asks(play)).code == "session-stopped"


# Taken back, held, handed in again.


def test_only_one_that_waits_can_be_taken_back() -> None:
    play = running()
    for text in ("one", "two"):
        play.decide(asks(play, text))
    first, second = (each.id for each in play.state.open_prompts)
    up_to(play, "typing")
    assert play.refused(r.Cancel(response_id=first)).code == "too-late"
    told = answer(play.decide(r.Cancel(response_id=second)), play.state)
    assert told == {"response_id": second, "status": "cancelled"}
    for _ in range(2):
        assert play.refused(r.Cancel(response_id="nobody")).code == "response-not-found"
        told = answer(play.decide(r.Cancel(response_id=second)), play.state)
        assert told["status"] == "cancelled"
    found = answer(play.decide(r.GetResponse(response_id=second)), play.state)
    assert found["delivery"].state == "cancelled"


def test_a_paused_session_types_nothing_and_goes_on_where_it_was() -> None:
    play = running()
    play.decide(asks(play))
    up_to(play, "typing")
    play.decide(r.PauseSession(session=ID))
    moves(play, "typing", d.EndIt("failed", "not shown", "prompt-not-accepted"))
    assert delivery(play).state == "typing"
    play.forget()
    play.decide(r.ResumeSession(session=ID))
    assert len(play.wanted(f.DeliverPrompt)) == 1
    play.decide(r.PauseSession(session=ID))
    moves(play, "typing", d.EndIt("accepted", "the agent reported it"))
    assert delivery(play).state == "accepted"


def test_a_request_handed_in_again_finds_its_own_prompt() -> None:
    play = running()
    job = replace(play.given, request_id="job")
    first = table.decide(play.state, asks(play), job)
    assert isinstance(first, Decision)
    play.state = fold.apply_all(play.state, first.events, NOW)
    up_to(play, "typed")
    second = again.answer(play.state, asks(play), again.Done(first.events), job)
    assert isinstance(second, Decision)
    assert second.events == ()
    assert second.follows == delivery(play).response_id
    moves(play, "typed", d.EndIt("accepted", "seen"))
    assert answer(second, play.state)["delivery"].state == "accepted"


# Ends and restarts.


@pytest.mark.parametrize("state", ["typing", "typed"])
@pytest.mark.parametrize("cause", ["crashed", "lost", "shutdown"])
def test_what_was_not_submitted_waits_for_the_next_process(state: Any, cause: Any) -> None:
    play = running()
    play.decide(asks(play))
    up_to(play, state)
    play.ends(cause)
    assert delivery(play).state == "queued"
    play.forget()
    play.decide(r.StartWorker(session=ID, worker=play.worker.id))
    play.decide(o.ProcessStarted(play.worker.id, process(9), adopted=False))
    assert len(play.wanted(f.DeliverPrompt)) == 1


@pytest.mark.parametrize("state", ["submitting", "submitted"])
def test_what_was_submitted_to_a_process_that_ended_is_never_typed_again(state: Any) -> None:
    play = running()
    decision = play.decide(asks(play))
    up_to(play, state)
    play.ends("crashed")
    refusal = answer(decision, play.state)
    assert refusal.code == "outcome-unknown"
    assert "not typed again" in refusal.message


@pytest.mark.parametrize("cause", ["exited", "stopped"])
def test_where_no_process_follows_the_request_fails_and_the_first_prompt_waits(cause: Any) -> None:
    play = running(prompt="Look around.")
    decision = play.decide(asks(play))
    up_to(play, "typing")
    play.ends(cause)
    refusal = answer(decision, play.state)
    assert (refusal.code, "greenroom run" in refusal.message) == ("worker-not-running", True)
    assert [each.text for each in play.state.open_prompts] == ["Look around."]
    assert delivery(play).state == "queued"


def test_a_first_prompt_that_has_to_be_typed_is_queued_with_its_worker() -> None:
    play = Play()
    created = play.create(worker=agent(agent="aider"), prompt="Look around.")
    assert not play.wanted(f.DeliverPrompt)
    play.up(play.worker)
    told = answer(created, play.state)
    assert told["response_id"] == delivery(play).response_id
    worker = play.worker
    assert isinstance(worker, AgentWorker)
    assert "Look around." not in (worker.command or ())
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=True))
    assert len(play.wanted(f.DeliverPrompt)) == 1
    assert len(play.told(e.PromptQueued)) == 1


def test_a_worker_that_is_deleted_ends_what_waits_for_it() -> None:
    play = running()
    decision = play.decide(asks(play))
    play.decide(r.DeleteWorker(session=ID, worker=play.worker.id))
    play.ends("stopped")
    assert play.session.workers == ()
    assert answer(decision, play.state).code == "worker-not-running"
    assert not play.state.open_prompts


def test_what_waits_for_a_worker_between_two_starts_ends_when_that_is_stopped() -> None:
    play = running()
    decision = play.decide(asks(play))
    play.ends("crashed")
    play.decide(r.StopSession(session=ID))
    assert answer(decision, play.state).code == "worker-not-running"


def test_a_crashed_agent_takes_requests_until_it_is_back_or_given_up() -> None:
    play = running()
    play.ends("crashed")
    decision = play.decide(asks(play))
    assert not play.wanted(f.DeliverPrompt)
    play.decide(o.WorkerGaveUp(play.worker.id, "too often"))
    assert answer(decision, play.state).code == "worker-not-running"
    assert play.refused(asks(play)).code == "worker-not-running"
    again = running()
    again.ends("crashed")
    again.decide(asks(again))
    again.decide(o.WorkerUp(again.worker.id))
    again.decide(o.ProcessStarted(again.worker.id, process(), adopted=False))
    assert len(again.wanted(f.DeliverPrompt)) == 1


def test_one_that_came_from_elsewhere_has_nothing_under_way() -> None:
    play = running(prompt="Look around.")
    play.decide(asks(play))
    up_to(play, "submitted")
    play.state = play.replayed()
    play.state = fold.apply(play.state, e.SessionRestored("import"), NOW)
    play.boot()
    assert not play.state.open_prompts
