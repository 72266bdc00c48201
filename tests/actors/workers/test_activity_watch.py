from typing import Any

from actors.built_in_agents import BUILT_IN
from actors.decisions.patterns import question
from actors.workers.activity_watch import patterns_of
from storage.records.agent import AgentDefinition
from storage.records.worker import AgentWorker, TerminalWorker
from tests.actors.decisions.given import NOW
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House

WORKS = "while :; do echo here is some work; sleep 0.1; done"
ASKS = "printf 'Really go on (y/n)? '; read answer; " + WORKS


def activity(greenroom: House, session_id: str, worker_id: str) -> Any:
    return greenroom.get("get-activity", session=session_id, worker=worker_id)


def becomes(greenroom: House, session_id: str, worker_id: str, state: str) -> Any:
    def found() -> Any:
        told = activity(greenroom, session_id, worker_id)
        return told if told["state"] == state else None

    eventually(lambda: found() is not None)
    return activity(greenroom, session_id, worker_id)


def test_a_program_that_writes_is_active_and_one_that_waits_is_idle(greenroom: House) -> None:
    active, idle = greenroom.shell(command=["sh", "-c", WORKS]), greenroom.shell(command=["cat"])
    assert becomes(greenroom, *active, "active")["source"] == "screen"
    assert becomes(greenroom, *idle, "idle")["text"] == ""


def test_it_is_shown_in_the_status(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", WORKS])
    told = becomes(greenroom, session_id, worker_id, "active")
    (session,) = greenroom.get("get-status")["sessions"]
    assert session["workers"][0]["activity"] == told


def test_an_agent_that_asks_is_asking_until_it_is_answered(greenroom: House) -> None:
    definition = {"id": "asker", "name": "Asker", "command": "sh", "args": ["-c", ASKS],
                  "asking": ["Really go on (y/n)?"]}  # fmt: skip
    greenroom.write_workspace({"agents": [definition]})
    made = greenroom.create(worker={"type": "agent", "agent": "asker"})
    place = made["id"], made["workers"][0]["id"]
    assert becomes(greenroom, *place, "asking")["text"] == "Really go on (y/n)?"
    greenroom.get("write-input", session=place[0], worker=place[1], data="y\r")
    greenroom.get("resize-worker", session=place[0], worker=place[1], cols=80, rows=3)
    becomes(greenroom, *place, "active")


def test_what_is_known_ends_with_the_process(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "read x"])
    becomes(greenroom, session_id, worker_id, "idle")
    greenroom.get("stop-worker", session=session_id, worker=worker_id)
    eventually(lambda: not greenroom.room.around.activities)
    assert activity(greenroom, session_id, worker_id)["state"] == "unknown"


def test_a_daemon_that_comes_back_watches_what_it_takes_over(greenroom: House) -> None:
    place = greenroom.shell(command=["sh", "-c", WORKS])
    becomes(greenroom, *place, "active")
    greenroom.again()
    assert becomes(greenroom, *place, "active")["state"] == "active"


def test_the_texts_of_a_definition_are_looked_for_as_they_stand() -> None:
    definition = AgentDefinition(
        id="a", name="A", command="a", asking=("Go (y/n)?",), idle=("? for help",)
    )
    worker = AgentWorker(id="w", name="n", agent="a", definition=definition, created_at=NOW)
    patterns = patterns_of(worker)
    assert patterns.asking == (r"Go\ \(y/n\)\?",)
    assert patterns.idle == (r"\?\ for\ help",)
    assert patterns_of(TerminalWorker(id="w", name="n", created_at=NOW)).asking == ()


def test_times_are_followed_while_it_runs(greenroom: House) -> None:
    """It writes every tenth of a second, so that only a new silence lets it be idle."""
    place = greenroom.shell(command=["sh", "-c", WORKS])
    becomes(greenroom, *place, "active")
    greenroom.write_workspace({"activity": {"silence_seconds": 0.01, "active_bytes": 100_000}})
    becomes(greenroom, *place, "idle")
    (told,) = greenroom.get("get-status")["workspaces"]
    assert told["problem"] is None
    greenroom.write_workspace({"activity": {"silence_seconds": -1}})
    (told,) = greenroom.get("get-status")["workspaces"]
    assert "$.activity.silence_seconds" in told["problem"]


def test_a_question_that_aider_was_answered_is_none_where_it_takes_a_prompt() -> None:
    definition = next(one for one in BUILT_IN if one.id == "aider")
    worker = AgentWorker(id="w", name="n", agent="aider", definition=definition, created_at=NOW)
    patterns = patterns_of(worker)
    asked = ["> Fix it.", "Add shop.py to the chat? (Y)es/(N)o [Yes]:"]
    assert question(patterns.asking, patterns.input_line, asked) == asked[1]
    assert question(patterns.asking, patterns.input_line, [*asked, "Added.", "ask>"]) is None
