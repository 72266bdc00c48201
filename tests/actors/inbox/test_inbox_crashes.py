"""Every moment at which a daemon can be killed, as it leaves the files: one answer, one session."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.journal.frame import Header
from storage.journal.log import Journal
from storage.records import event as e
from storage.records.request import Answer
from storage.request_index import content_sha256
from storage.requests_journal import answered
from tests.actors.inbox.dropping import (
    answer,
    counts,
    creation,
    drop,
    is_empty,
    journaled,
    settle,
    titles,
)
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House

ALLOTTED = "abcdefghijkl"


@pytest.fixture
def left(open_greenroom: House) -> Iterator[House]:
    """Stopped, and started again by the test."""
    open_greenroom.stop()
    yield open_greenroom
    settle(open_greenroom)
    eventually(lambda: counts(open_greenroom)["running"] == 0)
    assert open_greenroom.state("fronts", "inbox") == "running"


def claim(greenroom: House, name: str, request: Any, *, inode: bool = False) -> None:
    """As one that was taken; with `inode` its first name is there still."""
    path = greenroom.data.claimed / name
    path.write_text(json.dumps(request))
    if inode:
        os.link(path, greenroom.data.inbox / name.partition("-")[2])


def record(greenroom: House, *events: e.RequestEvent) -> None:
    """Lines of the requests journal, as of today."""
    now = datetime.now(UTC)
    path = greenroom.data.requests / f"{now.date().isoformat()}.jsonl"
    if path.exists():
        journal, _ = Journal.open_at(path)
    else:
        journal = Journal.create_at(path, Header(session="requests", workspace="", at=now))
    with journal:
        for event in events:
            journal.append([(now, [event], None)])


def accepted(
    request_id: str, request: Any = None, session_id: str | None = ALLOTTED
) -> e.RequestAccepted:
    sha256 = content_sha256(request) if request and "id" in request else None
    return e.RequestAccepted(request_id=request_id, sha256=sha256, session_id=session_id)


def made_before(greenroom: House, request_id: str, request: Any) -> Answer:
    """What the daemon did before it was killed; nobody saw the answer."""
    greenroom.start()
    future: Future[Answer] = Future()
    greenroom.room.gateway.hand_in(
        request, future.set_result, request_id=request_id, allotted=ALLOTTED
    )
    found = future.result(PATIENCE_SECONDS)
    greenroom.stop()
    return found


def test_taken_and_not_accepted_is_done(left: House) -> None:
    claim(left, "7-job.json", creation(left, title="one"))
    claim(left, "8-half.json", creation(left, title="two"), inode=True)
    left.start()
    assert answer(left, "job")["id"] == "7-job"
    assert answer(left, "half")["id"] == "8-half"
    assert sorted(titles(left)) == ["one", "two"]


@pytest.mark.parametrize("own", [{}, {"id": "mine"}])
def test_accepted_and_not_done_is_done_under_the_allotted_id(left: House, own: Any) -> None:
    request = creation(left, title="one", **own)
    request_id = own.get("id", "7-job")
    claim(left, "7-job.json", request)
    record(left, accepted(request_id, request))
    left.start()
    found = answer(left, own.get("id", "job"))
    assert (found["id"], found["data"]["id"]) == (request_id, ALLOTTED)
    assert titles(left) == ["one"]


def test_done_and_not_answered_is_answered_and_not_done_again(left: House) -> None:
    request = creation(left, title="one")
    assert made_before(left, "7-job", request).ok
    claim(left, "7-job.json", request)
    record(left, accepted("7-job", request))
    left.start()
    assert answer(left, "job")["data"]["id"] == ALLOTTED
    assert titles(left) == ["one"]


def test_an_end_that_was_done_and_never_accepted_is_told(left: House) -> None:
    """The disk was full: it was done all the same."""
    left.start()
    request = {"type": "delete-session", "session": left.create()["id"]}
    left.stop()
    assert made_before(left, "7-job", request).data == {"deleted": True}
    claim(left, "7-job.json", request)
    left.start()
    assert answer(left, "job")["data"] == {"deleted": True}


def test_answered_and_not_published_is_published_as_it_stands(left: House) -> None:
    content = b'{"id":"mine","type":"create-session","ok":true,"data":1.0}'
    request = creation(left, id="mine")
    claim(left, "7-job.json", request)
    event, _ = answered("mine", content, ALLOTTED)
    record(left, accepted("mine", request), event)
    left.start()
    answer(left, "mine")
    settle(left)
    assert (left.data.outbox / "mine.json").read_bytes() == content + b"\n"
    assert titles(left) == []
    assert journaled(left)[-1] == e.AnswerPublished("mine")


@pytest.mark.parametrize("request_id", ["7-job", "mine"])
def test_an_answer_that_stands_there_is_left_and_told(left: House, request_id: str) -> None:
    """Also when its claim has gone already."""
    own = {"id": "mine"} if request_id == "mine" else {}
    event, _ = answered(request_id, b"{}", None)
    record(left, accepted(request_id, creation(left, **own)), event)
    path = left.data.outbox / f"{own.get('id', 'job')}.json"
    path.write_bytes(b"{}\n")
    inode = path.stat().st_ino
    left.start()
    eventually(lambda: journaled(left)[-1] == e.AnswerPublished(request_id))
    assert path.stat().st_ino == inode


def test_a_claim_whose_answer_was_published_is_let_go(left: House) -> None:
    claim(left, "7-job.json", creation(left))
    event, _ = answered("7-job", b"{}", None)
    record(left, accepted("7-job"), event, e.AnswerPublished("7-job"))
    left.start()
    settle(left)
    assert is_empty(left.data.outbox)
    assert titles(left) == []
    drop(left, "next.json", creation(left))
    assert int(answer(left, "next")["id"].partition("-")[0]) > 7


@pytest.mark.parametrize("own", [{}, {"id": "mine"}])
def test_accepted_and_taken_away_by_somebody_is_told_so(left: House, own: Any) -> None:
    request_id = own.get("id", "7-job")
    record(left, accepted(request_id, creation(left, **own)))
    left.start()
    found = answer(left, own.get("id", "job"))
    assert found["error"]["code"] == "outcome-unknown"
    eventually(lambda: journaled(left)[-1] == e.AnswerPublished(request_id))
    assert titles(left) == []


def test_several_claims_of_one_id_are_one_request(left: House) -> None:
    request = creation(left, title="one", id="mine")
    for counter in (7, 8, 9):
        claim(left, f"{counter}-job.json", request)
    claim(left, "10-job.json", {**request, "title": "other"})
    record(left, accepted("mine", request))
    left.start()
    assert answer(left, "mine")["data"]["id"] == ALLOTTED
    settle(left)
    assert titles(left) == ["one"]
    assert "10-job.json" in left.rejected


def test_a_repeated_request_gets_the_answer_of_the_first(left: House) -> None:
    request = creation(left, id="mine")
    event, _ = answered("mine", b'{"stored":true}', None)
    record(left, accepted("mine", request), event, e.AnswerPublished("mine"))
    claim(left, "9-job.json", request)
    left.start()
    assert answer(left, "mine") == {"stored": True}


def test_an_answer_that_cannot_be_read_any_more_is_said(left: House) -> None:
    request = creation(left, id="mine")
    gone = e.RequestAnswered(request_id="mine", attachment="0" * 64)
    record(left, accepted("mine", request), gone, e.AnswerPublished("mine"))
    claim(left, "9-job.json", request)
    left.start()
    assert answer(left, "mine")["error"]["code"] == "storage-failed"
    assert titles(left) == []


def test_a_long_answer_is_kept_beside_and_published_whole(left: House) -> None:
    left.start()
    metadata = {"text": "x" * 300_000}
    request = creation(left, id="mine", metadata=metadata)
    drop(left, "job.json", request)
    first = answer(left, "mine")
    assert first["data"]["metadata"] == metadata
    settle(left)
    (left.data.outbox / "mine.json").unlink()
    left.again()
    drop(left, "job.json", request)
    assert answer(left, "mine") == first
    assert len(list((left.data.requests / "attachments").iterdir())) == 1


def test_a_damaged_day_stops_nothing_and_is_told(left: House) -> None:
    record(left, accepted("7-job"), accepted("8-job"), accepted("9-job"))
    (path,) = left.data.requests.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b"7-job", b"6-job"))
    claim(left, "7-job.json", creation(left, title="one"))
    left.start()
    assert answer(left, "job")["ok"]
    (problem,) = counts(left)["problems"]
    assert str(path.with_suffix(".damaged")) in problem
    assert titles(left) == ["one"]


def test_a_torn_day_is_cut_and_goes_on(left: House) -> None:
    request = creation(left, title="one")
    record(left, accepted("7-job", request), accepted("8-gone"))
    (path,) = left.data.requests.glob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-5])
    claim(left, "7-job.json", request)
    left.start()
    assert answer(left, "job")["data"]["id"] == ALLOTTED
    settle(left)
    assert len(journaled(left)) == 3
    assert not (left.data.outbox / "gone.json").exists()


def test_the_front_alone_may_crash(left: House) -> None:
    left.start()
    for number in range(20):
        drop(left, f"{number}.json", creation(left, title=str(number), id=f"id-{number}"))
        if number % 10 == 5:
            eventually(lambda: left.room.around.inbox.tell("a message that nobody knows"))
    for number in range(20):
        assert answer(left, f"id-{number}")["ok"]
    settle(left)
    assert sorted(titles(left), key=int) == [str(number) for number in range(20)]


def test_a_conversation_that_was_asked_before_has_one_round(left: House) -> None:
    left.converse([{"when": "", "reply": [{"text": "well"}]}])
    left.start()
    session_id = left.create(worker={"type": "conversation"})["id"]
    left.stop()
    request = {"type": "request", "session": session_id, "content": "how"}
    assert made_before(left, "7-talk", request).ok
    claim(left, "7-talk.json", request)
    record(left, accepted("7-talk", None, None))
    left.start()
    assert answer(left, "talk")["data"]["text"] == "well"
    assert len(left.get("get-history", session=session_id)["rounds"]) == 1
