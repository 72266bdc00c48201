"""`/metrics`: sessions, workers, the store and HTTP in numbers, in the text format of Prometheus.

Labels have few values each: states, kinds and the routes of the table, nothing that users name.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from actors.http.front import Front
from actors.http.measures import BOUNDS_SECONDS, Measures
from actors.http.ring import Ring
from actors.http.route_table import AnyRow, Row
from actors.status import version
from actors.surroundings import Surroundings
from storage.records.session import Session

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


class Family(NamedTuple):
    """Samples of one name. `suffix` of a sample stands behind the name, as `_sum` does."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    about: str
    samples: Iterable[tuple[str, Labels, float]]


def text_of(families: Iterable[Family]) -> str:
    lines: list[str] = []
    for family in families:
        about = family.about.replace("\\", r"\\").replace("\n", r"\n")
        lines += [f"# HELP {family.name} {about}", f"# TYPE {family.name} {family.kind}"]
        for suffix, labels, value in family.samples:
            shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            lines.append(
                f"{family.name}{suffix}{'{' + shown + '}' if shown else ''} {float(value)!r}"
            )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def families(around: Surroundings, ring: Ring, measures: Measures) -> Iterator[Family]:
    """All that there are, from what is known without asking anybody."""
    yield _gauge("greenroom_info", "The version", [({"version": version()}, 1)])
    sessions = around.index.sessions()
    yield from _of_sessions(sessions)
    yield from _of_store(around, ring)
    yield from _of_inbox(around)
    yield from _of_http(measures)
    yield from _of_process()


def _gauge(name: str, about: str, samples: Iterable[tuple[Labels, float]]) -> Family:
    return Family(name, "gauge", about, [("", labels, value) for labels, value in samples])


def _counter(name: str, about: str, samples: Iterable[tuple[Labels, float]]) -> Family:
    return Family(name, "counter", about, [("", labels, value) for labels, value in samples])


def _of_sessions(sessions: list[Session]) -> Iterator[Family]:
    states = Counter(session.status for session in sessions)
    workers = Counter(
        (type(worker).__struct_config__.tag, worker.status)
        for session in sessions
        for worker in session.workers
    )
    restarts = sum(worker.restarts for session in sessions for worker in session.workers)
    requests = sum(session.open_requests for session in sessions)
    asks = sum(len(session.permissions) for session in sessions)
    yield _gauge(
        "greenroom_sessions",
        "Sessions by status",
        [({"status": status}, count) for status, count in sorted(states.items())],
    )
    yield _gauge(
        "greenroom_workers",
        "Workers by type and status",
        [
            ({"type": str(kind), "status": status}, count)
            for (kind, status), count in sorted(workers.items())
        ],
    )
    yield _gauge(
        "greenroom_worker_restarts", "Restarts by policy of the workers there are", [({}, restarts)]
    )
    yield _gauge("greenroom_open_requests", "Requests queued or running", [({}, requests)])
    yield _gauge("greenroom_permissions_open", "Questions that wait for an answer", [({}, asks)])


def _of_store(around: Surroundings, ring: Ring) -> Iterator[Family]:
    index = around.index
    is_degraded = around.health.problem is not None
    yield _gauge("greenroom_store_degraded", "1 while changes are refused", [({}, is_degraded)])
    yield _gauge(
        "greenroom_sessions_unreadable",
        "Sessions whose journal cannot be used",
        [({}, len(index.unreadable))],
    )
    yield _gauge(
        "greenroom_sessions_not_durable",
        "Sessions with ends that are not on the disk yet",
        [({}, len(index.not_durable))],
    )
    yield _gauge(
        "greenroom_sessions_quarantined",
        "Sessions in which nothing can be done",
        [({}, len(index.quarantined()))],
    )
    yield _counter(
        "greenroom_journal_commits_total",
        "Commits in the journals of all sessions since the start",
        [({}, ring.commits)],
    )


def _of_inbox(around: Surroundings) -> Iterator[Family]:
    counts = around.inbox_counts
    now = {"waiting": counts.waiting, "running": counts.running}
    ended = {"answered": counts.answered, "rejected": counts.rejected}
    yield _gauge(
        "greenroom_inbox_open_requests",
        "Requests in files that wait or run",
        [({"state": state}, count) for state, count in now.items()],
    )
    yield _counter(
        "greenroom_inbox_requests_total",
        "Requests in files that were dealt with since the start",
        [({"outcome": outcome}, count) for outcome, count in ended.items()],
    )


def _of_http(measures: Measures) -> Iterator[Family]:
    yield _gauge("greenroom_http_open_requests", "Requests under way", [({}, measures.open)])
    yield _counter(
        "greenroom_http_requests_total",
        "Requests by method, route and status",
        [
            ({"method": method, "route": route, "status": str(status)}, count)
            for (method, route, status), count in sorted(measures.requests.copy().items())
        ],
    )
    yield Family(
        "greenroom_http_request_seconds",
        "histogram",
        "How long requests took, by route",
        list(_timed(measures)),
    )


def _timed(measures: Measures) -> Iterator[tuple[str, Labels, float]]:
    for route, timings in sorted(measures.timings.copy().items()):
        so_far = 0
        for bound, count in zip((*BOUNDS_SECONDS, "+Inf"), timings.counts.copy(), strict=True):
            so_far += count
            yield "_bucket", {"route": route, "le": str(bound)}, so_far
        yield "_sum", {"route": route}, timings.seconds
        yield "_count", {"route": route}, so_far


def _of_process() -> Iterator[Family]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    times = os.times()
    yield _gauge(
        "process_resident_memory_bytes",
        "Memory of the daemon alone",
        [({}, pages * os.sysconf("SC_PAGE_SIZE"))],
    )
    yield _counter(
        "process_cpu_seconds_total", "Of the daemon alone", [({}, times.user + times.system)]
    )
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    yield _gauge("process_open_fds", "Of the daemon", [({}, descriptors)])


async def metrics(front: Front, request: Request) -> Response:
    measures: Measures = request.app.state.measures
    text = await front.in_pool(lambda: text_of(families(front.around, front.ring, measures)))
    return Response(text, headers={"Content-Type": MEDIA_TYPE})


ROWS: tuple[AnyRow, ...] = (
    Row(
        method="GET",
        path="/metrics",
        answer=metrics,
        summary="Numbers in the text format of Prometheus",
        document={
            "responses": {
                "200": {
                    "description": "Done",
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                }
            }
        },
    ),
)
