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
    assert found["greenroom_journal_commits_total", ""] > 2
    assert found["process_resident_memory_bytes", ""] > 1_000_000
    labels = 'method="GET",route="/api/sessions/{session}",status="404"'
    assert found["greenroom_http_requests_total", labels] == 1
    count = 'route="/api/sessions/{session}"'
    assert found["greenroom_http_request_seconds_count", count] == 1
    assert found["greenroom_http_request_seconds_bucket", f'{count},le="+Inf"'] == 1


def families_in(text: str) -> dict[str, tuple[str, list[tuple[str, str, float]]]]:
    """By name the kind and the samples of each, by the rules of the format and none beside them."""
    found: dict[str, tuple[str, list[tuple[str, str, float]]]] = {}
    name, about = "", ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, about, _ = line.split(" ", 3)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == about, "its HELP stands before its TYPE"
            assert name not in found, "all of a family stands together"
            found[name] = (kind, [])
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1].startswith(name), "after its own TYPE"
            suffix = match[1].removeprefix(name)
            found[name][1].append((suffix, match[2] or "", float(match[3])))
    return found


def test_it_keeps_the_rules_of_the_format(open_greenroom: House) -> None:
    open_greenroom.shell()
    with client(open_greenroom) as http:
        http.get("/api/sessions")
        found = families_in(http.get("/metrics").text)
    for name, (kind, samples_) in found.items():
        assert re.fullmatch(r"(greenroom|process)_[a-z_]+", name)
        assert (kind == "counter") == name.endswith("_total")
        assert not name.endswith(("_count", "_sum", "_bucket"))
        assert name.removesuffix("_total") not in found.keys() - {name}
        suffixes = {"_bucket", "_sum", "_count"} if kind == "histogram" else {""}
        assert {suffix for suffix, _, _ in samples_} <= suffixes
        assert len({(suffix, labels) for suffix, labels, _ in samples_}) == len(samples_)
        assert all(value >= 0 for _, _, value in samples_)
    kind, timed = found["greenroom_http_request_seconds"]
    own = [each for each in timed if 'route="/api/sessions"' in each[1]]
    buckets = [value for suffix, _, value in own if suffix == "_bucket"]
    assert kind == "histogram"
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1


def test_commits_are_counted_and_never_fewer(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        seen = []
        made = open_greenroom.create()["id"]
        for kind in ("pause-session", "resume-session", "delete-session"):
            open_greenroom.get(kind, session=made)
            found = samples(http.get("/metrics").text)
            seen.append(found["greenroom_journal_commits_total", ""])
        assert seen == sorted(set(seen))


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
    assert text_of([made._replace(about="A\\b\nc")]).startswith("# HELP a A\\\\b\\nc\n# TYPE")
    assert text_of([made]) == '# HELP a A\n# TYPE a gauge\na{b="x\\"\\\\\\n"} 1.0\n'
