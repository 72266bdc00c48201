"""`/metrics` can be read by Prometheus, counts what there is, and has few labels."""

import re

from actors.http.app import ROWS
from actors.http.metrics import Family, text_of
from actors.http.route_table import Row
from tests.fakes.event_streams import client
from tests.fakes.greenroom import House

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')


def samples(text: str) -> dict[tuple[str, str], float]:
    assert text.endswith("\n")
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[2] or ""] = float(match[3])
    return found


def test_it_counts_what_there_is(open_greenroom: House) -> None:
    open_greenroom.shell()
    stopped = open_greenroom.create()["id"]
    open_greenroom.get("stop-session", session=stopped)
    with client(open_greenroom) as http:
        assert http.get("/api/sessions/nobody").status_code == 404
        answer = http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = samples(answer.text)
    assert found["greenroom_sessions", 'status="active"'] == 1
    assert found["greenroom_sessions", 'status="inactive"'] == 1
    assert found["greenroom_workers", 'type="terminal",status="running"'] == 1
    assert found["greenroom_store_degraded", ""] == 0
    assert found["greenroom_journal_commits", ""] > 2
    assert found["process_resident_memory_bytes", ""] > 1_000_000
    labels = 'method="GET",route="/api/sessions/{session}",status="404"'
    assert found["greenroom_http_requests_total", labels] == 1
    count = 'route="/api/sessions/{session}"'
    assert found["greenroom_http_request_seconds_count", count] == 1
    assert found["greenroom_http_request_seconds_bucket", f'{count},le="+Inf"'] == 1


def test_nothing_that_is_asked_makes_a_label(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        for number in range(5):
            http.get(f"/api/sessions/{number}{number}")
            http.get(f"/no/{number}")
            http.request(f"BREW{number}", "/api/sessions")
        text = http.get("/metrics").text
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert routes <= {"none"} | {row.path for row in ROWS if isinstance(row, Row)}
    methods = set(re.findall(r'method="([^"]*)"', text))
    assert methods <= {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "other"}


def test_what_is_refused_before_a_route_counts_too(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        assert http.get("/metrics", headers={"Authorization": "no"}).status_code == 401
        found = samples(http.get("/metrics").text)
    labels = 'method="GET",route="none",status="401"'
    assert found["greenroom_http_requests_total", labels] == 1


def test_a_label_may_hold_anything() -> None:
    made = Family("a", "gauge", "A", [("", {"b": 'x"\\\n'}, 1)])
    assert text_of([made]) == '# HELP a A\n# TYPE a gauge\na{b="x\\"\\\\\\n"} 1.0\n'
