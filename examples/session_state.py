"""The state of a session from Python: commands in, events out. No model is called.

Run it with `python examples/session_state.py`; it works in a temporary directory and leaves nothing
behind. What it uses is explained in docs/python_api.md.
"""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a checkout need not be installed

from actors import library
from storage.records.request import AddMessage, ListSessions, NewMessage, UpdateTokenMetrics

COUNTED = ("session-created", "message-added", "token-metrics-updated", "context-window-critical")


def walk_through(greenroom: library.Greenroom, place: str) -> None:
    """A session, two messages, two calls of a model that somebody else made."""
    counts: Counter[str] = Counter()
    subscription = greenroom.subscribe(None, lambda event: counts.update([event["type"]]))

    config = {"provider": "openai", "model": "gpt-4", "system_prompt": "Answer in one sentence."}
    session = done(
        greenroom,
        {"type": "create-session", "location_path": place, "title": "Example", "config": config},
    )
    session_id = session["id"]
    print(f"created {session['title']!r}; it begins with {session['message_count']} message")

    question = NewMessage(role="user", content="What is a session?")
    done(greenroom, AddMessage(session=session_id, message=question))
    reply = NewMessage(role="assistant", content="A piece of work in one directory.")
    session = done(greenroom, AddMessage(session=session_id, message=reply))
    print(f"now it has {session['message_count']} messages")

    for prompt_tokens, completion_tokens in ((50, 80), (7000, 0)):
        used = UpdateTokenMetrics(
            session=session_id, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
        )
        metrics = done(greenroom, used)["metrics"]
        print(
            f"{metrics['total_tokens']} tokens in all, the last call filled"
            f" {metrics['context_utilization']:.1%} of {metrics['max_context_window']}"
        )

    for entry in done(greenroom, ListSessions())["sessions"]:
        print(f"listed: {entry['title']}, {entry['model']}, {entry['message_count']} messages")

    greenroom.drain()
    for event_type in COUNTED:
        print(f"{event_type} {counts[event_type]}")
    subscription.unsubscribe()
    done(greenroom, UpdateTokenMetrics(session=session_id, prompt_tokens=1))
    greenroom.drain()
    print(f"after unsubscribing still {counts['token-metrics-updated']}")


def done(greenroom: library.Greenroom, command: Any) -> Any:
    """The data of an answer; a no ends the example."""
    answer = greenroom.dispatch(command)
    if answer.error:
        sys.exit(f"{answer.type}: {answer.error.message}")
    return answer.data


if __name__ == "__main__":
    with TemporaryDirectory() as place, library.open(Path(place, "greenroom")) as greenroom:
        walk_through(greenroom, place)
