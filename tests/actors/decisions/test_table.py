"""The one entrance: every command has its row, and a session that is being deleted has few."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from actors.decisions import table
from actors.messages import outcomes as o
from actors.messages.budget import ReserveBudget, SettleBudget
from actors.messages.session import (
    EndOverLimit,
    FireTimers,
    GetRecord,
    RecordEndedOrphans,
    ShutDown,
)
from storage.records import request as r
from storage.records.message import TextContent
from storage.records.worker import Activity
from tests.actors.decisions.given import ID, NOW, Play, answer, talking, terminal

FIELDS: dict[type, dict[str, Any]] = {
    r.UpdateSession: {"updates": {}},
    r.AddMessage: {"message": r.NewMessage(role="user", content="x")},
    r.UpdateMessage: {"message_id": "x", "updates": {}},
    r.Request: {"content": "x"},
    r.CreateWorker: {"worker": terminal()},
    r.WriteInput: {"worker": "x", "data": "y"},
    r.ResizeWorker: {"worker": "x", "cols": 1, "rows": 1},
    r.SetTimer: {"message": "x", "in_seconds": 1},
    r.CancelTimer: {"timer_id": "x"},
    r.UpdateWorker: {"worker": "x", "updates": r.WorkerUpdates(name="y")},
}
READS = (r.GetMessages, r.GetHistory, r.DeleteSession, ShutDown, GetRecord)


def test_every_command_and_every_outcome_has_its_row() -> None:
    rows = set(table._TABLE)
    asked = {*get_args(r.SessionCommand), r.Cancel, r.GetResponse, r.AnswerPermission}
    own = {ShutDown, GetRecord, RecordEndedOrphans, EndOverLimit, FireTimers}
    own |= {ReserveBudget, SettleBudget}
    assert rows == asked | own | set(get_args(o.Outcome))


def commands() -> list[Any]:
    worker = {"worker": "x"}
    return [
        kind(session=ID, **FIELDS.get(kind, worker if issubclass(kind, r.OfWorker) else {}))
        for kind in get_args(r.SessionCommand)
    ]


@pytest.mark.parametrize("command", commands(), ids=r.type_of)
def test_a_session_that_is_being_deleted_only_answers_questions(command: Any) -> None:
    play = Play.of(terminal())
    play.decide(r.DeleteSession(session=ID))
    if isinstance(command, READS):
        assert play.decide(command).events == ()
        return
    refusal = play.refused(command)
    assert (refusal.code, refusal.message) == (
        "session-not-found",
        f"Session not found with ID: {ID}",
    )


def test_messages_are_those_of_the_history_in_order() -> None:
    play = talking()
    play.asks("hello")
    play.arrives("hi")
    told = answer(play.decide(r.GetMessages(session=ID)), play.state)
    assert told == {"messages": list(play.state.messages)}
    assert [message.text for message in told["messages"]] == ["hello", "hi"]


def test_the_history_and_a_response_show_what_has_arrived_of_a_turn() -> None:
    play = talking()
    first = play.asks()
    play.arrives("one")
    second, queued = play.asks(), play.asks()
    play.written = {second: (TextContent("so fa"),), first: (TextContent("stale"),)}
    rounds = answer(play.decide(r.GetHistory(session=ID)), play.state)["rounds"]
    assert [(one.id, one.text) for one in rounds] == [
        (first, "one"),
        (second, "so fa"),
        (queued, ""),
    ]
    for response, text in ((first, "one"), (second, "so fa"), (queued, "")):
        told = answer(play.decide(r.GetResponse(response_id=response)), play.state)
        assert (told.id, told.text) == (response, text)


def test_a_cancelled_request_stands_where_it_was_asked() -> None:
    play = talking()
    first, second = play.asks(), play.asks()
    one, two = play.state.open_rounds
    later = replace(two, created_at=two.created_at + timedelta(seconds=1))
    play.state = replace(play.state, open_rounds=(one, later))
    play.decide(r.Cancel(response_id=second))
    rounds = answer(play.decide(r.GetHistory(session=ID)), play.state)["rounds"]
    assert [(each.id, each.status) for each in rounds] == [
        (first, "running"),
        (second, "cancelled"),
    ]


def test_an_unknown_response_is_refused() -> None:
    refusal = talking().refused(r.GetResponse(response_id="x-1"))
    assert refusal.code == "response-not-found"
    assert refusal.message == "Response not found with ID: x-1"


def test_a_conversation_is_active_while_a_request_is_open() -> None:
    play = talking()
    command = r.GetActivity(session=ID, worker=play.worker.id)
    assert answer(play.decide(command), play.state).state == "idle"
    play.asks()
    activity = Activity(state="active", source="protocol", since=NOW)
    assert answer(play.decide(command), play.state) == activity


def test_of_a_terminal_no_activity_is_known() -> None:
    play = Play.of(terminal())
    asked = play.decide(r.GetActivity(session=ID, worker=play.worker.id))
    assert answer(asked, play.state).state == "unknown"
    play.ends("exited")
    play.decide(r.DeleteWorker(session=ID, worker=play.worker.id))
    assert answer(asked, play.state) is None
