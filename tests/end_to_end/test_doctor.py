"""`doctor` proves that nothing is left over, or says what is: on a greenroom, alive and killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import ROOT, House
from tests.end_to_end.test_limits import none_lives, pids
from tests.peers.processes import alive

PROGRAM = ROOT / "tests" / "peers" / "growing.py"
COUNT = 8


def grow(house: House, place: Path) -> Any:
    command = [sys.executable, str(PROGRAM), str(place), "processes", str(COUNT)]
    worker = {"type": "terminal", "command": command, "restart": "never"}
    request = {"type": "create-session", "location_path": str(house.home), "worker": worker}
    made = house.data_of(request)
    house.wait(lambda: len(pids(place)) == COUNT + 1, "all of them")
    # One scan has seen those, too, that bear no mark any more.
    house.wait(
        lambda: house.status()["sessions"][0]["usage"]["processes"] == COUNT + 1, "the account"
    )
    return made


def last_line(house: House, *, expect: int) -> str:
    return house.run("doctor", expect=expect).stdout.splitlines()[-1]


def proof(house: House, *, expect: int | None) -> Any:
    return house.json("doctor", expect=expect)["data"]["processes"]


def test_it_says_what_belongs_to_whom_with_a_daemon_and_without(
    running: House, place: Path
) -> None:
    made = grow(running, place)
    key = f"{made['id']}/{made['workers'][0]['id']}"
    for _ in range(2):
        found = proof(running, expect=0)
        assert found["left_over"] == []
        assert found["sentence"].startswith("Nothing is left over: looked at ")
        ((whose, members),) = [(each["key"], each["pids"]) for each in found["owned"]]
        assert (whose, set(members)) == (key, pids(place))
        assert found["looked_at"]["terminal_hosts"] == 1
        assert found["looked_at"]["process_sessions"] > 1
        running.run("stop", "--keep-terminals", expect=None)
    assert all(map(alive, pids(place)))
    running.run("start")  # who left the process session is ended by a greenroom that runs


def test_what_is_left_over_is_named_until_the_next_start_ends_it(
    running: House, place: Path
) -> None:
    grow(running, place)
    status = running.status()
    for who in ("keeper", "daemon", "terminal_host"):
        os.kill(status[who]["pid"], signal.SIGKILL)
    # A terminal that goes tells its foreground group: the others stay.
    left = {pid for pid in pids(place) if alive(pid)}
    running.wait(lambda: not alive(status["terminal_host"]["pid"]), "the end of the host")
    found = running.wait(lambda: settled(running, place), "the same look twice")
    assert 0 < len(found["left_over"]) <= len(left)
    assert {each["why"] for each in found["left_over"]} == {"its terminal host has gone"}
    assert "left over: " in last_line(running, expect=1)
    running.run("start")
    running.wait(lambda: none_lives(place), "the end of what was left")
    assert last_line(running, expect=0).startswith("Nothing is left over: ")


def settled(house: House, place: Path) -> Any:
    """Once it names all that live."""
    found = proof(house, expect=None)
    named = {each["pid"] for each in found["left_over"]}
    return found if named == {pid for pid in pids(place) if alive(pid)} else None


def test_it_and_status_agree_on_what_a_program_left_that_bears_no_mark(
    running: House, place: Path
) -> None:
    program = (
        "import runpy, sys; from pathlib import Path;"
        " runpy.run_path(sys.argv[1])['escape'](Path(sys.argv[2]), 1); input()"
    )
    command = [sys.executable, "-c", program, str(PROGRAM), str(place)]
    worker = {"type": "terminal", "command": command, "restart": "never"}
    request = {"type": "create-session", "location_path": str(running.home), "worker": worker}
    made = running.data_of(request)
    own = {"session": made["id"], "worker": made["workers"][0]["id"]}
    running.wait(lambda: running.status()["sessions"][0]["usage"]["processes"] == 2, "both")
    running.data_of({"type": "write-input", **own, "data": "\r"})
    found = running.wait(lambda: running.status()["orphans"]["found"], "what it left")
    ((pid, kind),) = [(each["pid"], each["kind"]) for each in found]
    assert ({pid}, kind) == (pids(place), "left")
    left = [(each["pid"], each["kind"]) for each in proof(running, expect=1)["left_over"]]
    assert left == [(pid, "left")]
    assert last_line(running, expect=1).startswith(f"1 process is left over: {pid}; ")
    assert "on purpose" not in running.run("status").stdout
    running.run("doctor", "--fix")
    assert pids(place) == {pid}
    assert not alive(pid)


def test_who_else_holds_a_file_of_ours_open_is_told_of(running: House) -> None:
    journal = running.data / "run" / "daemon.log"
    stranger = subprocess.Popen(["sleep", "1000"], stdin=journal.open("rb"))
    try:
        text = running.run("doctor").stdout
        assert f"sleep (pid {stranger.pid}) is none of ours and holds {journal} open" in text
    finally:
        stranger.kill()
        stranger.wait()
