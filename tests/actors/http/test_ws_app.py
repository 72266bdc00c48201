"""`/ws/app`: everything at first, then what changes; slow clients are told everything anew."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from actors.http import app_feed
from storage.errors import StorageFull
from tests.fakes.event_streams import client
from tests.fakes.greenroom import PATIENCE_SECONDS, House, demo_server

Json = dict[str, Any]


class AppClient:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def hear(self) -> Json:
        message: Json = json.loads(self.connection.recv(timeout=PATIENCE_SECONDS))
        return message

    def hears(self, kind: str) -> Json:
        """The next of that type."""
        while True:
            message = self.hear()
            if message["type"] == kind:
                return message


@contextmanager
def watching(running: House, **options: Any) -> Iterator[AppClient]:
    url = running.room.around.http.url
    assert url is not None
    headers = {"Authorization": f"Bearer {running.data.token.read_text().strip()}"}
    address = url.replace("http", "ws", 1) + "/ws/app"
    with connect(address, additional_headers=headers, max_size=None, **options) as connection:
        yield AppClient(connection)


def test_it_begins_with_all_sessions_as_they_are_listed(open_greenroom: House) -> None:
    made = open_greenroom.create(title="one")
    with watching(open_greenroom) as app:
        first = app.hear()
        assert first["type"] == "sessions-sync"
        assert first["sessions"] == open_greenroom.get("list-sessions")["sessions"]
        assert first["permissions"] == []
        app.connection.send('{"type": "request-sync"}')
        again = app.hear()
        assert [each["id"] for each in again["sessions"]] == [made["id"]]


def test_a_session_is_told_from_its_making_to_its_end(open_greenroom: House) -> None:
    with watching(open_greenroom) as app:
        app.hear()
        made = open_greenroom.create(title="one")
        created = app.hears("session-created")["session"]
        listed = open_greenroom.get("list-sessions")["sessions"]
        assert created == listed[0]
        open_greenroom.get("update-session", session=made["id"], updates={"title": "two"})
        assert app.hears("session-updated")["session"]["title"] == "two"
        open_greenroom.get("pause-session", session=made["id"])
        assert app.hears("session-paused")["session"]["status"] == "paused"
        open_greenroom.get("resume-session", session=made["id"])
        assert app.hears("session-resumed")["session"]["status"] != "paused"
        open_greenroom.get("delete-session", session=made["id"])
        assert app.hears("session-deleted")["session_id"] == made["id"]
        open_greenroom.get("restore-session", session=made["id"])
        assert app.hears("session-created")["session"]["id"] == made["id"]


def test_workers_that_start_anew_and_what_they_do_are_told(open_greenroom: House) -> None:
    session_id, worker_id = open_greenroom.shell()
    with watching(open_greenroom) as app:
        app.hear()
        open_greenroom.get("restart-worker", session=session_id, worker=worker_id)
        told = app.hears("worker-restarted")
        assert (told["session_id"], told["worker"]["id"]) == (session_id, worker_id)
        told = app.hears("worker-activity")
        assert (told["session_id"], told["worker_id"]) == (session_id, worker_id)


def test_questions_are_told_and_that_they_were_answered(open_greenroom: House) -> None:
    call = {"tool": "demo.slow", "parameters": {"seconds": 0, "mark": "x"}}
    open_greenroom.converse(
        [{"when": "^go", "reply": [call]}, {"reply": [{"text": "well"}]}],
        **demo_server(auto_approve=False),
    )
    made = open_greenroom.create(config={})
    with watching(open_greenroom) as app, client(open_greenroom) as asking:
        app.hear()
        open_greenroom.get("request", session=made["id"], content="go", wait=False)
        told = app.hears("permission-requested")
        assert told["session_id"] == made["id"]
        with watching(open_greenroom) as later:
            (waiting,) = later.hear()["permissions"]
        question = told["permission"]["id"]
        assert waiting["id"] == question
        asking.post(f"/api/permissions/{question}", json={"decision": "deny"}).raise_for_status()
        answered = app.hears("permission-answered")
        assert (answered["permission_id"], answered["state"]) == (question, "denied")


def test_a_session_that_is_quarantined_is_told_and_when_it_is_no_more(
    open_greenroom: House,
) -> None:
    bad = open_greenroom.create(title="bad")["id"]
    open_greenroom.get("update-session", session=bad, updates={"title": "worse"})
    open_greenroom.stop()
    journal = open_greenroom.data.session("default", bad) / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"session-created", b"session-crashed", 1))
    open_greenroom.start()  # its length is right, so nobody has looked into it yet
    with watching(open_greenroom) as app:
        assert app.hear()["store"] == {"state": "ok", "problems": [], "quarantined": []}
        assert open_greenroom.refused("get-messages", session=bad) == "session-quarantined"
        told = app.hears("store-changed")["store"]
        assert told["state"] == "ok"
        assert told["quarantined"] == open_greenroom.get("get-status")["store"]["quarantined"]
        assert [each["session_id"] for each in told["quarantined"]] == [bad]
        session = app.hears("session-updated")["session"]
        assert (session["id"], session["status"]) == (bad, "quarantined")
        with watching(open_greenroom) as later:
            assert later.hear()["store"] == told
        open_greenroom.get("delete-session", session=bad)
        assert app.hears("store-changed")["store"]["quarantined"] == []


def test_a_store_that_refuses_changes_is_told_and_that_it_takes_them_again(
    open_greenroom: House,
) -> None:
    with watching(open_greenroom) as app:
        app.hear()
        for _ in range(2):
            open_greenroom.room.around.health.failed(StorageFull("no space left"))
        store = app.hears("store-changed")["store"]
        assert (store["state"], store["problems"]) == ("degraded", ["no space left"])
        assert app.hear() == {
            "type": "store-changed",
            "store": {"state": "ok", "problems": [], "quarantined": []},
        }


@pytest.mark.parametrize(
    "wrong",
    ["", "{", "[]", '{"type": "sing"}', '{"type": "request-sync", "x": 1}', b"\xff", "[" * 2000],
)
def test_what_is_no_message_is_told_and_the_connection_stays(
    open_greenroom: House, wrong: str | bytes
) -> None:
    with watching(open_greenroom) as app:
        app.hear()
        app.connection.send(wrong)
        told = app.hear()
        assert (told["type"], told["code"]) == ("error", "bad-request")
        app.connection.send('{"type": "request-sync"}')
        assert app.hear()["type"] == "sessions-sync"


def test_a_slow_client_is_told_everything_anew(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_feed, "MOST_WAITING", 20)
    session_id = open_greenroom.create(title="0")["id"]
    for number in range(40):
        open_greenroom.create(title=f"{number} {'x' * 150}")
    with watching(open_greenroom, max_queue=1) as app:
        assert app.hear()["type"] == "sessions-sync"
        for _ in range(300):  # far more than fits into the buffers between
            app.connection.send('{"type": "request-sync"}')
        for number in range(1, 100):
            title = str(number)
            open_greenroom.get("update-session", session=session_id, updates={"title": title})
        while True:
            told = app.hear()
            shown = told["sessions"] if told["type"] == "sessions-sync" else [told["session"]]
            if "99" in {each["title"] for each in shown}:
                break


def test_past_the_limit_all_that_waits_gives_way_to_how_it_is(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_feed, "MOST_WAITING", 0)
    with watching(open_greenroom) as app:
        app.hear()
        open_greenroom.create(title="new")
        told = app.hear()
        assert told["type"] == "sessions-sync"
        assert [each["title"] for each in told["sessions"]] == ["new"]
