"""`sessions.json` edited by hand, with the real daemon killed in the middle of taking it over."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import House
from tests.fakes.editors import by_rename, changed

COUNT = 30


def prepared(running: House) -> Path:
    """The file, with so many sessions in it."""
    for number in range(COUNT):
        running.data_of(
            {
                "type": "create-session",
                "location_path": str(running.home),
                "title": f"Session {number}",
            }
        )
    path = running.data / "workspaces" / "default" / "sessions.json"
    running.wait(lambda: len(json.loads(path.read_text())["sessions"]) == COUNT)
    return path


def listing(running: House) -> dict[str, str]:
    """Title -> id."""
    sessions = running.data_of({"type": "list-sessions"})["sessions"]
    assert len({one["title"] for one in sessions}) == len(sessions)
    return {one["title"]: one["id"] for one in sessions}


@pytest.mark.parametrize("when", ["at once", "claimed", "planned", "some done"])
def test_an_edit_survives_the_daemons_death_and_is_done_once(running: House, when: str) -> None:
    path = prepared(running)
    edits = path.parent / ".edits"
    pid = running.status()["daemon"]["pid"]

    def change(told: Any) -> None:
        for number, session in enumerate(told["sessions"]):
            session["title"] = f"Edited {number}"
        told["sessions"].append({"location_path": str(running.home), "title": "New"})

    signs = {"claimed": "*.json", "planned": "*.plan", "some done": "none"}
    by_rename(path, changed(path, change))
    while when != "at once" and not list(edits.glob(signs[when])) and not _has_begun(path):
        pass
    os.kill(pid, signal.SIGKILL)
    wanted = {f"Edited {number}" for number in range(COUNT)} | {"New"}
    running.wait(lambda: set(listing(running)) == wanted, "all of the edit")
    running.wait(lambda: not list(edits.iterdir()), "the claim to go")
    assert len(listing(running)) == COUNT + 1
    assert running.json("status")["store"]["rejected_edits"] == []
    for journal in _journals(path):
        assert journal.count(b'"session-updated"') <= 1


def _journals(path: Path) -> list[bytes]:
    return [place.read_bytes() for place in path.parent.glob("sessions/*/journal.jsonl")]


def _has_begun(path: Path) -> bool:
    return any(b"Edited" in journal for journal in _journals(path))
