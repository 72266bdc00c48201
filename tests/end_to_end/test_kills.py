"""R4: the daemon is killed with SIGKILL again and again while clients write; nothing is lost."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from actors.cli.connection import Connection
from tests.end_to_end.conftest import RUN, House, processes_of
from tests.end_to_end.ledger import Client, compare

CLIENTS = 4


def daemon(house: House) -> "subprocess.Popen[bytes]":
    """In the foreground, without a keeper: the test brings it back itself."""
    log = (house.home / "daemon.log").open("ab")
    with log:
        started = subprocess.Popen(
            [sys.executable, str(RUN), "--data", str(house.data), "daemon"],
            env=house.environ,
            cwd=house.home,
            stdout=log,
            stderr=log,
        )
    house.wait(lambda: house.status()["daemon"]["pid"] == started.pid, "the daemon")
    return started


def survives(house: House, kills: int) -> None:
    over = threading.Event()
    running = daemon(house)
    shell = house.data_of(
        {"type": "create-session", "location_path": str(house.home), "worker": {"type": "terminal"}}
    )
    pid = shell["workers"][0]["process"]["pid"]
    clients = [Client(str(house.data), str(house.home), n, over) for n in range(CLIENTS)]
    chance = random.Random(kills)
    for client in clients:
        client.start()
    for _ in range(kills):
        over.wait(chance.uniform(0.0, 0.4))
        running.send_signal(signal.SIGKILL)
        running.wait()
        running = daemon(house)
    over.set()
    for client in clients:
        client.join(30)
    with Connection(str(house.data)) as connection:
        house_shell = connection.ask({"type": "delete-session", "session": shell["id"]})
        assert house_shell["data"] == {"deleted": True}
        messages, _ = compare(clients, connection)
    assert messages > kills
    assert shell["workers"][0]["process"]["pid"] == pid
    assert house.run("verify").returncode == 0
    house.run("stop", expect=None)
    running.wait(30)
    house.wait(lambda: not processes_of(house.data), f"the end of {processes_of(house.data)}")
    assert not Path(f"/proc/{pid}").exists()


def test_25_kills_lose_nothing_and_double_nothing(house: House) -> None:
    survives(house, 25)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_500_kills_lose_nothing_and_double_nothing(house: House) -> None:
    survives(house, 500)
