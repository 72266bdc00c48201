"""`GET /api/events`: live, resumed without a gap, or begun anew where that cannot be."""

import threading
from typing import Any

import pytest

from actors.http import sse
from actors.http.ring import Ring
from tests.fakes.event_streams import client, event_stream
from tests.fakes.greenroom import House


def rename(running: House, session_id: str, *titles: str) -> None:
    for title in titles:
        running.get("update-session", session=session_id, updates={"title": title})


def titles(told: list[Any]) -> list[str]:
    return [each.content["updates"]["title"] for each in told]


def test_what_happens_is_told_as_it_happens(open_greenroom: House) -> None:
    made = open_greenroom.create(title="one")
    with event_stream(open_greenroom, "/api/events") as stream:
        stream.begun()
        rename(open_greenroom, made["id"], "two", "three")
        told = stream.take(2)
        assert titles(told) == ["two", "three"]
        assert {each.type for each in told} == {"session-updated"}
        assert {each.content["session_id"] for each in told} == {made["id"]}
        assert [each.content["n"] for each in told] == [2, 3]


def test_it_resumes_where_it_was_cut(open_greenroom: House) -> None:
    made = open_greenroom.create()
    with event_stream(open_greenroom, "/api/events") as stream:
        stream.begun()
        rename(open_greenroom, made["id"], "a", "b", "c")
        (first,) = stream.take(1)
    rename(open_greenroom, made["id"], "d")
    with event_stream(open_greenroom, "/api/events", first.id) as stream:
        rename(open_greenroom, made["id"], "e")
        assert titles(stream.take(4)) == ["b", "c", "d", "e"]


def test_who_saw_nothing_yet_resumes_from_where_it_began(open_greenroom: House) -> None:
    made = open_greenroom.create()
    with event_stream(open_greenroom, "/api/events") as stream:
        begun = stream.begun().last_id
    rename(open_greenroom, made["id"], "a")
    with event_stream(open_greenroom, "/api/events", begun) as stream:
        assert titles(stream.take(1)) == ["a"]


@pytest.mark.parametrize("unknown", ["1.1", "what", "99999999999999.3"])
def test_an_unknown_id_gets_the_sessions_as_they_are(open_greenroom: House, unknown: str) -> None:
    made = open_greenroom.create(title="here")
    with event_stream(open_greenroom, "/api/events", unknown) as stream:
        (first,) = stream.take(1)
        assert first.type == "resync"
        assert first.content == open_greenroom.get("list-sessions")
        rename(open_greenroom, made["id"], "later")
        assert titles(stream.take(1)) == ["later"]


def test_it_can_be_of_some_types_and_of_one_session(open_greenroom: House) -> None:
    one, other = open_greenroom.create(title="one"), open_greenroom.create(title="other")
    path = "/api/events?types=message-added,session-deleted&session=one"
    with event_stream(open_greenroom, path) as stream:
        stream.begun()
        for each in (other, one):
            rename(open_greenroom, each["id"], "new")
            said = {"role": "user", "content": "x"}
            open_greenroom.get("add-message", session=each["id"], message=said)
        open_greenroom.get("delete-session", session=one["id"])
        told = stream.take(2)
        assert [each.type for each in told] == ["message-added", "session-deleted"]
        assert {each.content["session_id"] for each in told} == {one["id"]}


def test_what_workers_do_is_told_to_who_asks_for_it(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "yes"}]}])
    made = open_greenroom.create(config={})
    with event_stream(open_greenroom, "/api/events?types=worker-activity") as stream:
        stream.begun()
        open_greenroom.get("request", session=made["id"], content="hello")
        assert stream.take(1)[0].content["activity"]["state"] == "active"


def test_a_wrong_question_is_refused(open_greenroom: House) -> None:
    with client(open_greenroom) as asking:
        for query, status in (
            ("types=session-evaporated", 400),
            ("types=", 400),
            ("session=nobody", 404),
            ("sesion=x", 400),
        ):
            answer = asking.get(f"/api/events?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (
                status,
                "application/problem+json",
            )
        assert asking.head("/api/events").status_code == 200


def test_something_is_sent_while_nothing_happens(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.02)
    made = open_greenroom.create()
    path = "/api/events?types=session-deleted"
    with event_stream(open_greenroom, path) as stream:
        before = stream.begun().last_id
        rename(open_greenroom, made["id"], "unheard")
        while stream.last_id == before:
            stream.begun()
    with event_stream(open_greenroom, path) as stream:
        assert any(line.startswith(":") for line in stream.response.iter_lines())


def test_one_that_does_not_read_is_cut_and_told_and_can_come_again(open_greenroom: House) -> None:
    """The ring is smaller than what happens while nobody reads."""
    ring: Any = _ring(open_greenroom)
    ring._most_bytes = 1 << 20
    made = open_greenroom.create()
    with event_stream(open_greenroom, "/api/events") as stream:
        stream.begun()
        text = "x" * 100_000
        for _ in range(120):
            said = {"role": "user", "content": text}
            open_greenroom.get("add-message", session=made["id"], message=said)
        told = stream.until("too-slow")
        assert "connect again" in told[-1].content["message"]
        numbers = [each.content["n"] for each in told[:-1]]
        assert numbers == list(range(2, 2 + len(numbers)))
    with event_stream(open_greenroom, "/api/events", told[-1].id) as stream:
        assert stream.take(1)[0].type == "resync"


def _ring(running: House) -> Any:
    handlers: list[Any] = [h for _, h in running.room.around.broadcaster._handlers.values()]
    owners = [getattr(each, "__self__", None) for each in handlers]
    return next(each for each in owners if isinstance(each, Ring))


def test_cut_again_and_again_while_many_write_nothing_is_missed(open_greenroom: House) -> None:
    sessions = [open_greenroom.create()["id"] for _ in range(3)]
    written = {each: [f"{each} {number}" for number in range(60)] for each in sessions}
    with event_stream(open_greenroom, "/api/events") as stream:
        last_id = stream.begun().last_id
    writers = [
        threading.Thread(target=rename, args=(open_greenroom, each, *written[each]))
        for each in sessions
    ]
    for writer in writers:
        writer.start()
    heard: list[str] = []
    while len(heard) < 180:
        with event_stream(open_greenroom, "/api/events", last_id) as stream:
            heard += titles(stream.take(min(7, 180 - len(heard))))
            last_id = stream.last_id
    for writer in writers:
        writer.join()
    for each in sessions:
        assert [title for title in heard if title in written[each]] == written[each]
