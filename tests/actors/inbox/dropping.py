"""Files dropped into an inbox as people and programs do it, and what became of them."""

import json
from pathlib import Path
from typing import Any

from storage.journal.log import read_at
from storage.records.event import AnyEvent
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House

LIST = {"type": "list-sessions"}


def drop(greenroom: House, name: str, request: Any) -> None:
    """As `mv` into the inbox does."""
    made = greenroom.data.root / f".{name}.tmp"
    made.write_text(request if isinstance(request, str) else json.dumps(request))
    made.rename(greenroom.data.inbox / name)


def answer(greenroom: House, name: str) -> Any:
    """What stands in `outbox/<name>.json`, as soon as it does."""
    path = greenroom.data.outbox / f"{name}.json"
    eventually(path.exists, seconds=PATIENCE_SECONDS)
    return json.loads(path.read_text())


def taken_away(greenroom: House, name: str) -> Any:
    """The same, and it is gone then."""
    found = answer(greenroom, name)
    (greenroom.data.outbox / f"{name}.json").unlink()
    return found


def creation(greenroom: House, **fields: Any) -> dict[str, Any]:
    return {"type": "create-session", "location_path": str(greenroom.place), **fields}


def is_empty(directory: Path) -> bool:
    """But for hidden names."""
    return not [path for path in directory.iterdir() if not path.name.startswith(".")]


def claims(greenroom: House) -> list[str]:
    return sorted(path.name for path in greenroom.data.claimed.iterdir())


def settle(greenroom: House) -> None:
    """Wait until everything that was dropped is done with."""
    eventually(lambda: is_empty(greenroom.data.inbox), seconds=PATIENCE_SECONDS)
    eventually(lambda: claims(greenroom) == [], seconds=PATIENCE_SECONDS)


def counts(greenroom: House) -> Any:
    return greenroom.get("get-status")["inbox"]


def titles(greenroom: House) -> list[str]:
    return [session["title"] for session in greenroom.get("list-sessions")["sessions"]]


def journaled(greenroom: House) -> list[AnyEvent]:
    """All events of the requests journal, in order."""
    return [
        event
        for path in sorted(greenroom.data.requests.glob("*.jsonl"))
        for commit in read_at(path).commits
        for event in commit.events
    ]
