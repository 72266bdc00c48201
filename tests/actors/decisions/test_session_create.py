"""The first decision of a session."""

from typing import Any

import pytest

from actors.decisions import session as sessions
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import codec
from storage.records import event as e
from storage.records import request as r
from storage.records.config import Budget, SessionConfig
from storage.records.message import TextContent
from storage.records.worker import ConversationWorker
from tests.actors.decisions.given import (
    ID,
    NOW,
    Play,
    answer,
    given,
    talker,
    terminal,
)


def test_a_session_may_begin_with_nothing() -> None:
    play = Play()
    created = play.create(title="Mine", workspace="other", metadata={"a": 1})
    session = answer(created, play.state)
    assert session == play.session
    assert (session.id, session.title, session.workspace) == (ID, "Mine", "other")
    assert (session.metadata, session.config, session.workers) == ({"a": 1}, None, ())
    assert (session.created_at, session.updated_at, session.status) == (NOW, NOW, "active")
    assert [type(event) for event in play.events] == [e.SessionCreated]
    assert play.effects == []


@pytest.mark.parametrize(
    ("path", "title"), [("/a/b", "b"), ("/a/b/", "b"), ("/", "/"), ("/" + "x" * 300, "x" * 200)]
)
def test_without_a_title_it_is_named_for_its_directory(path: str, title: str) -> None:
    play = Play()
    play.create(location_path=path)
    assert play.session.title == title


def test_a_session_with_a_terminal_is_answered_once_that_runs() -> None:
    play = Play()
    created = play.create(worker=terminal())
    worker = play.worker
    assert (worker.name, worker.status) == ("terminal-1", "starting")
    assert play.effects == [f.StartWorker(worker.id)]
    assert answer(created, play.state) is None
    play.up(worker)
    assert answer(created, play.state) == play.session


def test_a_first_worker_that_cannot_start_is_the_answer() -> None:
    play = Play()
    created = play.create(worker=terminal())
    play.decide(o.ProcessNotStarted(play.worker.id, 2, "cannot start x"))
    refusal = answer(created, play.state)
    assert refusal.code == "spawn-failed"
    assert refusal.message.startswith(f"cannot start x (errno 2); session {ID} was created: ")
    assert refusal.data == {"session_id": ID}
    assert play.worker.last_error == "cannot start x (errno 2)"


@pytest.mark.parametrize(
    "fields",
    [{"config": SessionConfig()}, {"worker": talker()}, {"prompt": "hello"}],
)
def test_a_session_that_is_to_talk_has_a_conversation_and_a_config(fields: Any) -> None:
    play = Play()
    play.create(**fields)
    assert isinstance(play.worker, ConversationWorker)
    assert play.session.config == SessionConfig()


def test_a_system_prompt_is_the_first_message() -> None:
    play = Play()
    play.create(config=SessionConfig(system_prompt="be brief"), prompt="hello")
    play.decide(o.WorkerUp(play.worker.id))
    first, second = play.state.messages
    assert (first.role, first.content) == ("system", (TextContent("be brief"),))
    assert (second.role, second.text) == ("user", "hello")
    assert [type(event) for event in play.events[:2]] == [e.SessionCreated, e.WorkerCreated]


def test_a_config_is_recorded_as_one_type_however_it_was_asked_for() -> None:
    play = Play()
    asked = r.StrictConfig(model="x", budget=r.StrictBudget(tokens=5))
    play.create(config=asked)
    config = play.session.config
    assert type(config) is SessionConfig
    assert type(config.budget) is Budget
    assert config == SessionConfig(model="x", budget=Budget(tokens=5))


def test_a_session_with_a_prompt_is_answered_at_acceptance_with_the_response_id() -> None:
    play = Play()
    created = play.create(prompt="hello")
    play.decide(o.WorkerUp(play.worker.id))
    told = answer(created, play.state)
    assert told == {**codec.builtins(play.session), "response_id": play.response}


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"session_type": "worktree"}, "bad-request", "$.location_path"),
        (
            {"session_type": "worktree", "location_path": None, "branch": "x"},
            "bad-request",
            "$.repository",
        ),
        ({"branch": "x"}, "bad-request", "$.branch"),
        ({"run_setup": True}, "bad-request", "$.run_setup"),
        ({"location_path": None}, "bad-request", "$.location_path"),
        ({"location_path": ""}, "bad-request", "$.location_path"),
        ({"prompt": "x", "worker": terminal()}, "bad-request", "$.prompt"),
        ({"prompt": " "}, "bad-request", "$.prompt"),
        ({"worker": terminal(env={"LD_PRELOAD": "x"})}, "bad-request", "$.worker.env.LD_PRELOAD"),
        (
            {"worker": r.CreateWorkerRequest(type="agent", agent="aider"), "prompt": "a\x1bb"},
            "bad-request",
            "$.prompt",
        ),
    ],
)
def test_what_cannot_be_created_is_refused(fields: Any, code: str, path: str) -> None:
    command = r.CreateSession(**({"location_path": "/work"} | fields))
    refusal = sessions.create(command, ID, given())
    assert isinstance(refusal, r.Refusal)
    assert (refusal.code, refusal.path) == (code, path)
