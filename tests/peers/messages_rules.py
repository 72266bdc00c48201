"""What the Messages API demands of the messages of a request, as far as a history can break it."""

from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def broken_rule(body: Json) -> str | None:
    """The first rule that the request breaks, None for one that the API would take."""
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    if not roles or roles[0] != "user" or roles[-1] != "user":
        return f"it begins and ends with the user: {roles}"
    if any(one == other for one, other in pairwise(roles)):
        return f"user and assistant take turns: {roles}"
    if any(not message["content"] for message in messages):
        return "every message has content"
    called = [ids(message, "tool_use", "id") for message in messages]
    answered = [ids(message, "tool_result", "tool_use_id") for message in messages]
    everything = [one for group in called for one in group]
    if len(everything) != len(set(everything)):
        return f"an id belongs to one call: {everything}"
    for at, asked in enumerate([[], *called[:-1]]):
        if sorted(answered[at]) != sorted(asked):
            return f"the calls {asked} are answered by {answered[at]}"
    return None


def ids(message: Json, kind: str, field: str) -> list[str]:
    """Of the message's blocks of that kind; results come first in it."""
    return [block[field] for block in blocks(message) if block["type"] == kind]


def blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def results(body: Json) -> dict[str, tuple[str, bool]]:
    """Of each call the text of its result and whether that is an error."""
    found = {}
    for message in body["messages"]:
        for block in blocks(message):
            if block["type"] == "tool_result":
                text = "".join(one["text"] for one in blocks(block))
                found[block["tool_use_id"]] = (text, block.get("is_error", False))
    return found
