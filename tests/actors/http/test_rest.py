"""REST over the real server: every message by its route, with statuses, places, pages, refusals."""

import json
from typing import Any

import pytest

from actors.gateway import TYPES
from actors.http.app import ROWS
from actors.http.calls import RestRow
from tests.fakes.actors import eventually
from tests.fakes.event_streams import client
from tests.fakes.greenroom import House


def test_every_message_has_a_route_but_those_that_take_paths() -> None:
    routed = {row.request for row in ROWS if isinstance(row, RestRow)}
    assert TYPES - routed == {"import-session"}


def test_a_session_is_made_shown_changed_and_deleted(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        made = http.post("/api/sessions", json={"location_path": str(open_greenroom.place)})
        assert made.status_code == 201
        session = made.json()
        place = made.headers["Location"]
        assert place == f"/api/sessions/{session['id']}"
        assert http.get(place).json() == session
        changed = http.patch(place, json={"updates": {"title": "a b"}})
        assert (changed.status_code, changed.json()["title"]) == (200, "a b")
        assert http.get("/api/sessions/a%20b").json()["id"] == session["id"]
        assert http.get(f"{place}?at=1").json()["title"] != "a b"
        assert http.delete(f"{place}?force=true").json() == {"deleted": True}
        assert http.get(place).status_code == 404
        again = http.delete(place)
        assert (again.status_code, again.json()["code"]) == (404, "session-not-found")
        assert [one["id"] for one in http.get("/api/trash").json()["sessions"]] == [session["id"]]
        assert http.post(f"{place}/restore").json()["id"] == session["id"]


def test_a_terminal_is_worked_with(open_greenroom: House) -> None:
    session = open_greenroom.create()["id"]
    below = f"/api/sessions/{session}/workers"
    with client(open_greenroom) as http:
        made = http.post(below, json={"worker": {"type": "terminal", "name": "t"}})
        assert made.status_code == 201
        assert made.headers["Location"] == f"{below}/{made.json()['id']}"
        typed = http.post(f"{below}/t/input", json={"data": "echo $((40+2))\r"})
        assert typed.json() == {"accepted": 15}
        open_greenroom.shows(session, made.json()["id"], "42")
        output = http.get(f"{below}/t/output?from=0&limit=3").json()
        assert (output["start"], output["next"]) == (0, 3)
        sized = http.post(f"{below}/t/resize", json={"cols": 90.0, "rows": 30})
        assert sized.json() == {"cols": 90, "rows": 30}
        assert http.get(f"{below}/t/screen").json()["cols"] == 90
        assert http.get(f"{below}/t/activity").status_code == 200
        assert http.patch(f"{below}/t", json={"updates": {"name": "u"}}).json()["name"] == "u"
        for verb in ("stop", "start", "restart"):
            assert http.post(f"{below}/u/{verb}").status_code == 200
        assert http.delete(f"{below}/u").json() == {"deleted": True}
        again = http.delete(f"{below}/u")
        assert (again.status_code, again.json()["code"]) == (404, "worker-not-found")


def test_a_request_is_answered_at_its_acceptance_or_at_its_end(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "yes"}]}])
    session = open_greenroom.create(config={})["id"]
    with client(open_greenroom) as http:
        sent = http.post(f"/api/sessions/{session}/requests", json={"content": "now?"})
        assert sent.status_code == 202
        place = sent.headers["Location"]
        assert place == f"/api/responses/{sent.json()['response_id']}"
        eventually(lambda: http.get(place).json()["status"] == "completed")
        assert http.post(f"{place}/cancel").json()["status"] == "completed"
        whole = http.post(
            f"/api/sessions/{session}/requests", json={"content": "now?", "wait": True}
        )
        assert (whole.status_code, whole.json()["text"]) == (200, "yes")
        assert len(http.get(f"/api/sessions/{session}/history").json()["rounds"]) == 2


