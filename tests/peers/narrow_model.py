"""A model with a small window, which refuses what does not fit into it, as the API does.

    model = NarrowModel(window=3000)
    with model.server() as server: ...

Four characters of a request are a token. Asked for a summary it gives one with a number; to all
else it says many words.
"""

import json
from typing import Any

from actors.decisions.context.summaries import INSTRUCTIONS
from tests.peers.message_streams import Answer, error, stream, text_block
from tests.peers.messages_server import MessagesServer

MODEL = "claude-sonnet-5-5"
CHARACTERS_PER_TOKEN = 4
ANSWER = "so it is " * 20


class NarrowModel:
    """`asked` and `summaries` are the bodies of what it answered; `refused` counts what it did not.

    `no_summaries`: it is out of order whenever it is asked for one; `long_summaries`: those that it
    gives are longer than what they are of. `pause_seconds`: how long it
    takes over each piece of one.
    """

    def __init__(self, window: int = 3000, output: int = 200) -> None:
        self.window = window
        self.models = {MODEL: {"max_input_tokens": window, "max_tokens": output}}
        self.asked: list[dict[str, Any]] = []
        self.summaries: list[dict[str, Any]] = []
        self.refused = 0
        self.no_summaries = False
        self.long_summaries = False
        self.pause_seconds = 0.0

    def server(self, port: int = 0) -> MessagesServer:
        return MessagesServer(self, models=self.models, count=tokens, port=port)

    def __call__(self, body: dict[str, Any]) -> Answer:
        taken = tokens(body)
        if taken + body["max_tokens"] > self.window:
            self.refused += 1
            return error(400, "invalid_request_error", "prompt is too long")
        if not is_summary(body):
            self.asked.append(body)
            return said(ANSWER, taken)
        if self.no_summaries:
            return error(529, "overloaded_error")
        self.summaries.append(body)
        length = self.window if self.long_summaries else 1
        summary = said(f"summary number {len(self.summaries)} " * length, taken)
        return summary.slowly(self.pause_seconds)


def is_summary(body: dict[str, Any]) -> bool:
    return bool(body["system"][0]["text"] == INSTRUCTIONS)


def tokens(body: dict[str, Any]) -> int:
    parts = [body.get("tools", []), body.get("system", []), body["messages"]]
    return len(json.dumps(parts, ensure_ascii=False)) // CHARACTERS_PER_TOKEN


def said(text: str, taken: int) -> Answer:
    usage = {
        "input_tokens": taken,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "output_tokens": 1,
    }
    return stream([text_block(text)], usage=usage)
