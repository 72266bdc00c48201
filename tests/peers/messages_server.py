"""A server on 127.0.0.1 that speaks the Messages protocol over real HTTP, from a list of answers.

    with MessagesServer([text("Hello")]) as server: ... server.url ... server.requests

Also by hand, with a script in the scripted model's format:

    python tests/peers/messages_server.py --port 0 --script FILE
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from storage.script_file import answer_to, read_script
from tests.peers.message_streams import (
    Answer,
    error,
    stream,
    text_block,
    tool_block,
)

Respond = Callable[[dict[str, Any]], Answer]
_ADDED = ("<system-reminder>", "<command-", "<local-command-")
"""How texts begin that nobody said: an agent program adds them."""
WINDOW = {"max_input_tokens": 200_000, "max_tokens": 64_000}


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class MessagesServer:
    """`answers`: one per request in order, or a function of the request's body.

    `requests` are those for messages, `others` those for models and token counts. `models` maps a
    model to what the models API says of it; one that is not there is a 404. `count` gives the
    tokens of a request's body, else all have `counted_tokens`. `cut_off` is set when a client went
    away in the middle of an answer.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Respond = (),
        *,
        models: dict[str, dict[str, Any]] | None = None,
        counted_tokens: int = 42,
        count: Callable[[dict[str, Any]], int] | None = None,
        port: int = 0,
    ) -> None:
        self._respond = answers if callable(answers) else _in_order(answers)
        self.models = models or {}
        self.counted_tokens = counted_tokens
        self._count = count or (lambda _: counted_tokens)
        self.requests: list[Received] = []
        self.others: list[Received] = []
        self.cut_off = threading.Event()
        self.stopping = threading.Event()
        self._http = _Http(self, port)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Received) -> Answer:
        """What is sent for a request, which is remembered."""
        path = request.path.partition("?")[0]
        if request.method == "POST" and path == "/v1/messages":
            self.requests.append(request)
            return self._respond(request.body)
        self.others.append(request)
        if request.method == "POST" and path == "/v1/messages/count_tokens":
            return _json({"input_tokens": self._count(request.body)})
        model = path.removeprefix("/v1/models/")
        if request.method == "GET" and model in self.models:
            return _json({"id": model, "type": "model", **self.models[model]})
        return error(404, "not_found_error", f"nothing at {request.method} {path}")


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, peer: MessagesServer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.peer = peer

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go as they like; whatever else it is, is shown."""
        if isinstance(sys.exception(), ConnectionError):
            self.peer.cut_off.set()
        else:
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else {}
        answer = self.server.peer.answer(Received(self.command, self.path, headers, body))
        try:
            self._send(answer)
        except OSError:
            self.server.peer.cut_off.set()
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in answer.pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if answer.pause_seconds and self.server.peer.stopping.wait(answer.pause_seconds):
                break
        if answer.ending == "complete":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True


def from_script(path: Path) -> Respond:
    """Answers by a script in the scripted model's format, read anew for each request."""

    def respond(body: dict[str, Any]) -> Answer:
        heard = said(body)[-1]
        answer = answer_to(heard, read_script(path))
        if answer is None:
            return error(400, "invalid_request_error", f"no line answers {heard!r}")
        time.sleep(answer.delay_seconds)
        blocks = [
            text_block(part.text)
            if part.text is not None
            else tool_block(
                (part.tool or "").replace(".", "__", 1),
                json.dumps(part.parameters),
                f"toolu_{len(body['messages'])}_{index}",
            )
            for index, part in enumerate(answer.reply)
        ]
        calls = any(part.tool for part in answer.reply)
        return stream(blocks, "tool_use" if calls else "end_turn")

    return respond


def _in_order(answers: Iterable[Answer]) -> Respond:
    waiting = iter(answers)
    nothing_left = error(400, "invalid_request_error", "the test has no more answers")
    return lambda _: next(waiting, nothing_left)


def _json(value: dict[str, Any]) -> Answer:
    return Answer(
        headers={"content-type": "application/json"}, pieces=(json.dumps(value).encode(),)
    )


def said(body: dict[str, Any]) -> list[str]:
    """What was said so far, by whomever, and the results of tools; not what a program adds."""
    contents = [each["content"] for each in body["messages"] if each["role"] != "system"]
    return [text for content in contents for text in _texts(content)]


def _texts(content: str | list[dict[str, Any]]) -> list[str]:
    if isinstance(content, str):
        return [content]
    found: list[str] = []
    for block in content:
        text = block.get("text")
        found += _texts(block.get("content", [])) if text is None else [text]
    return [each for each in found if not each.startswith(_ADDED)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path, required=True)
    arguments = parser.parse_args()
    with MessagesServer(from_script(arguments.script), port=arguments.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