def test_a_timer_is_set_shown_and_taken_back(open_greenroom: House) -> None:
    session = open_greenroom.create(config={})["id"]
    place = f"/api/sessions/{session}/timers"
    with client(open_greenroom) as http:
        made = [
            http.post(place, json={"message": f"m{seconds}", "in_seconds": seconds})
            for seconds in (900, 300, 600)
        ]
        assert {(one.status_code, one.headers["Location"]) for one in made} == {(201, place)}
        listed = http.get(place).json()["timers"]
        assert [one["message"] for one in listed] == ["m300", "m600", "m900"]
        page = http.get(f"{place}?limit=2").json()
        rest = http.get(f"{place}?limit=2&cursor={page['next_cursor']}").json()["timers"]
        assert [*page["timers"], *rest] == listed
        first = f"{place}/{listed[0]['timer_id']}"
        assert http.delete(first).json()["cancelled"] is True
        gone = http.delete(first)
        assert (gone.status_code, gone.json()["code"]) == (404, "timer-not-found")
        assert http.post(place, json={"message": "when?"}).status_code == 422
        assert http.post(place, json={"message": "", "in_seconds": 1}).status_code == 400


def test_pages_show_everything_once_in_order(open_greenroom: House) -> None:
    made = [open_greenroom.create(title=f"s{number}")["id"] for number in range(5)]
    with client(open_greenroom) as http:
        first = http.get("/api/sessions", params={"limit": 2}).json()
        assert [one["id"] for one in first["sessions"]] == made[:2]
        open_greenroom.get("delete-session", session=made[1])
        open_greenroom.get("delete-session", session=made[2])
        asked = {"limit": 2, "cursor": first["next_cursor"]}
        second = http.get("/api/sessions", params=asked).json()
        assert [one["id"] for one in second["sessions"]] == made[3:]
        assert second["next_cursor"] is None
        trash = http.get("/api/trash", params={"limit": 1}).json()
        asked = {"limit": 1, "cursor": trash["next_cursor"]}
        both = [trash, http.get("/api/trash", params=asked).json()]
        assert [one["sessions"][0]["id"] for one in both] == [made[2], made[1]]
        assert "next_cursor" not in http.get("/api/sessions").json()


