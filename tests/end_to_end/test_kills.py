"""R4: the daemon is killed with SIGKILL again and again while clients write; nothing is lost."""

import random
import signal
import threading
from pathlib import Path

import pytest

from actors.cli.connection import Connection
from tests.end_to_end.conftest import House, processes_of
from tests.end_to_end.ledger import Client, compare

CLIENTS = 4
END_SECONDS = 5.0
"""After it nothing of a stopped greenroom runs any more."""


def assert_survives(house: House, kills: int) -> None:
    over = threading.Event()
    running = house.daemon()
    shell = house.data_of(
        {"type": "create-session", "location_path": str(house.home), "worker": {"type": "terminal"}}
    )
    worker_id, pid = shell["workers"][0]["id"], shell["workers"][0]["process"]["pid"]
    clients = [Client(str(house.data), str(house.home), n, over) for n in range(CLIENTS)]
    chance = random.Random(kills)
    for client in clients:
        client.start()
    for _ in range(kills):
        over.wait(chance.uniform(0.0, 0.4))
        running.send_signal(signal.SIGKILL)
        running.wait()
        running = house.daemon()
    over.set()
    for client in clients:
        client.join(30)
    kept = house.worker(shell["id"], worker_id)
    assert (kept["status"], kept["process"]["pid"]) == ("running", pid)
    with Connection(str(house.data)) as connection:
        house_shell = connection.ask({"type": "delete-session", "session": shell["id"]})
        assert house_shell["data"] == {"deleted": True}
        messages, _ = compare(clients, connection)
    assert messages > kills
    assert house.run("verify").returncode == 0
    house.run("stop", expect=None)
    running.wait(30)
    house.wait(lambda: not processes_of(house.data), "the end of all processes", END_SECONDS)
    assert not Path(f"/proc/{pid}").exists()


def test_25_kills_lose_nothing_and_double_nothing(house: House) -> None:
    assert_survives(house, 25)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_500_kills_lose_nothing_and_double_nothing(house: House) -> None:
    assert_survives(house, 500)
