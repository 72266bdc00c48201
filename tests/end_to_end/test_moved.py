"""The data directory moved, removed or replaced under a running daemon: never two on one place."""

import json
import shutil
from pathlib import Path

import pytest

from actors.cli.processes import pids_of
from actors.daemon import REFUSED_STATUS
from tests.end_to_end.conftest import House


def talk(house: House, text: str) -> None:
    message = {"role": "user", "content": text}
    house.data_of({"type": "add-message", "session": "talk", "message": message})


def said(house: House) -> list[str]:
    found = house.data_of({"type": "get-messages", "session": "talk"})["messages"]
    return [one["content"][0]["text"] for one in found]


def begun(house: House) -> None:
    house.data_of({"type": "create-session", "location_path": str(house.home), "title": "talk"})
    talk(house, "before")


@pytest.mark.parametrize("what", ["moved", "removed", "replaced"])
def test_a_daemon_whose_directory_goes_ends_and_writes_nothing_in_its_place(
    house: House, what: str
) -> None:
    daemon = house.daemon()
    begun(house)
    away = house.data.with_name("away")
    house.data.rename(away)
    if what == "removed":
        shutil.rmtree(away)
    if what == "replaced":
        house.data.mkdir(0o700)
    assert daemon.wait(30) == REFUSED_STATUS
    assert "is not the directory any more" in (house.home / "daemon.log").read_text()
    assert house.data.exists() == (what == "replaced")
    if what == "replaced":
        assert list(house.data.rglob("journal*")) == []


def test_the_keeper_does_not_begin_anew_in_the_old_place(running: House) -> None:
    begun(running)
    keeper = pids_of("keeper", str(running.data))
    assert len(keeper) == 1
    moved = House(running.data.with_name("moved"), running.home)
    running.data.rename(moved.data)
    running.wait(lambda: not pids_of("keeper", str(running.data)), "the end of the keeper")
    assert not running.data.exists()
    try:
        moved.run("start")
        assert said(moved) == ["before"]
    finally:
        moved.run("stop", expect=None)


def test_a_copy_put_in_its_place_has_one_daemon(house: House) -> None:
    first = house.daemon()
    begun(house)
    house.run("verify")
    away = House(house.data.with_name("away"), house.home)
    house.data.rename(away.data)
    shutil.copytree(away.data, house.data, ignore=shutil.ignore_patterns("*.sock"))
    assert first.wait(30) == REFUSED_STATUS
    house.run("start")
    talk(house, "after")
    assert said(house) == ["before", "after"]
    assert house.run("verify").returncode == 0
    assert _messages(away.data) == ["before"]


def _messages(data: Path) -> list[str]:
    (journal,) = data.glob("workspaces/*/sessions/*/journal.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [
        event["message"]["content"][0]["text"]
        for line in lines
        for event in line.get("events", [])
        if event["type"] == "message-added"
    ]