def test_what_only_grows_is_paged_by_number(open_greenroom: House) -> None:
    session = open_greenroom.create(config={})["id"]
    path = f"/api/sessions/{session}/messages"
    with client(open_greenroom) as http:
        message_id = ""
        for text in "abc":
            added = http.post(path, json={"message": {"role": "user", "content": text}})
            assert (added.status_code, added.headers["Location"]) == (201, path)
            message_id = added.json()["message_id"]
        shown, cursor = [], None
        while True:
            asked = {"limit": 1} | ({"cursor": cursor} if cursor else {})
            page = http.get(path, params=asked).json()
            shown += [message["content"][0]["text"] for message in page["messages"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert shown == ["a", "b", "c"]
        updated = http.patch(f"{path}/{message_id}", json={"updates": {"metadata": {"a": 1}}})
        assert updated.json()["message_id"] == message_id


NOBODY = "Session not found with ID: nobody"
NEXT = "GET /api/sessions lists what there is"
BAD: list[tuple[str, str, Any, int, dict[str, Any]]] = [
    ("GET", "/api/sessions?zz=1", None, 400, {"code": "bad-request"}),
    ("GET", "/api/sessions?limit=0", None, 400, {"path": "$.limit"}),
    ("GET", "/api/sessions?limit=2&limit=3", None, 400, {"code": "bad-request"}),
    ("GET", "/api/sessions?cursor=what", None, 422, {"path": "$.cursor"}),
    ("GET", "/api/sessions/one?at=x", None, 400, {"path": "$.at"}),
    ("GET", "/api/sessions/one?at=null", None, 400, {"path": "$.at"}),
    ("GET", "/api/sessions/one?at=0", None, 400, {"path": "$.at"}),
    ("DELETE", "/api/sessions/one?force=1", None, 400, {"path": "$.force"}),
    ("DELETE", "/api/trash", None, 422, {"code": "bad-request"}),
    ("GET", "/api/sessions/nobody", None, 404, {"code": "session-not-found"}),
    ("POST", "/api/sessions/nobody/pause", "{}", 404, {"detail": f"{NOBODY}; {NEXT}"}),
    ("GET", "/api/sessions/twin", None, 409, {"code": "ambiguous"}),
    ("GET", "/api/nothing", None, 404, {"code": "route-not-found"}),
    ("POST", "/api/sessions", "{\n 1", 400, {"path": "$", "line": 2}),
    ("POST", "/api/sessions", "[]", 400, {"path": "$", "line": 1}),
    ("POST", "/api/sessions", '{"a": 1,\n"a": 2}', 400, {"line": 2}),
    ("POST", "/api/sessions", '{\n"title": 7}', 400, {"path": "$.title", "line": 2}),
    ("POST", "/api/sessions", '{"type": "get-status"}', 400, {"path": "$.type", "line": 1}),
    ("POST", "/api/sessions", '{"location_path": "/none"}', 422, {"code": "bad-location"}),
    ("POST", "/api/sessions?a=1", "{}", 400, {"code": "bad-request"}),
    ("POST", "/api/sessions/one/pause", '{"session": "two"}', 400, {"path": "$.session"}),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "told"), BAD)
def test_what_is_wrong_is_told_as_problem_details(
    open_greenroom: House, method: str, path: str, body: Any, status: int, told: dict[str, Any]
) -> None:
    for title in ("one", "twin", "twin"):
        open_greenroom.create(title=title)
    with client(open_greenroom) as http:
        headers = {"Content-Type": "application/json"} if body else {}
        answer = http.request(method, path, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        found = answer.json()
        assert found["status"] == status
        assert found["type"] == f"urn:greenroom:{found['code']}"
        assert found["detail"]
        assert told.items() <= found.items(), found


def test_who_is_meant_by_an_ambiguous_title_is_asked(open_greenroom: House) -> None:
    made = {open_greenroom.create(title="twin")["id"] for _ in range(2)}
    with client(open_greenroom) as http:
        found = http.get("/api/sessions/twin").json()
        assert {one["id"] for one in found["data"]["candidates"]} == made


def test_a_wrong_method_is_told_all_that_there_are(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        answer = http.put("/api/sessions/x")
        assert answer.status_code == 405
        allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
        assert allowed == {"GET", "HEAD", "PATCH", "DELETE"}
        assert http.head("/api/sessions").status_code == 200


def test_a_body_may_say_again_what_the_path_says(open_greenroom: House) -> None:
    session = open_greenroom.create()["id"]
    with client(open_greenroom) as http:
        body = {"type": "pause-session", "session": session}
        assert http.post(f"/api/sessions/{session}/pause", json=body).json()["status"] == "paused"
        assert http.post(f"/api/sessions/{session}/resume").status_code == 200


def test_a_long_body_is_read_and_one_that_is_too_long_refused(open_greenroom: House) -> None:
    session = open_greenroom.create(config={})["id"]
    path = f"/api/sessions/{session}/messages"
    with client(open_greenroom) as http:
        body = {"message": {"role": "user", "content": "x" * 500_000}}
        assert http.post(path, json=body).status_code == 201
        refused = http.post(path, json={"message": {"role": "user", "content": "x" * (1 << 20)}})
        assert refused.status_code == 413


def test_status_is_that_of_the_command_line(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        status = http.get("/api/status").json()
        assert status["daemon"]["state"] == "running"
        assert status["http"]["url"] == open_greenroom.room.around.http.url
        assert http.post("/api/cleanup-orphans").json() == {"ended": [], "left": []}
        assert http.get("/api/agents").json()["agents"]
        assert http.get("/api/permissions").json() == {"permissions": []}


def test_while_the_recorder_is_away_it_is_asked_again_later(open_greenroom: House) -> None:
    around = open_greenroom.room.around
    with client(open_greenroom) as http:
        around.recording._pool, pool = None, around.recording._pool
        try:
            answer = http.get("/api/status")
        finally:
            around.recording._pool = pool
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert json.loads(answer.text)["code"] == "starting"
