"""`sessions.json` edited by hand, with the real daemon killed in the middle of taking it over."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import House
from tests.fakes.editors import STYLES, by_rename, changed

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


SESSIONS = 4
KEPT_SECONDS = 1.5
"""Of a round: by then the edit is judged, done and put away, if nothing comes in between."""


class Rounds:
    """Each round every session is given a new title, one is added, and that of before goes."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.chance = random.Random(7)
        self.path = house.data / "workspaces" / "default" / "sessions.json"
        self.titles: set[str] = set()
        self.running = house.daemon()
        for number in range(SESSIONS):
            request = {"type": "create-session", "location_path": str(house.home)}
            house.data_of({**request, "title": f"Session {number}"})
            self.titles.add(f"Session {number}")

    def shown(self) -> set[str]:
        return {one["title"] for one in json.loads(self.path.read_text())["sessions"]}

    def is_over(self) -> bool:
        """It is done, it is shown, and nothing of it is left."""
        try:
            shown = self.shown()
        except ValueError:  # just being saved
            return False
        done = self.titles == set(listing(self.house)) == shown
        return done and not list((self.path.parent / ".edits").iterdir())

    def edit(self, number: int) -> str:
        def change(told: Any) -> None:
            told["sessions"] = told["sessions"][:SESSIONS]
            for place, session in enumerate(told["sessions"]):
                session["title"] = f"Edited {place} in {number}"
            told["sessions"].append(
                {"location_path": str(self.house.home), "title": f"New {number}"}
            )

        text = changed(self.path, change)
        self.titles = {one["title"] for one in json.loads(text)["sessions"]}
        return text

    def play(self, number: int) -> None:
        self.house.wait(self.is_over, f"the edit before {number}")
        style = list(STYLES.values())[number % len(STYLES)]
        editor = threading.Thread(target=style, args=(self.path, self.edit(number)))
        editor.start()
        for _ in range(self.chance.choice([1, 1, 2, 3])):
            time.sleep(self.chance.uniform(0.0, KEPT_SECONDS))
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()
            self.running = self.house.daemon()
        editor.join()


def assert_survives(house: House, count: int) -> None:
    rounds = Rounds(house)
    for number in range(count):
        rounds.play(number)
    house.wait(rounds.is_over, "the last edit")
    assert house.status()["store"]["rejected_edits"] == []
    journals = rounds.path.parent.glob("*/*/journal.jsonl")
    made: Counter[str] = Counter()
    for journal in journals:
        for line in journal.read_text().splitlines()[1:]:
            for event in json.loads(line)["events"]:
                changes = event.get("updates") or event.get("session") or {}
                made.update({changes["title"]} if "title" in changes else ())
    assert set(made.values()) == {1}
    assert len(made) == SESSIONS + count * (SESSIONS + 1)
    house.run("stop", expect=None)
    rounds.running.wait(30)


def test_edits_survive_kills_at_any_moment(house: House) -> None:
    assert_survives(house, 8)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_hundred_edits_survive_kills_at_any_moment(house: House) -> None:
    assert_survives(house, 200)
