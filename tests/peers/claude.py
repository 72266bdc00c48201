"""The real `claude` without a network: what its user has settled before, and what it tells a model.

`.ci/run` says which version. It speaks to a `messages_server`, whose answers a test gives as
`answers`; `talks` tells what it sent there.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tests.peers.message_streams import Answer, stream, text, text_block, tool_block
from tests.peers.messages_server import MessagesServer, Received, Respond, said

KEY = "a-key-for-the-local-server"


def settle(home: Path, *trusted: Path) -> None:
    """As its user has left it: the first run is over, the key and these directories are trusted."""
    kept = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(place): {"hasTrustDialogAccepted": True} for place in trusted},
    }
    home.mkdir(parents=True, exist_ok=True)
    (home / ".claude.json").write_text(json.dumps(kept))


def environment(home: Path, url: str) -> dict[str, str]:
    """What it needs besides PATH and TERM; nothing of it is a secret."""
    return {
        "HOME": str(home),
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": url,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def answers(by_text: Mapping[str, Answer]) -> Respond:
    """By what was said last, a result of a tool too: the first text that is found in it."""
    numbers = count(1)

    def respond(body: dict[str, Any]) -> Answer:
        if not body.get("tools"):  # it asks for a title
            return text("A title")
        heard = said(body)[-1]
        found = (answer for part, answer in by_text.items() if part in heard)
        answer = next(found, text(f"I heard: {heard.strip()}"))
        # It takes what has the same id for parts of one message, and keeps only some of them.
        first = answer.pieces[0].replace(b'"msg_1"', b'"msg_own_%d"' % next(numbers))
        return replace(answer, pieces=(first, *answer.pieces[1:]))

    return respond


def runs(command: str, call_id: str) -> Answer:
    """The model wants this command run; `call_id` is never used twice in a conversation."""
    call = tool_block("Bash", json.dumps({"command": command, "description": "As asked"}), call_id)
    return stream([text_block("I run it."), call], "tool_use")


class Talk(NamedTuple):
    """One question to the model: of which conversation, and what was said in it until then."""

    conversation: str
    said: list[str]


def talks(server: MessagesServer) -> list[Talk]:
    """In the order in which they came, without those for a title."""
    return [_talk(request) for request in list(server.requests) if request.body.get("tools")]


def _talk(request: Received) -> Talk:
    asker = json.loads(request.body["metadata"]["user_id"])
    return Talk(asker["session_id"], [each.strip() for each in said(request.body)])
