"""Edits of `sessions.json` while other clients change the same sessions: none is lost, and none
overrides another in silence.
"""

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storage import sessions_file
from storage.journal import log
from storage.records import event as e
from tests.actors.edits.conftest import Desk
from tests.fakes.editors import STYLES, changed
from tests.fakes.greenroom import House, house

SESSIONS = 4
CLIENTS = 3
USED = ("rename", "in-place", "over-itself")


@contextmanager
def under_load(greenroom: House, sessions: list[str]) -> Iterator[None]:
    """Clients that go on changing the configuration and the titles of all sessions."""
    done = threading.Event()

    def change(client: int) -> None:
        for number in itertools.count():
            if done.is_set():
                return
            session = sessions[number % len(sessions)]
            updates: dict[str, Any] = {"config": {"max_tokens": number + 1}}
            if number % 5 == 0:
                updates["title"] = f"Client {client}, {number}"
            greenroom.get("update-session", session=session, updates=updates)
            done.wait(0.01)

    with ThreadPoolExecutor(CLIENTS) as clients:
        working = [clients.submit(change, client) for client in range(CLIENTS)]
        try:
            yield
        finally:
            done.set()
    for each in working:
        each.result()


def save(desk: Desk, wanted: str, number: int) -> str:
    """Edit number `number`: a mark of its own, and every third time the title as well.

    The title that its editor saw.
    """
    seen: list[str] = []

    def change(told: Any) -> None:
        entry = next(one for one in told["sessions"] if one["id"] == wanted)
        seen.append(entry["title"])
        entry["metadata"][f"edit-{number}"] = number
        if number % 3 == 0:
            entry["title"] = f"Edit {number}"

    desk.until(lambda: isinstance(sessions_file.read(desk.path), sessions_file.SessionsFile))
    text = changed(desk.path, change)
    STYLES[USED[number % len(USED)]](desk.path, text)
    return seen[0]


def marks(text: str) -> set[str]:
    """The edits that a file holds."""
    sessions = json.loads(text)["sessions"]
    found = [name for one in sessions for name in one["metadata"] if name.startswith("edit-")]
    return set(found)


def live_edits(tmp_path: Path, count: int) -> set[str]:
    """The edits that were refused, each with its text and reason; all others are done."""
    with house(tmp_path, fronts=True) as running:
        desk = Desk(running)
        sessions = desk.create(SESSIONS, worker={"type": "conversation"})
        with under_load(running, sessions):
            seen = [save(desk, sessions[n % SESSIONS], n) for n in range(count)]
        desk.at_rest()
        done = {name for session in sessions for name in running.record(session).metadata}
        refused = desk.refused_texts()
        lost = {f"edit-{number}" for number in range(count)} - done
        assert lost <= set().union(*(marks(text) for text in refused))
        whys = [json.loads(why.read_text()) for why in running.data.rejected.glob("*.why.json")]
        assert len(whys) == len(refused)
        told = " ".join(why["reason"] for why in whys)
        for session in sessions:
            for number, before in titles_by_hand(running, session):
                assert before == seen[number] or f'"{before}"' in told
    return lost


def titles_by_hand(running: House, session: str) -> Iterator[tuple[int, str]]:
    """Each edit that set the title, with the one that it was set over."""
    title = ""
    for commit in log.read(running.data.session("default", session)).commits:
        for event in commit.events:
            if isinstance(event, e.SessionCreated):
                title = event.session.title
            if isinstance(event, e.SessionUpdated) and "title" in event.updates:
                if (commit.request or "").startswith("edit-"):
                    yield int(event.updates["title"].removeprefix("Edit ")), title
                title = event.updates["title"]


def test_thirty_edits_under_load_are_done_or_refused(tmp_path: Path) -> None:
    assert len(live_edits(tmp_path, 30)) < 15


@pytest.mark.long
def test_two_hundred_edits_under_load_are_done_or_refused(tmp_path: Path) -> None:
    assert len(live_edits(tmp_path, 200)) < 100
