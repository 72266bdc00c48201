"""The end of the daemon waits for no open stream or socket."""

import contextlib
import time
from contextlib import ExitStack

import httpx2
from websockets.exceptions import ConnectionClosed

from actors.http.server import CLOSE_SECONDS
from tests.actors.http.test_ws_app import watching
from tests.fakes.event_streams import event_stream
from tests.fakes.greenroom import House


def stop_seconds(running: House) -> float:
    """How long all takes to end; what waits for a client waits for `CLOSE_SECONDS`."""
    begun = time.monotonic()
    running.room.root.stop(30.0)
    running._room = None
    return time.monotonic() - begun


def test_twenty_streams_and_sockets_end_with_it_at_once(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "never"}], "delay_seconds": 600}])
    made = open_greenroom.create(config={})
    asked = open_greenroom.get("request", session=made["id"], content="x", wait=False)
    paths = (
        "/api/events",
        f"/api/sessions/{made['id']}/events",
        f"/api/responses/{asked['response_id']}/events",
    )
    with ExitStack() as stack:
        streams = [
            stack.enter_context(event_stream(open_greenroom, paths[number % 3])).begun()
            for number in range(12)
        ]
        sockets = [stack.enter_context(watching(open_greenroom)) for _ in range(8)]
        for each in sockets:
            each.hear()
        assert stop_seconds(open_greenroom) < CLOSE_SECONDS
        for stream in streams:
            with contextlib.suppress(httpx2.RemoteProtocolError):
                list(stream)
        for each in sockets:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    each.hear()


def test_who_does_not_read_does_not_hold_it_up(open_greenroom: House) -> None:
    made = open_greenroom.create()
    with ExitStack() as stack:
        stack.enter_context(event_stream(open_greenroom, "/api/events")).begun()
        stack.enter_context(event_stream(open_greenroom, f"/api/sessions/{made['id']}/events"))
        stack.enter_context(watching(open_greenroom, max_queue=1, close_timeout=0.1))
        said = {"role": "user", "content": "x" * 200_000}
        for _ in range(60):
            open_greenroom.get("add-message", session=made["id"], message=said)
        assert stop_seconds(open_greenroom) < CLOSE_SECONDS
