"""A request that is handed in again under its own id is answered, and done no second time."""

import json
from typing import Any

import pytest

from storage.records import event as e
from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House

ID = "17-job"
ALLOTTED = "abcdefghijkl"


def once(greenroom: House, again: bool, kind: str, **fields: Any) -> Answer:
    allotted = fields.pop("allotted", None)
    future = greenroom.post({"type": kind, **fields}, request_id=ID, again=again, allotted=allotted)
    return future.result(PATIENCE_SECONDS)


def data(answer: Answer) -> Any:
    assert answer.ok, answer.error
    return json.loads(json.dumps(greenroom_json(answer.data)))


def greenroom_json(value: Any) -> Any:
    from storage import codec

    return codec.builtins(value)


@pytest.fixture
def session_id(greenroom: House) -> str:
    return str(greenroom.create()["id"])


COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("update-session", {"updates": {"title": "Mine"}}),
    ("pause-session", {}),
    ("stop-session", {}),
    ("archive-session", {}),
    ("add-message", {"message": {"role": "user", "content": "hello"}}),
    ("update-token-metrics", {"prompt_tokens": 5}),
    ("create-worker", {"worker": {"type": "terminal"}}),
]


@pytest.mark.parametrize(("kind", "fields"), COMMANDS, ids=[kind for kind, _ in COMMANDS])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_done_is_answered_from_the_journal(
    greenroom: House, session_id: str, kind: str, fields: dict[str, Any], restarted: bool
) -> None:
    first = data(once(greenroom, False, kind, session=session_id, **fields))
    if restarted:
        greenroom.again()
    before = len(greenroom.journal(session_id))
    second = data(once(greenroom, True, kind, session=session_id, **fields))
    made = greenroom.journal(session_id)[before:]
    assert not any(isinstance(event, e.SessionUpdated | e.MessageAdded) for event in made)
    assert second["id"] == first["id"]
    assert second.get("message_id") == first.get("message_id")
    assert len(greenroom.record(session_id).workers) == (kind == "create-worker")


def test_a_later_change_is_not_undone(greenroom: House, session_id: str) -> None:
    title: dict[str, Any] = {"session": session_id, "updates": {"title": "First"}}
    assert once(greenroom, False, "update-session", **title).ok
    greenroom.get("update-session", session=session_id, updates={"title": "Second"})
    greenroom.again()
    assert data(once(greenroom, True, "update-session", **title))["title"] == "Second"


def test_what_was_not_done_is_done(greenroom: House, session_id: str) -> None:
    title: dict[str, Any] = {"session": session_id, "updates": {"title": "First"}}
    assert data(once(greenroom, True, "update-session", **title))["title"] == "First"


def test_an_allotted_session_is_made_once(greenroom: House) -> None:
    wanted: dict[str, Any] = {
        "location_path": str(greenroom.place),
        "allotted": ALLOTTED,
        "worker": {"type": "terminal"},
    }
    first = data(once(greenroom, False, "create-session", **wanted))
    assert first["id"] == ALLOTTED
    greenroom.again()
    second = data(once(greenroom, True, "create-session", **wanted))
    assert second["id"] == ALLOTTED
    assert [worker["id"] for worker in second["workers"]] == [
        worker["id"] for worker in first["workers"]
    ]
    assert len(greenroom.get("list-sessions")["sessions"]) == 1
    greenroom.get("delete-session", session=ALLOTTED)
    gone = once(greenroom, True, "create-session", **wanted)
    assert gone.error is not None
    assert gone.error.code == "session-deleted"


def test_a_deletion_whose_answer_nobody_saw_is_told(greenroom: House, session_id: str) -> None:
    assert once(greenroom, False, "delete-session", session=session_id).data == {"deleted": True}
    greenroom.again()
    assert once(greenroom, True, "delete-session", session=session_id).data == {"deleted": True}
    assert greenroom.get("delete-session", session=session_id) == {"deleted": False}


def test_a_deletion_of_a_worker_is_told_too(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    wanted = {"session": session_id, "worker": worker_id}
    assert once(greenroom, False, "delete-worker", **wanted).data == {"deleted": True}
    greenroom.again()
    assert once(greenroom, True, "delete-worker", **wanted).data == {"deleted": True}


def test_input_is_typed_once(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["cat"])
    wanted = {"session": session_id, "worker": worker_id, "data": "once\r"}
    assert data(once(greenroom, False, "write-input", **wanted))["accepted"] == 5
    greenroom.again()
    assert once(greenroom, True, "write-input", **wanted).ok
    greenroom.get("write-input", session=session_id, worker=worker_id, data="end\r")
    greenroom.shows(session_id, worker_id, "end\r\nend\r\n")
    assert greenroom.output(session_id, worker_id).count("once") == 2  # its echo, and cat's
    unsure = once(greenroom, True, "write-input", **wanted)
    assert unsure.error is not None
    assert unsure.error.code == "outcome-unknown"


def test_requests_to_a_session_that_is_just_coming_to_be_wait_for_it(greenroom: House) -> None:
    futures = [
        greenroom.post(
            {"type": "create-session", "location_path": str(greenroom.place), "title": "Fresh"}
        ),
        greenroom.post({"type": "get-session", "session": "Fresh"}),
        greenroom.post({"type": "update-session", "session": "Fresh", "updates": {"title": "Old"}}),
    ]
    made, seen, changed = (future.result(PATIENCE_SECONDS) for future in futures)
    assert made.ok
    assert seen.data.id == made.data.id
    assert changed.data.title == "Old"
    eventually(greenroom.projected)


def test_a_creation_that_was_cut_short_after_its_attachments_is_done(greenroom: House) -> None:
    left = greenroom.data.session("default", ALLOTTED) / "attachments" / ("a" * 64)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"large")
    greenroom.again()
    wanted = {"location_path": str(greenroom.place), "allotted": ALLOTTED}
    assert data(once(greenroom, True, "create-session", **wanted))["id"] == ALLOTTED
