"""A cache of prompts as the Messages API has it: what is marked is kept, and read by the next one.

cache = PromptCache()
with MessagesServer(lambda body: stream([text_block("hi")], usage=cache.usage(body))) as server:
"""

import json
from collections.abc import Iterator
from typing import Any

BYTES_PER_TOKEN = 4
LOOKED_BACK = 20
"""So many blocks before a mark are looked at for what was kept earlier."""
MOST_MARKS = 4


class PromptCache:
    """A block is part of the prompt without its mark. Keeps what was marked for ever."""

    def __init__(self) -> None:
        self._kept: set[str] = set()

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        """The `usage` of an answer to this request, which is kept as far as it is marked."""
        blocks = list(_blocks(body))
        prefixes = [
            json.dumps([_bare(each) for each in blocks[: at + 1]]) for at in range(len(blocks))
        ]
        marks = [at for at, block in enumerate(blocks) if "cache_control" in block]
        assert len(marks) <= MOST_MARKS, "the API refuses so many"
        near = {at for mark in marks for at in range(max(0, mark - LOOKED_BACK), mark + 1)}
        read = max((_tokens(prefixes[at]) for at in near if prefixes[at] in self._kept), default=0)
        written = max((_tokens(prefixes[at]) for at in marks), default=read)
        self._kept |= {prefixes[at] for at in marks}
        return {
            "input_tokens": _tokens(prefixes[-1]) - max(read, written),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(written - read, 0),
            "output_tokens": 1,
        }


def _blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """In the order in which the API puts the prompt together."""
    yield from body.get("tools", [])
    yield from body.get("system", [])
    for message in body["messages"]:
        yield from ({**block, "role": message["role"]} for block in message["content"])


def _bare(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "cache_control"}


def _tokens(text: str) -> int:
    return len(text) // BYTES_PER_TOKEN
