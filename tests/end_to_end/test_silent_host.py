"""A terminal host that is stopped or hangs: everybody is answered, and nothing is done twice."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from actors.cli.processes import pids_of
from tests.end_to_end.conftest import House

KEEPER = "stty raw -echo; echo ready; exec cat > '{}'"


def keeper(house: House) -> Path:
    """Session `one` with a program that keeps every byte typed into it, in the file given back."""
    kept = house.home / "typed"
    command = ["/bin/sh", "-c", KEEPER.format(kept)]
    house.run("new", str(house.home), "--title", "one", "--terminal", "--", *command)
    house.wait(kept.exists, "the program")
    return kept


def typed(house: House, text: str) -> Any:
    return house.ask(
        {"type": "write-input", "session": "one", "worker": "terminal-1", "data": text}
    )


def test_everybody_is_answered_while_the_host_is_stopped(house: House) -> None:
    house.run("start")
    kept = keeper(house)
    assert typed(house, "before.")["ok"]
    host = pids_of("terminal-host", str(house.data))[0]
    os.kill(host, signal.SIGSTOP)
    under_way = typed(house, "once.")["error"]
    assert under_way["code"] == "host-not-answering"
    assert "Do not repeat it" in under_way["message"]
    refused = typed(house, "never.")["error"]
    assert refused["code"] == "host-not-answering"
    assert refused["message"].startswith("nothing was typed")
    added = house.run("worker", "add", "one", "--terminal", expect=1).stderr
    assert f"kill -CONT {host}" in added
    shown = house.status()["terminal_host"]
    assert (shown["pid"], "does not answer" in shown["problem"]) == (host, True)
    assert "greenroom restart --terminals" in house.run("status").stdout
    os.kill(host, signal.SIGCONT)
    house.wait(lambda: house.worker("one", "terminal-2")["process"], "what was asked for")
    house.wait(lambda: not house.status()["terminal_host"]["problem"], "the host")
    assert typed(house, "after.")["ok"]
    house.wait(lambda: kept.read_bytes() == b"before.once.after.", "what was typed")


def test_a_daemon_that_comes_up_beside_a_stopped_host_works_for_all_else(house: House) -> None:
    house.run("start")
    kept = keeper(house)
    process = house.worker("one", "terminal-1")["process"]
    host = pids_of("terminal-host", str(house.data))[0]
    os.kill(host, signal.SIGSTOP)
    daemon = house.kill_daemon()
    house.run("new", str(house.home), "--title", "two", "--conversation")
    assert typed(house, "never.")["error"]["code"] == "host-not-answering"
    found = house.wait(lambda: house.status()["terminal_host"]["problem"], "what is wrong")
    assert "not to be reached" in found
    assert house.status()["daemon"]["pid"] == daemon
    attached = house.run("attach", "one", expect=None)
    assert attached.returncode != 0
    os.kill(host, signal.SIGCONT)
    house.wait(lambda: typed(house, "after.")["ok"], "the host")
    assert house.worker("one", "terminal-1")["process"] == process
    house.wait(lambda: kept.read_bytes() == b"after.", "what was typed")


def test_the_host_and_its_terminals_begin_anew_on_purpose(house: House) -> None:
    house.run("start")
    house.run("new", str(house.home), "--title", "one", "--terminal")
    house.run("worker", "add", "one", "--terminal", "--", "sleep", "1000")
    house.run("worker", "add", "one", "--terminal", "--restart", "always", "--", "sleep", "1001")
    names = ("terminal-1", "terminal-2", "terminal-3")
    before = [house.worker("one", name)["process"]["pid"] for name in names]
    host = pids_of("terminal-host", str(house.data))[0]
    os.kill(host, signal.SIGSTOP)
    house.run("restart", "--terminals")
    shell, command, always = (house.wait(partial(_settled, house, each), each) for each in names)
    assert (shell["status"], command["status"], always["status"]) == (
        "running", "stopped", "running",
    )  # fmt: skip
    after = [shell["process"]["pid"], always["process"]["pid"]]
    assert not {host, *before} & {*after, *pids_of("terminal-host", str(house.data))}
    assert "Usage" not in house.run("restart", "--help").stdout
    house.run("restart", "one", "--terminals", expect=2)


def _settled(house: House, name: str) -> Any:
    worker = house.worker("one", name)
    return worker if worker["status"] != "starting" else None
