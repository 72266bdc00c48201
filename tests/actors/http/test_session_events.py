"""`GET /api/sessions/{session}/events`: pages, and a stream without a seam."""

import threading
from typing import Any

import pytest

from actors.http import session_events, sse
from tests.actors.http.test_all_events import rename, titles
from tests.fakes.event_streams import EventStream, Told, client, event_stream
from tests.fakes.greenroom import House


def place(made: Any, after: int | None = None) -> str:
    query = "" if after is None else f"?after={after}"
    return f"/api/sessions/{made['id']}/events{query}"


def journal(running: House, session_id: str) -> list[Any]:
    found: list[Any] = running.get("get-events", session=session_id, limit=1000)["events"]
    return found


def contents(told: list[Told]) -> list[Any]:
    return [each.content for each in told]


def test_a_page_is_the_answer_of_get_events(open_greenroom: House) -> None:
    made = open_greenroom.create(title="It has a name")
    rename(open_greenroom, made["id"], "a", "b")
    with client(open_greenroom) as asking:
        page = asking.get(f"{place(made, 1)}&limit=1").json()
        assert page == open_greenroom.get("get-events", session=made["id"], after=1, limit=1)
        assert (page["next"], page["end"]) == (2, 3)
        assert asking.get("/api/sessions/b/events").json()["end"] == 3
        stream = {"Accept": "text/event-stream"}
        for query, status in (("after=99", 404), ("after=x", 400), ("afte=1", 400)):
            answer = asking.get(f"{place(made)}?{query}")
            assert answer.status_code == status
            assert asking.get(f"{place(made)}?{query}", headers=stream).status_code == status
        assert asking.get("/api/sessions/nobody/events", headers=stream).status_code == 404
        wrong = {**stream, "Last-Event-ID": "what"}
        assert asking.get(place(made), headers=wrong).status_code == 400


def test_a_stream_begins_after_its_number_and_goes_on_live(open_greenroom: House) -> None:
    made = open_greenroom.create()
    rename(open_greenroom, made["id"], "a", "b")
    with event_stream(open_greenroom, place(made, 2)) as stream:
        assert titles(stream.take(1)) == ["b"]
        rename(open_greenroom, made["id"], "c")
        assert titles(stream.take(1)) == ["c"]
    with event_stream(open_greenroom, place(made)) as stream:
        assert contents(stream.take(4)) == journal(open_greenroom, made["id"])


def test_each_event_of_a_line_can_be_the_last_that_came(open_greenroom: House) -> None:
    """A line with several events is not told again from its beginning."""
    open_greenroom.converse([{"reply": [{"text": "yes"}]}])
    made = open_greenroom.create(config={})
    open_greenroom.get("request", session=made["id"], content="hello")
    expected = journal(open_greenroom, made["id"])
    assert len({each["n"] for each in expected}) < len(expected) - 2
    with event_stream(open_greenroom, place(made)) as stream:
        told = stream.take(len(expected))
    assert contents(told) == expected
    for place_, each in enumerate(told[:-1]):
        with event_stream(open_greenroom, place(made, 0), each.id) as stream:
            assert contents(stream.take(1)) == expected[place_ + 1 : place_ + 2]


@pytest.mark.parametrize("waiting", [1, 256])
def test_nothing_is_missed_or_doubled_beside_a_writer_at_full_speed(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    """Streams begin at any moment, are cut at any event, and read on from there."""
    monkeypatch.setattr(session_events, "MOST_WAITING", waiting)
    monkeypatch.setattr(session_events, "AT_ONCE", 5)
    made = open_greenroom.create()
    count = 400
    waits = [
        open_greenroom.post(
            {"type": "update-session", "session": made["id"], "updates": {"title": f"t{number}"}}
        )
        for number in range(count // 2)
    ]
    writer = threading.Thread(
        target=rename, args=(open_greenroom, made["id"], *(f"u{n}" for n in range(count // 2)))
    )
    writer.start()
    heard: list[Any] = []
    last_id = None
    while len(heard) <= count:
        with event_stream(open_greenroom, place(made, 0), last_id) as stream:
            cut = min(1 + len(heard) % 97, count + 1 - len(heard))
            heard += contents(stream.take(cut))
            last_id = stream.last_id
    writer.join()
    assert all(each.result(30).ok for each in waits)
    assert [each["n"] for each in heard] == list(range(1, count + 2))
    assert heard == journal(open_greenroom, made["id"])


def test_a_reader_that_does_not_read_misses_nothing(open_greenroom: House) -> None:
    made = open_greenroom.create()
    with event_stream(open_greenroom, place(made)) as stream:
        said = {"role": "user", "content": "x" * 50_000}
        for _ in range(200):
            open_greenroom.get("add-message", session=made["id"], message=said)
        assert [each.content["n"] for each in stream.take(201)] == list(range(1, 202))


def test_it_goes_on_when_the_session_comes_back_from_the_trash(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)
    made = open_greenroom.create(title="one")
    with event_stream(open_greenroom, place(made)) as stream:
        open_greenroom.get("delete-session", session=made["id"])
        stream.until("session-deleted")
        open_greenroom.get("restore-session", session=made["id"])
        rename(open_greenroom, made["id"], "back")
        told = stream.until("session-updated")
        assert [each.content["n"] for each in told] == sorted(each.content["n"] for each in told)
        assert "session-restored" in [each.type for each in told]


def test_what_was_written_past_it_is_found_with_the_heartbeat(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(session_events.Tail, "hear", lambda *_: None)
    made = open_greenroom.create()
    with event_stream(open_greenroom, place(made)) as stream:
        stream.take(1)
        rename(open_greenroom, made["id"], "unheard")
        assert titles(stream.take(1)) == ["unheard"]


def test_a_stream_of_what_was_purged_ends_and_says_so(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_greenroom.create()
    with event_stream(open_greenroom, place(made)) as stream:
        stream.take(1)
        monkeypatch.setattr(session_events.Reader, "_next_of", lambda *_: None)
        open_greenroom.get("delete-session", session=made["id"])
        open_greenroom.get("purge-session", session=made["id"])
        assert _last(stream).type == "session-not-found"


def _last(stream: EventStream) -> Told:
    return list(stream)[-1]
