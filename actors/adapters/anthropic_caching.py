"""PURE: which parts of a request the API is to keep in its cache, so that the next one reads them.

A mark at a block caches everything up to it: tools, then system prompt, then messages. The stable
part of the prompt is always marked, or the tools if there is none. The conversation is marked where
it is likely to be sent again with the same prompt before it: with tools, as the next turn of the
same request does, or if nothing in the prompt changes by itself; a mark that is read by nobody
costs a quarter more. The API takes four marks; one is left for an option of the user's.
"""

from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]
MARK = {"cache_control": {"type": "ephemeral"}}
MARKED_MESSAGES = 2
"""Of the user's side, from the end: what was written for the last turn, and for this one."""


def marked(sent: dict[str, Any], *, stable: bool, volatile: bool) -> dict[str, Any]:
    """The `system`, `tools` and `messages` of a request with their marks; a copy.

    `stable` and `volatile` say whether the prompt has these parts, the stable one first.
    """
    made = dict(sent)
    tools = sent.get("tools", [])
    if stable:
        first, *others = sent["system"]
        made["system"] = [{**first, **MARK}, *others]
    elif tools:
        made["tools"] = [*tools[:-1], {**tools[-1], **MARK}]
    if tools or not volatile:
        made["messages"] = list(_marked_messages(sent["messages"]))
    return made


def _marked_messages(messages: list[Block]) -> Iterator[Block]:
    heard = [at for at, message in enumerate(messages) if message["role"] == "user"]
    last = heard[-MARKED_MESSAGES:]
    for at, message in enumerate(messages):
        *before, end = message["content"]
        yield {**message, "content": [*before, {**end, **MARK}]} if at in last else message
