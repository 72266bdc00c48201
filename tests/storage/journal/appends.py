"""A small program that lives with a journal and says what was acknowledged, line by line.

It is run under strace, which makes real calls to the system fail: `appends.py DIRECTORY`.
"""

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from storage.errors import StorageError
from storage.journal.log import Journal
from storage.records.event import MessageAdded, SessionCreated
from storage.records.message import ChatMessage, TextContent
from storage.records.session import QuickSession

SESSION = "abcdefghijkl"
START = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
ROUNDS = 3
APPENDS = 4
TRIES = 2


def live(directory: Path) -> None:
    journal: Journal | None = Journal.create(directory, SESSION, "default", START)
    for life in range(ROUNDS):
        for number in range(APPENDS):
            for attempt in range(TRIES):
                if journal is not None and add(journal, f"text-{life}-{number}-{attempt}"):
                    break
        if journal is not None:
            with suppress(OSError):
                journal.close()
        journal = reopened(directory)


def add(journal: Journal, text: str) -> bool:
    event: SessionCreated | MessageAdded = created()
    if journal.end.n:
        message = ChatMessage(id=text, role="user", content=(TextContent(text),), created_at=START)
        event = MessageAdded(message)
    try:
        (number,) = journal.append([(START, (event,), None)])
    except StorageError:
        return False
    say(f"{number} {text_of(event)}")
    return True


def created() -> SessionCreated:
    return SessionCreated(
        QuickSession(id=SESSION, title="one", location_path="/", created_at=START, updated_at=START)
    )


def text_of(event: object) -> str:
    """What is said of an event, and what can be found of it afterwards."""
    return event.message.text if isinstance(event, MessageAdded) else "created"


def reopened(directory: Path) -> Journal | None:
    for _ in range(TRIES):
        with suppress(StorageError, OSError):
            return Journal.open(directory)[0]
    return None


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    live(Path(sys.argv[1]))
