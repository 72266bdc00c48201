"""A timer outlives the daemon: killed before it is due, it fires at the next start, and once."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import ROOT, House
from tests.end_to_end.test_permissions import create, prepare

PEER = ROOT / "tests" / "peers" / "mortal_daemon.py"
RULE = {"tool": "ledger.*", "decision": "allow"}


def ready(house: House) -> Path:
    return prepare(house, rules=[RULE])


def rounds(house: House, session: str) -> list[Any]:
    found: list[Any] = house.data_of({"type": "get-history", "session": session})["rounds"]
    return found


def is_done(house: House, session: str) -> Any:
    return [one for one in rounds(house, session) if one["status"] == "completed"]


def fired(house: House, session: str) -> list[Any]:
    place = house.data / "workspaces" / "default" / "sessions" / session / "journal.jsonl"
    lines = [json.loads(line) for line in place.read_text().splitlines()[1:]]
    return [each for line in lines for each in line["events"] if each["type"] == "timer-fired"]


def test_killed_before_it_is_due_it_fires_at_the_next_start_and_once(house: House) -> None:
    ledger = ready(house)
    first = house.daemon()
    session = create(house, "talk")
    told = house.json("timer", "add", "talk", "--in", "1s", "note this")["data"]
    first.kill()
    first.wait()
    due = datetime.fromisoformat(told["due"])
    house.wait(lambda: datetime.now(UTC) > due, "the time of the timer")
    second = house.daemon()
    (done,) = house.wait(lambda: is_done(house, session), "the round that it began")
    assert done["request"]["content"][0]["text"] == "note this"
    second.kill()
    second.wait()
    third = house.daemon()
    assert [one["id"] for one in rounds(house, session)] == [done["id"]]
    (event,) = fired(house, session)
    assert (event["timer_id"], event["response_id"]) == (told["timer_id"], done["id"])
    assert house.json("timer", "ls", "talk")["data"] == {"timers": []}
    other = house.json("timer", "add", "talk", "--in", "1d", "note that")["data"]["timer_id"]
    assert f"timer     {other} at " in house.run("show", "talk").stdout
    gone = house.json("timer", "rm", "talk", other[:6])["data"]
    assert gone == {"timer_id": other, "cancelled": True}
    third.terminate()
    third.wait()
    assert ledger.read_text().split() == ["note", "this"]


@pytest.mark.parametrize("phase", ["before", "written", "synced"])
def test_killed_at_the_line_in_which_it_fires_it_fires_once(house: House, phase: str) -> None:
    ledger = ready(house)
    orders = house.home / "orders"

    def order(session: str, line: int) -> None:
        fresh = orders.with_suffix(".new")
        fresh.write_text(json.dumps({"session": session, "line": line, "phase": phase}))
        fresh.rename(orders)

    order("nobody", 0)
    first = house.daemon(str(PEER), str(orders))
    session = create(house, "talk")
    order(session, 2)  # the first sets it
    wanted = {"type": "set-timer", "session": "talk", "message": "note so", "in_seconds": 0}
    told = house.drop("set", wanted)
    first.wait(60)
    order("nobody", 0)
    second = house.daemon(str(PEER), str(orders))
    house.wait(lambda: is_done(house, session), "the round that it began")
    house.wait(told.exists, "the answer to who set it")
    assert json.loads(told.read_bytes())["ok"]
    assert (len(rounds(house, session)), len(fired(house, session))) == (1, 1)
    second.terminate()
    second.wait()
    assert ledger.read_text().split() == ["note", "so"]
