"""A client of our server-sent events: reads them as a browser would, ids included."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.fakes.greenroom import PATIENCE_SECONDS, House


def client(running: House) -> httpx2.Client:
    """One that may come in."""
    url = running.room.around.http.url
    assert url is not None
    headers = {"Authorization": f"Bearer {running.data.token.read_text().strip()}"}
    return httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS)


class Told:
    """One event. `id`: the last one that was named until then."""

    def __init__(self, type_: str, content: str, id_: str | None) -> None:
        self.type = type_
        self.content: Any = json.loads(content)
        self.id = id_


class EventStream:
    """`last_id`: where to resume, as a browser keeps it; `comments`: how many were sent."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.last_id: str | None = None
        self.comments = 0
        self._lines = response.iter_lines()

    def __iter__(self) -> Iterator[Told]:
        kind, content = "message", ""
        for line in self._lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                self.last_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                content = value
            elif line.startswith(":"):
                self.comments += 1
            elif not line and content:
                yield Told(kind, content, self.last_id)
                kind, content = "message", ""

    def begun(self) -> "EventStream":
        """Once it stands: what happens from now on is told."""
        for line in self._lines:
            if line.startswith("id:"):
                self.last_id = line.partition(": ")[2]
            if not line:
                return self
        raise AssertionError("it ended before it began")

    def take(self, count: int) -> list[Told]:
        """The next so many."""
        events = iter(self)
        return [next(events) for _ in range(count)]

    def until(self, kind: str) -> list[Told]:
        """All up to the next event of that type, itself included."""
        found = []
        for told in self:
            found.append(told)
            if told.type == kind:
                return found
        raise AssertionError(f"it ended without {kind}: {[each.type for each in found]}")


@contextmanager
def event_stream(running: House, path: str, last_id: str | None = None) -> Iterator[EventStream]:
    """An open stream, whose answer was good."""
    headers = {"Accept": "text/event-stream"}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    with client(running) as asking, asking.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield EventStream(response)
