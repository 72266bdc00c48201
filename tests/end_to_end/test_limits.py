"""Sessions that are held to their limits, and the account of what is there; with a real daemon."""

import sys
from pathlib import Path
from typing import Any

from storage.data_dir import DataDir
from storage.journal import log
from storage.records.event import LimitPassed
from tests.end_to_end.conftest import ROOT, House
from tests.peers.processes import alive

PROGRAM = ROOT / "tests" / "peers" / "growing.py"
COUNT = 12
MOST = 5
EATEN_BYTES = 96 * 2**20


def pids(place: Path) -> set[int]:
    return {int(path.name) for path in place.iterdir()}


def grown(house: House, place: Path, *words: str, limits: Any = None, **worker: Any) -> Any:
    """A session whose one worker grows."""
    command = [sys.executable, str(PROGRAM), str(place), *words]
    wanted = {"type": "terminal", "command": command, **worker}
    request = {"type": "create-session", "location_path": str(house.home), "worker": wanted}
    config = {"config": {"limits": limits}} if limits else {}
    return house.data_of({**request, "title": "grows", **config})


def session_of(house: House) -> Any:
    (found,) = house.status()["sessions"]
    return found


def worker_of(house: House) -> Any:
    (found,) = session_of(house)["workers"]
    return found


def given_up(house: House) -> Any:
    worker = worker_of(house)
    return worker if worker["status"] == "quarantined" else None


def none_lives(place: Path) -> bool:
    return not any(map(alive, pids(place)))


def passed(house: House, session: str) -> list[LimitPassed]:
    found = log.read(DataDir(house.data).session("default", session))
    events = [event for commit in found.commits for event in commit.events]
    return [event for event in events if isinstance(event, LimitPassed)]


def test_a_worker_that_multiplies_is_ended_to_the_last_with_the_evidence(
    running: House, place: Path
) -> None:
    grown(running, place, "processes", str(COUNT), limits={"processes": MOST}, restart="never")

    def ended() -> Any:
        return worker_of(running)["exit"]

    exit_ = running.wait(ended, "the end of the worker")
    assert exit_["cause"] == "limit"
    worker = worker_of(running)
    assert worker["status"] == "exited"
    assert worker["desired"] == "run"
    assert worker["last_error"].startswith(f"over the session's limit of {MOST} processes: ")
    running.wait(lambda: none_lives(place), "the end of all")
    shown = session_of(running)["limits"]
    assert shown["processes"] == MOST
    assert shown["enforced"] in {"watched every 5 s", "by cgroup"}
    assert (shown["why"] is None) == (shown["enforced"] == "by cgroup")
    assert running.run("doctor").stdout.splitlines()[-1].startswith("Nothing is left over")


def test_those_count_too_that_leave_environment_session_and_parent_at_once(
    running: House, place: Path
) -> None:
    grown(running, place, "escaping", str(COUNT), limits={"processes": MOST}, restart="never")
    exit_ = running.wait(lambda: worker_of(running)["exit"], "the end of the worker")
    assert exit_["cause"] == "limit"
    running.wait(lambda: none_lives(place), "the end of all")
    assert running.run("doctor").stdout.splitlines()[-1].startswith("Nothing is left over")


def test_one_that_multiplies_again_and_again_is_given_up(running: House, place: Path) -> None:
    session = grown(running, place, "processes", str(COUNT), limits={"processes": MOST})
    worker = running.wait(lambda: given_up(running), "the end of its restarts")
    assert worker["last_error"].startswith(f"over the session's limit of {MOST} processes: ")
    assert worker["exit"]["cause"] == "limit"
    running.wait(lambda: none_lives(place), "the end of all")
    told = passed(running, session["id"])
    assert {(each.by, each.limit, each.most) for each in told} == {
        (worker["id"], "processes", MOST)
    }
    assert told[-1].text == worker["last_error"]


def test_one_that_eats_memory_is_ended_and_its_neighbour_is_not(
    running: House, place: Path
) -> None:
    session = grown(running, place, "bare")
    eater = [sys.executable, str(PROGRAM), str(place), "memory", str(EATEN_BYTES)]
    running.run("limits", "grows", "--max-memory", "64M")
    worker = {"type": "terminal", "command": eater, "restart": "never"}
    running.data_of({"type": "create-worker", "session": session["id"], "worker": worker})

    def eaten() -> Any:
        first, second = session_of(running)["workers"]
        return (first, second) if second["exit"] else None

    first, second = running.wait(eaten, "the end of the eater")
    assert (second["exit"]["cause"], first["status"]) == ("limit", "running")
    assert "over the session's limit of 64 MiB of memory: " in second["last_error"]


def test_limits_that_are_lifted_hold_nobody(running: House, place: Path) -> None:
    grown(running, place, "processes", str(COUNT), limits={"processes": 2 * COUNT})
    running.wait(lambda: len(pids(place)) > COUNT, "all of them")
    running.run("limits", "grows", "--max-processes", "none")
    running.wait(lambda: session_of(running)["usage"]["processes"] > COUNT, "a look")
    assert session_of(running)["limits"] is None
    assert worker_of(running)["status"] == "running"


def test_a_tool_server_is_in_the_account_and_is_held_to_the_limits(
    house: House, place: Path
) -> None:
    script = house.home / "script.jsonl"
    script.write_text('{"when": "", "reply": [{"text": "I see."}]}\n')
    arguments = [str(PROGRAM), str(place), "server", "processes", str(COUNT)]
    house.workspace(
        {
            "models": {
                "active": "scripted",
                "providers": {"scripted": {"script": str(script)}},
            },
            "mcp_servers": {"grower": {"command": sys.executable, "args": arguments}},
        }
    )
    house.run("start")
    house.run("new", str(house.home), "--conversation", "--title", "talk")
    house.data_of({"type": "request", "session": "talk", "content": "hello"})

    def counted() -> Any:
        (server,) = house.status()["mcp_servers"]
        process = server["process"]
        return process if process and process["processes"] > COUNT else None

    process = house.wait(counted, "the account of all its processes")
    assert process["memory_bytes"] > 0
    assert alive(process["pid"])
    assert session_of(house)["usage"]["processes"] == process["processes"]
    assert f"({process['processes']} processes)" in house.run("status").stdout
    assert "grower" in house.run("show", "talk").stdout
    before = pids(place)
    house.run("limits", "talk", "--max-processes", str(MOST))
    house.wait(lambda: not any(map(alive, before)), "the end of all")

    def told() -> Any:
        (server,) = house.status()["mcp_servers"]
        return f"limit of {MOST} processes" in str(server["problem"])

    house.wait(told, "why it does not run")
