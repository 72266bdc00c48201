"""How server-sent events are written, and when their answer ends."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from actors.http import sse


def test_what_is_written_is_what_a_browser_reads() -> None:
    assert sse.event("end", b'{"a":1}', "7.2") == b'id: 7.2\nevent: end\ndata: {"a":1}\n\n'
    assert sse.event("end", b"{}") == b"event: end\ndata: {}\n\n"
    assert sse.beginning("7.1") == b"retry: 1000\nid: 7.1\n\n"
    assert sse.heartbeat() == b": still here\n\n"
    assert sse.failure("too-slow", "x\ny").endswith(b'"message":"x\\ny"}\n\n')


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream;q=0.5", True),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_stream_is_for_who_asks_for_one(accept: str, wanted: bool) -> None:
    scope = {"type": "http", "headers": [(b"accept", accept.encode())]}
    assert sse.is_wanted(Request(scope)) is wanted


class Visit:
    """One client of a stream: what it was sent, and when it goes."""

    def __init__(self, method: str = "GET") -> None:
        self.method = method
        self.sent: list[Any] = []
        self.leaves = asyncio.Event()
        self.is_closed = False

    async def chunks(self, *, ends: bool) -> sse.Chunks:
        try:
            yield b"one"
            yield b""
            yield b"two"
            if not ends:
                await asyncio.Event().wait()
        finally:
            self.is_closed = True

    async def receive(self) -> Any:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if message.get("body") == b"two":
            self.came_to_two()

    def came_to_two(self) -> None:
        """What happens then."""

    async def run(self, ending: asyncio.Event, *, ends: bool = False) -> list[bytes]:
        answer = sse.EventStream(self.chunks(ends=ends), ending)
        async with asyncio.timeout(10):
            await answer({"type": "http", "method": self.method}, self.receive, self.send)
        headers = dict(self.sent[0]["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert b"content-length" not in headers
        assert not self.sent[-1]["more_body"]
        return [message["body"] for message in self.sent[1:-1]]


@pytest.mark.parametrize("why", ["no more", "it leaves", "the server stops"])
def test_it_ends_for_any_reason_and_lets_go_of_its_source(why: str) -> None:
    async def play() -> None:
        visit, ending = Visit(), asyncio.Event()
        reasons: dict[str, Any] = {"it leaves": visit.leaves.set, "the server stops": ending.set}
        visit.came_to_two = reasons.get(why, lambda: None)  # type: ignore[method-assign]  # of one test
        assert await visit.run(ending, ends=why == "no more") == [b"one", b"two"]
        assert visit.is_closed

    asyncio.run(play())


def test_who_asks_for_the_head_alone_gets_no_stream() -> None:
    async def play() -> None:
        assert await Visit("HEAD").run(asyncio.Event()) == []

    asyncio.run(play())


def test_a_fault_of_the_source_is_not_hidden() -> None:
    async def broken() -> sse.Chunks:
        yield b"one"
        raise ValueError("broken")

    async def play() -> None:
        visit = Visit()
        answer = sse.EventStream(broken(), asyncio.Event())
        await answer({"type": "http", "method": "GET"}, visit.receive, visit.send)

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(play())
