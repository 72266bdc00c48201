"""Whatever stands in `Last-Event-ID` and `Idempotency-Key`: an answer that says what it is worth.

schemathesis reads no stream that does not end, so what it does for all other routes is done here.
"""

import json
from itertools import takewhile
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.event_streams import client
from tests.fakes.greenroom import House

OFTEN = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
VISIBLE = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])
NUMBER = st.one_of(st.integers(0, 20), st.integers(0, 10**24)).map(str)
ANYTHING = st.text(VISIBLE, max_size=200).map(str.strip)


def header(name: str, value: str) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1")}


def test_any_id_of_all_events_is_gone_on_after_or_answered_by_a_resync(
    open_greenroom: House,
) -> None:
    open_greenroom.create()
    with client(open_greenroom) as http:
        with http.stream("GET", "/api/events") as stream:
            begun = next(line for line in stream.iter_lines() if line.startswith("id:"))
        started, _, newest = begun.removeprefix("id: ").partition(".")

        @OFTEN
        @given(st.one_of(ANYTHING, st.builds("{}.{}".format, NUMBER, NUMBER),
                         NUMBER.map(f"{started}.{{}}".format)))  # fmt: skip
        def check(last_id: str) -> None:
            where, _, number = last_id.partition(".")
            is_known = where == started and number.isascii() and number.isdigit()
            is_known = is_known and int(number[:18]) <= int(newest)
            with http.stream("GET", "/api/events", headers=header("Last-Event-ID", last_id)) as it:
                assert it.status_code == 200
                first = list(takewhile(bool, it.iter_lines()))
            assert ("event: resync" in first) == (not is_known), last_id

        check()


def test_any_id_of_a_sessions_events_is_gone_on_after_or_refused(open_greenroom: House) -> None:
    made = open_greenroom.create()["id"]
    place = f"/api/sessions/{made}/events"
    with client(open_greenroom) as http:

        @OFTEN
        @given(st.one_of(ANYTHING, NUMBER, st.builds("{}.{}".format, NUMBER, NUMBER)))
        def check(last_id: str) -> None:
            asked = {b"Accept": b"text/event-stream", **header("Last-Event-ID", last_id)}
            with http.stream("GET", place, headers=asked) as answer:
                if answer.status_code == 200:
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    return
                assert answer.status_code in {400, 404}, last_id
                told: dict[str, Any] = json.loads(answer.read())
            assert told["code"] in {"bad-request", "number-not-found"}
            assert told["detail"]

        check()


def test_any_key_is_refused_or_makes_what_is_asked_for_once(open_greenroom: House) -> None:
    with client(open_greenroom) as http:

        @OFTEN
        @given(ANYTHING)
        def check(key: str) -> None:
            body = {"location_path": str(open_greenroom.place), "title": f"of {key!r}"[:100]}
            asked = header("Idempotency-Key", key)
            first, again = (http.post("/api/sessions", json=body, headers=asked) for _ in range(2))
            is_key = 0 < len(key) <= 100 and all(" " < each <= "~" for each in key)
            if not is_key:
                assert {first.status_code, again.status_code} == {400}, key
                assert first.json()["code"] == "bad-request"
                return
            assert first.status_code == again.status_code == 201, (key, first.text)
            assert first.json()["id"] == again.json()["id"]

        check()
