"""A running house whose `sessions.json` somebody edits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.edit_claims import DIRECTORY
from tests.fakes.actors import eventually
from tests.fakes.editors import by_rename, changed
from tests.fakes.greenroom import PATIENCE_SECONDS, House

Change = Callable[[Any], object]


class Desk:
    """The file of the default workspace, and what becomes of what is saved as it."""

    def __init__(self, greenroom: House) -> None:
        self.house = greenroom
        self.path = greenroom.data.sessions_file("default")

    def create(self, count: int = 1, **fields: Any) -> list[str]:
        """Sessions that stand in the file; their ids, in its order."""
        ids = [self.house.create(title=f"Session {n}", **fields)["id"] for n in range(count)]
        self.until(lambda: [one["id"] for one in self.house.projected() or ()][-count:] == ids)
        return ids

    def edit(self, change: Change, save: Callable[[Path, str], None] = by_rename) -> str:
        """Save the file with a change; the text that was saved."""
        text = changed(self.path, change)
        save(self.path, text)
        return text

    def title(self, session_id: str) -> str:
        return self.house.record(session_id).title

    def shown(self, session_id: str) -> Any:
        """The session's entry in the file, None without one or while the file is being saved."""
        try:
            entries = self.house.projected() or []
        except ValueError:
            return None
        return next((one for one in entries if one["id"] == session_id), None)

    def until(self, found: Callable[[], object]) -> bool:
        def safely() -> bool:
            try:
                return bool(found())
            except (
                ValueError,
                TypeError,
                LookupError,
                FileNotFoundError,
            ):  # the file is just being saved
                return False

        return eventually(safely, seconds=PATIENCE_SECONDS)

    def at_rest(self) -> None:
        """Until nothing that was saved is left to be dealt with, and ours is in place."""
        edits = self.path.parent / DIRECTORY
        projector = self.house.room.around.index.projectors["default"]
        self.until(lambda: projector.is_in_place() and not list(edits.iterdir()))

    def refusal(self) -> Any:
        """Why the one edit was refused that was refused."""
        self.until(self.refused_texts)
        (why,) = self.house.data.rejected.glob("*.why.json")
        return json.loads(why.read_text())

    def refused_texts(self) -> list[str]:
        places = sorted(self.house.data.rejected.glob("sessions*.json"))
        return [place.read_text() for place in places if not place.name.endswith(".why.json")]


@pytest.fixture
def desk(open_greenroom: House) -> Desk:
    return Desk(open_greenroom)
