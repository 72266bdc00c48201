"""What is under one id is done once and answered as often as it is asked."""

import json

from storage.records import event as e
from tests.actors.inbox.dropping import (
    answer,
    claims,
    counts,
    creation,
    drop,
    journaled,
    settle,
    taken_away,
    titles,
)
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


def test_the_same_again_gives_the_stored_answer_and_does_nothing(open_greenroom: House) -> None:
    request = creation(open_greenroom, id="mine", title="one")
    drop(open_greenroom, "a.json", request)
    first = taken_away(open_greenroom, "mine")
    settle(open_greenroom)
    drop(open_greenroom, "b.json", json.dumps(dict(reversed(request.items())), indent=2))
    assert taken_away(open_greenroom, "mine") == first
    open_greenroom.again()
    drop(open_greenroom, "c.json", request)
    assert taken_away(open_greenroom, "mine") == first
    settle(open_greenroom)
    assert titles(open_greenroom) == ["one"]
    assert open_greenroom.rejected == []


def test_another_request_under_the_id_is_refused_and_overwrites_nothing(
    open_greenroom: House,
) -> None:
    drop(open_greenroom, "a.json", creation(open_greenroom, id="mine", title="one"))
    first = answer(open_greenroom, "mine")
    others = [
        creation(open_greenroom, id="mine", title="two"),
        {"type": "get-status", "id": "mine"},
    ]
    for number, other in enumerate(others):
        drop(open_greenroom, f"other-{number}.json", other)
        why = f"other-{number}.json.why.json"
        path = open_greenroom.data.rejected / why
        eventually(path.exists)
        reason = json.loads(path.read_text())
        assert reason["reason"].startswith("id-conflict")
        assert reason["path"] == "$.id"
    assert answer(open_greenroom, "mine") == first
    assert titles(open_greenroom) == ["one"]
    settle(open_greenroom)


def test_the_same_at_the_same_time_is_done_once(open_greenroom: House) -> None:
    open_greenroom.stop()
    request = creation(open_greenroom, id="mine", title="one")
    for number in range(5):
        drop(open_greenroom, f"{number}.json", request)
    drop(open_greenroom, "6.json", {**request, "title": "two"})
    open_greenroom.start()
    assert answer(open_greenroom, "mine")["ok"]
    settle(open_greenroom)
    eventually(lambda: counts(open_greenroom)["answered"] == 5)
    assert titles(open_greenroom) == ["one"]
    assert "6.json" in open_greenroom.rejected
    assert counts(open_greenroom)["running"] == 0


def test_without_an_id_every_file_is_a_request_of_its_own(open_greenroom: House) -> None:
    for number in range(3):
        drop(open_greenroom, "nightly.json", creation(open_greenroom, title="nightly"))
        taken_away(open_greenroom, "nightly")
        assert len(titles(open_greenroom)) == number + 1


def test_what_was_no_request_is_not_remembered(open_greenroom: House) -> None:
    drop(open_greenroom, "a.json", {**creation(open_greenroom), "id": "mine", "title": 7})
    assert taken_away(open_greenroom, "mine")["error"]["code"] == "bad-request"
    drop(open_greenroom, "a.json", creation(open_greenroom, id="mine", title="seven"))
    assert taken_away(open_greenroom, "mine")["ok"]
    settle(open_greenroom)


def test_what_changes_nothing_is_answered_afresh_and_not_journaled(open_greenroom: House) -> None:
    request = {"type": "get-session", "session": "later", "id": "look"}
    drop(open_greenroom, "a.json", request)
    assert taken_away(open_greenroom, "look")["data"] is None
    drop(open_greenroom, "new.json", creation(open_greenroom, title="later"))
    assert answer(open_greenroom, "new")["ok"]
    drop(open_greenroom, "b.json", request)
    assert taken_away(open_greenroom, "look")["data"]["title"] == "later"
    settle(open_greenroom)
    assert {type(event) for event in journaled(open_greenroom)} == {
        e.RequestAccepted,
        e.RequestAnswered,
        e.AnswerPublished,
    }
    assert len(journaled(open_greenroom)) == 3


def test_the_journal_says_which_session_was_made_and_the_answer(open_greenroom: House) -> None:
    drop(open_greenroom, "new.json", creation(open_greenroom, title="one", id="mine"))
    found = answer(open_greenroom, "mine")
    settle(open_greenroom)
    accepted, answered, published = journaled(open_greenroom)
    assert isinstance(accepted, e.RequestAccepted)
    assert isinstance(answered, e.RequestAnswered)
    assert accepted.session_id == answered.session_id == found["data"]["id"]
    assert json.loads(bytes(answered.answer)) == found
    assert published == e.AnswerPublished("mine")


def test_an_id_that_looks_like_one_of_ours_takes_nobody_elses_place(open_greenroom: House) -> None:
    drop(open_greenroom, "job.json", creation(open_greenroom, title="one"))
    number = int(answer(open_greenroom, "job")["id"].partition("-")[0])
    for ahead in range(1, 4):
        own = f"{number + ahead + 1}-job"
        drop(open_greenroom, "x.json", creation(open_greenroom, title=own, id=own))
        assert answer(open_greenroom, own)["ok"]
        settle(open_greenroom)
    (open_greenroom.data.outbox / "job.json").unlink()
    drop(open_greenroom, "job.json", creation(open_greenroom, title="last"))
    assert answer(open_greenroom, "job")["ok"]
    settle(open_greenroom)
    ids = [
        event.request_id
        for event in journaled(open_greenroom)
        if isinstance(event, e.RequestAccepted)
    ]
    assert len(set(ids)) == len(ids) == 5
    assert claims(open_greenroom) == []
