"""Any past state of a session can be looked at by its number, and nothing changes by that."""

from typing import Any

from storage.journal import log
from tests.fakes.greenroom import House


def talk(running: House) -> Any:
    running.converse([{"reply": [{"text": text}]} for text in ("one", "two")])
    made = running.create(title="Talk", config={})
    for text in ("first", "second"):
        running.get("request", session=made["id"], content=text)
    return made


def said(history: Any) -> list[str]:
    return [one["request"]["content"][0]["text"] for one in history["rounds"]]


def test_each_round_says_the_number_that_ended_it(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    numbers = [one["n"] for one in rounds]
    assert numbers == sorted(numbers)
    greenroom.again()
    assert greenroom.get("get-history", session=session_id)["rounds"] == rounds
    for number, one in enumerate(rounds, 1):
        then = greenroom.get("get-history", session=session_id, at=one["n"])
        assert then["rounds"] == rounds[:number]
        earlier = greenroom.get("get-history", session=session_id, at=one["n"] - 1)["rounds"]
        assert [each["status"] for each in earlier] == ["completed"] * (number - 1) + ["running"]


def test_the_record_is_shown_as_it_was(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    greenroom.get("update-session", session=session_id, updates={"title": "Later"})
    then = greenroom.get("get-session", session=session_id, at=1)
    assert (then["title"], then["message_count"]) == ("Talk", 0)
    assert greenroom.get("get-session", session="Later", at=1) == then
    assert greenroom.get("get-session", session=session_id)["title"] == "Later"


def test_a_number_that_is_not_there_is_refused_with_the_range(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    answer = greenroom.ask({"type": "get-session", "session": session_id, "at": 999})
    assert answer.error is not None
    assert (answer.error.code, answer.error.path) == ("number-not-found", "$.at")
    assert "1 to" in answer.error.message
    assert greenroom.refused("get-history", session=session_id, at=0) == "bad-request"
    assert greenroom.refused("get-history", session="nobody", at=1) == "session-not-found"
    assert greenroom.get("get-session", session="nobody", at=1) is None


def test_one_in_the_trash_can_be_looked_at(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    history = greenroom.get("get-history", session=session_id)
    last = history["rounds"][-1]["n"]
    greenroom.get("delete-session", session=session_id)
    assert greenroom.get("get-history", session=session_id, at=last) == history
    assert greenroom.get("get-session", session="Talk", at=last)["id"] == session_id


def test_a_damaged_one_is_shown_as_far_as_it_is_whole(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    last = greenroom.get("get-history", session=session_id)["rounds"][-1]["n"]
    greenroom.stop()
    path = greenroom.data.session("default", session_id) / log.NAME
    path.write_bytes(path.read_bytes().replace(b"second", b"zecond", 1) + b"x\n")
    greenroom.start()
    assert greenroom.refused("get-history", session=session_id) == "session-quarantined"
    assert said(greenroom.get("get-history", session=session_id, at=5)) == ["first"]
    assert greenroom.refused("get-history", session=session_id, at=last) == "session-quarantined"


def events(running: House, session_id: str, **fields: Any) -> Any:
    return running.get("get-events", session=session_id, **fields)


def all_events(running: House, session_id: str, limit: int = 1000) -> list[Any]:
    """Page after page."""
    found: list[Any] = []
    page = events(running, session_id, limit=limit)
    while page["events"]:
        found += page["events"]
        page = events(running, session_id, limit=limit, after=page["next"])
    assert page["next"] == page["end"]
    return found


def test_the_events_of_a_session_are_those_of_its_journal(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    told = all_events(greenroom, session_id)
    kinds = [str(event.__struct_config__.tag) for event in greenroom.journal(session_id)]
    assert [event["type"] for event in told] == kinds
    assert {event["session_id"] for event in told} == {session_id}
    assert told[0]["timestamp"] <= told[-1]["timestamp"]
    numbers = [event["n"] for event in told]
    assert sorted(set(numbers)) == list(range(1, numbers[-1] + 1))
    for limit in (1, 2, 7):
        assert all_events(greenroom, session_id, limit) == told
    assert all_events(greenroom.again(), session_id)[: len(told)] == told


def test_events_wake_no_session_and_are_there_of_one_in_the_trash(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    greenroom.again()
    assert session_id not in greenroom.awake()
    told = all_events(greenroom, session_id)
    assert session_id not in greenroom.awake()
    greenroom.get("delete-session", session=session_id)
    assert all_events(greenroom, session_id)[: len(told)] == told
    assert all_events(greenroom, session_id)[-1]["type"] == "session-deleted"
    greenroom.get("purge-session", session=session_id)
    assert greenroom.refused("get-events", session=session_id) == "session-not-found"


def test_events_after_a_number_that_there_is_not_are_refused(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    answer = greenroom.ask({"type": "get-events", "session": session_id, "after": 999})
    assert answer.error is not None
    assert (answer.error.code, answer.error.path) == ("number-not-found", "$.after")
    assert greenroom.refused("get-events", session=session_id, after=-1) == "bad-request"
    assert greenroom.refused("get-events", session=session_id, limit=0) == "bad-request"


def test_events_are_there_as_far_as_a_damaged_journal_is_whole(greenroom: House) -> None:
    session_id = talk(greenroom)["id"]
    told = all_events(greenroom, session_id)
    greenroom.stop()
    path = greenroom.data.session("default", session_id) / log.NAME
    path.write_bytes(path.read_bytes().replace(b"second", b"zecond", 1) + b"x\n")
    greenroom.start()
    assert greenroom.refused("get-history", session=session_id) == "session-quarantined"
    page = events(greenroom, session_id)
    assert 1 < len(page["events"]) < len(told)
    assert page["events"] == told[: len(page["events"])]
    assert (
        greenroom.refused("get-events", session=session_id, after=page["end"])
        == "session-quarantined"
    )
