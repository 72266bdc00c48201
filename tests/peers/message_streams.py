"""Ready-made answers of the Messages protocol: good ones, and one per kind of failure.

An `Answer` is what goes over the wire: a status, headers, pieces of a body with a pause after each,
and how the connection ends. The server that sends them is `messages_server`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MODEL = "claude-sonnet-5-5"
USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 7,
    "output_tokens": 1,
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`ending`: `complete` is a proper end of the body, `dropped` a connection that breaks."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    pause_seconds: float = 0.0
    ending: Literal["complete", "dropped"] = "complete"

    def slowly(self, pause_seconds: float) -> "Answer":
        return replace(self, pause_seconds=pause_seconds)

    def first(self, pieces: int, ending: Literal["complete", "dropped"]) -> "Answer":
        """Only the first pieces, and then that end."""
        return replace(self, pieces=self.pieces[:pieces], ending=ending)


def sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def stream(
    blocks: Sequence[Sequence[dict[str, Any]]],
    stop_reason: str = "end_turn",
    *,
    output_tokens: int = 20,
    usage: dict[str, int] | None = None,
    stop_sequence: str | None = None,
    model: str = MODEL,
) -> Answer:
    """Each block is its start block and its deltas."""
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage or USAGE,
    }
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, (start, *deltas) in enumerate(blocks):
        events += [{"type": "content_block_start", "index": index, "content_block": start}]
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events += [{"type": "content_block_stop", "index": index}, {"type": "ping"}]
    delta = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
    end = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": output_tokens}}
    events += [end, {"type": "message_stop"}]
    return Answer(
        headers={"content-type": "text/event-stream", "request-id": "req_1"},
        pieces=tuple(map(sse, events)),
    )


def text_block(text: str, pieces: int = 4) -> list[dict[str, Any]]:
    size = max(1, -(-len(text) // pieces))
    cut = [text[at : at + size] for at in range(0, len(text), size)]
    return [{"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in cut)]


def tool_block(name: str, arguments: str, call_id: str = "toolu_1") -> list[dict[str, Any]]:
    """`arguments` is the JSON text, so that it may be broken."""
    half = len(arguments) // 2
    return [
        {"type": "tool_use", "id": call_id, "name": name, "input": {}},
        {"type": "input_json_delta", "partial_json": arguments[:half]},
        {"type": "input_json_delta", "partial_json": arguments[half:]},
    ]


def thinking_block(thinking: str, signature: str) -> list[dict[str, Any]]:
    return [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": thinking},
        {"type": "signature_delta", "signature": signature},
    ]


def text(said: str) -> Answer:
    return stream([text_block(said)])


def tool_use(*calls: tuple[str, dict[str, Any]], said: str = "") -> Answer:
    """Calls as (name on the wire, arguments), after some text."""
    blocks = [text_block(said)] if said else []
    for number, (name, arguments) in enumerate(calls, start=1):
        blocks.append(tool_block(name, json.dumps(arguments), f"toolu_{number}"))
    return stream(blocks, "tool_use")


def max_tokens_in_tool_json(name: str = "demo__add") -> Answer:
    return stream([tool_block(name, '{"a": 1, "b": "unfin')], "max_tokens")


def malformed_tool_json(name: str = "demo__add") -> Answer:
    return stream([tool_block(name, '{"a": 1,, }')], "tool_use")


def error(
    status: int, kind: str, message: str = "no", headers: dict[str, str] | None = None
) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return Answer(
        status=status,
        headers={"content-type": "application/json", **(headers or {})},
        pieces=(json.dumps(body).encode(),),
    )


def error_in_stream(kind: str = "overloaded_error") -> Answer:
    """Begins with 200 and some text, then says that it failed."""
    begun = text("half of an answer").first(3, "complete")
    failure = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
    return replace(begun, pieces=(*begun.pieces, sse(failure)))


def clean_close() -> Answer:
    return text("half of an answer").first(4, "complete")


def dropped() -> Answer:
    return text("half of an answer").first(4, "dropped")


def malformed_events() -> Answer:
    begun = text("half of an answer").first(2, "complete")
    return replace(begun, pieces=(*begun.pieces, b"event: content_block_delta\ndata: {oops\n\n"))


def html() -> Answer:
    page = b"<!doctype html><title>Welcome</title>"
    return Answer(headers={"content-type": "text/html"}, pieces=(page,))
