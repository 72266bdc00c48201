"""Much output and input through a worker's WebSocket: every byte once, in order, whatever breaks.

Programs that flood, clients that go and come back, one that does not read.
"""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from websockets.sync.client import connect

from tests.fakes.greenroom import House, house
from tests.fakes.worker_socket import (
    RAW_CAT,
    READY,
    WorkerClient,
    address,
    back_at,
    visiting,
)

MEGABYTES = 3
SIGNS = "aä€😀\u0301z"


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: each test has sessions of its own."""
    with house(tmp_path_factory.mktemp("home"), fronts=True) as made:
        yield made


@pytest.fixture(autouse=True)
def no_actor_left() -> None:
    """The house of all tests is stopped after the last."""


def flood(size_bytes: int) -> list[str]:
    """A program that writes lines of growing numbers once it is asked to, then waits."""
    script = (
        f"stty raw -echo; echo ready; head -c 1 >/dev/null; seq 100000000 | head -c {size_bytes}"
    )
    return ["sh", "-c", f"{script}; cat"]


def numbers(size_bytes: int) -> bytes:
    made = b"".join(b"%d\n" % number for number in range(1, size_bytes // 2))
    return made[:size_bytes]


def test_megabytes_in_both_directions_come_once_and_in_order(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT)
    random = Random(1)
    text = "".join(random.choices(SIGNS, k=MEGABYTES * 500_000))
    with visiting(open_house, *where) as client:
        client.sees(READY)

        def type_all() -> None:
            at = 0
            while at < len(text):
                size = random.choice((1, 100, 30_000, 100_000))
                client.type(text[at : at + size])
                at += size

        typing = threading.Thread(target=type_all)
        typing.start()
        wanted = READY + text.encode()
        assert len(wanted) > MEGABYTES * 1_000_000
        while client.offset < len(wanted):
            client.hear()
        typing.join()
        assert digest(client.output) == digest(wanted)
        assert [each for each in client.others if each["type"] == "error"] == []


def digest(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()


def test_characters_cut_anywhere_come_whole(open_house: House, tmp_path: Path) -> None:
    """The program writes one byte at a time, with a pause for each to be read alone."""
    script = tmp_path / "bytes.py"
    script.write_text(
        "import os, sys, time\n"
        "for byte in open(sys.argv[1], 'rb').read():\n"
        "    os.write(1, bytes([byte])); time.sleep(0.002)\n"
    )
    text = SIGNS * 3
    (tmp_path / "text").write_bytes(text.encode() + b"\xff\xe2\x82." + b"\xf0\x9f")
    command = f"stty raw -echo; exec python3 -S {script} {tmp_path / 'text'}"
    where = open_house.shell(command=["sh", "-c", command])
    with visiting(open_house, *where) as client:
        client.hears("exit")
        assert client.output.decode() == text + "\ufffd\ufffd.\ufffd"
        assert client.offset == len(text.encode()) + 6


def test_who_comes_back_fifty_times_in_a_flood_misses_nothing(open_house: House) -> None:
    wanted = READY + numbers(MEGABYTES * 1_000_000)
    where = open_house.shell(command=flood(MEGABYTES * 1_000_000))
    random = Random(2)
    seen = b""
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("x")
        seen = client.output
    for _ in range(50):
        with back_at(open_house, client, *where) as client:
            until = client.offset + random.randrange(40_000)
            while client.offset < min(until, len(wanted)):
                client.hear()
            assert client.begin == len(seen)
            seen += client.output
    with back_at(open_house, client, *where) as client:
        client.reaches(len(wanted))
        seen += client.output
    assert digest(seen) == digest(wanted)


def test_history_asked_for_in_a_flood_leaves_nothing_out(open_house: House) -> None:
    wanted = READY + numbers(2_000_000)
    where = open_house.shell(command=flood(2_000_000))
    random = Random(3)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("x")
        for _ in range(30):
            client.hear()
            start = random.randrange(client.offset + 1)
            client.send("request-history", from_offset=start, epoch=1)
            client.hears("history", start=start)
        start = client.begin
        client.reaches(len(wanted))
        assert digest(client.output) == digest(wanted[start:])


def test_one_that_does_not_read_costs_little_and_holds_nobody_up(open_house: House) -> None:
    size = 12_000_000
    where = open_house.shell(command=flood(size))
    wanted = READY + numbers(size)
    url, options = address(open_house, *where)
    with (
        visiting(open_house, *where) as quick,
        connect(url, max_size=None, max_queue=1, **options) as connection,
    ):
        slow = WorkerClient(connection)
        slow.hears("history")
        before = resident_bytes()
        quick.sees(READY)
        quick.type("x")
        held = 0
        while quick.offset < len(wanted):
            message = quick.hear()
            quick.output = b""
            assert message["type"] != "output" or wanted.startswith(
                message["data"].encode(), message["start"]
            )
            held = max(held, resident_bytes() - before)
        assert held < 16_000_000
        slow.reaches(len(wanted))
        assert digest(slow.output) == digest(wanted)


def resident_bytes() -> int:
    """Of this process, which the server and both clients are in."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_a_program_that_reads_nothing_gets_no_more_than_fits(open_house: House) -> None:
    command = ["sh", "-c", "stty raw -echo; echo ready; sleep 1000"]
    where = open_house.shell(command=command)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        for _ in range(4):
            client.type("x" * 900_000)
        assert client.hears("error")["code"] == "input-full"
