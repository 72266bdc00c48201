"""What is posted under a key is done once: at the same time, later, and after a restart."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from storage.errors import StorageFull
from storage.records import event as e
from tests.actors.inbox.dropping import journaled, titles
from tests.fakes.actors import eventually
from tests.fakes.event_streams import client
from tests.fakes.greenroom import House


def post(house: House, title: str, key: str = "one") -> httpx2.Response:
    body = {"location_path": str(house.place), "title": title}
    with client(house) as http:
        return http.post("/api/sessions", json=body, headers={"Idempotency-Key": key})


def test_the_same_again_is_answered_the_same_and_done_once(open_greenroom: House) -> None:
    first = post(open_greenroom, "a")
    assert first.status_code == 201
    again = post(open_greenroom, "a")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    open_greenroom.again()
    assert post(open_greenroom, "a").content == first.content
    assert titles(open_greenroom) == ["a"]


def test_another_request_under_the_key_is_refused(open_greenroom: House) -> None:
    session = post(open_greenroom, "a").json()["id"]
    refused = post(open_greenroom, "b")
    assert (refused.status_code, refused.json()["code"]) == (422, "key-conflict")
    with client(open_greenroom) as http:
        path = f"/api/sessions/{session}/pause"
        assert http.post(path, headers={"Idempotency-Key": "one"}).status_code == 422
    open_greenroom.again()
    assert post(open_greenroom, "b").status_code == 422
    assert titles(open_greenroom) == ["a"]


def test_those_that_come_at_the_same_time_share_one_answer(open_greenroom: House) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(open_greenroom, "a"), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert titles(open_greenroom) == ["a"]


def test_one_that_runs_for_long_is_waited_for(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "yes"}], "delay_seconds": 0.3}])
    session = open_greenroom.create(config={})["id"]

    def ask(_: int) -> httpx2.Response:
        with client(open_greenroom) as http:
            body = {"content": "really?", "wait": True}
            headers = {"Idempotency-Key": "ask"}
            return http.post(f"/api/sessions/{session}/requests", json=body, headers=headers)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert first.json()["text"] == "yes"
    assert first.content == second.content
    assert len(open_greenroom.get("get-history", session=session)["rounds"]) == 1


def test_a_refusal_is_remembered_and_no_request_is_not(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        headers = {"Idempotency-Key": "one"}
        path = "/api/sessions/nobody/pause"
        assert http.post(path, headers=headers).status_code == 404
        open_greenroom.create(title="nobody")
        assert http.post(path, headers=headers).status_code == 404
        headers = {"Idempotency-Key": "two"}
        assert http.post("/api/sessions", json={"title": 7}, headers=headers).status_code == 400
    assert post(open_greenroom, "a", "two").status_code == 201


def test_what_a_crash_left_open_is_done_once_when_it_is_asked_again(open_greenroom: House) -> None:
    """The daemon died between doing it and keeping the answer."""
    first = post(open_greenroom, "a")
    open_greenroom.stop()
    (day,) = open_greenroom.data.requests.glob("*.jsonl")
    lines = day.read_bytes().splitlines(keepends=True)
    day.write_bytes(b"".join(lines[:-1]))
    open_greenroom.start()
    again = post(open_greenroom, "a")
    assert again.json()["id"] == first.json()["id"]
    assert titles(open_greenroom) == ["a"]
    assert not list(open_greenroom.data.outbox.glob("*.json"))
    assert post(open_greenroom, "a").content == again.content


def test_while_the_disk_refuses_nothing_is_done_and_the_key_stays_free(
    open_greenroom: House,
) -> None:
    session = open_greenroom.create(title="old")["id"]
    health = open_greenroom.room.around.health
    health.failed(StorageFull("no space left"))
    assert post(open_greenroom, "a").status_code == 507
    with client(open_greenroom) as http:
        headers = {"Idempotency-Key": "end"}
        stopped = http.post(f"/api/sessions/{session}/stop", headers=headers)
        assert stopped.status_code == 200
    eventually(lambda: health.problem is None, seconds=30)
    assert post(open_greenroom, "a").status_code == 201


def test_the_journal_says_what_was_accepted_and_answered(open_greenroom: House) -> None:
    post(open_greenroom, "a")
    accepted, answered, published = journaled(open_greenroom)
    assert isinstance(accepted, e.RequestAccepted)
    assert accepted.request_id == "key:one"
    assert isinstance(answered, e.RequestAnswered)
    assert isinstance(published, e.AnswerPublished)


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "\x7f", "ä"])
def test_a_key_is_short_and_visible(open_greenroom: House, key: str) -> None:
    body = {"location_path": str(open_greenroom.place)}
    with client(open_greenroom) as http:
        sent = [(b"Idempotency-Key", key.encode())]
        assert http.post("/api/sessions", json=body, headers=sent).status_code == 400
        twice = [(b"Idempotency-Key", b"one"), (b"Idempotency-Key", b"two")]
        assert http.post("/api/sessions", json=body, headers=twice).status_code == 400
    assert titles(open_greenroom) == []


def test_a_key_on_what_only_looks_is_ignored(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        headers = {"Idempotency-Key": "one"}
        assert http.get("/api/sessions", headers=headers).json() == {"sessions": []}
    assert post(open_greenroom, "a").status_code == 201
