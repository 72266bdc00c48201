"""R6: thousands of request files, the daemon killed again and again: one answer each, done once."""

import json
import os
import random
import signal
import stat
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from storage.journal.log import read_at
from storage.records import event as e
from tests.end_to_end.conftest import House

PER_BASE = 100
"""An answer tells its session with all that was said in it: few, lest it grow too long."""
CHUNK = 20


def request(house: House, number: int) -> dict[str, Any]:
    """Of ten kinds in turn; every third has an id of its own."""
    base = f"base-{number // PER_BASE}"
    made: dict[int, dict[str, Any]] = {
        0: {"type": "create-session", "location_path": str(house.home), "title": f"made-{number}"},
        1: {"type": "get-session", "session": base},
        2: {"type": "add-message", "session": base, "message": message(number)},
        3: {"type": "list-sessions"},
        4: {"type": "update-session", "session": base, "updates": {"metadata": {"n": number}}},
        5: {"type": "pause-session", "session": "nobody"},
        6: {"type": "add-message", "session": base, "message": message(number)},
        7: {"type": "get-history", "session": base},
        8: {"type": "make-coffee"},
        9: {"type": "add-message", "session": base, "message": message(number)},
    }
    own = {"id": f"own-{number}"} if number % 3 == 0 else {}
    return {**made[number % 10], **own}


def bases(total: int) -> range:
    return range(-(-total // PER_BASE))


def message(number: int) -> dict[str, Any]:
    return {"role": "user", "content": f"said {number}"}


def answers(house: House, total: int) -> dict[int, Path]:
    """Where the answer to each request is to be."""
    return {
        number: house.data / "outbox" / f"{'own' if number % 3 == 0 else 'job'}-{number}.json"
        for number in range(total)
    }


def feed(house: House, numbers: range) -> None:
    for number in numbers:
        house.drop(f"job-{number}", request(house, number))


def assert_survives(house: House, total: int, per_kill: int) -> None:
    running = house.daemon()
    for number in bases(total):
        house.data_of(
            {"type": "create-session", "location_path": str(house.home), "title": f"base-{number}"}
        )
    chance, pause = random.Random(total), threading.Event()
    for start in range(0, total, per_kill):
        for chunk in range(start, start + per_kill, CHUNK):
            feed(house, range(chunk, min(chunk + CHUNK, start + per_kill, total)))
            pause.wait(chance.uniform(0.0, 0.02))
        running.send_signal(signal.SIGKILL)
        running.wait()
        running = house.daemon()
    expected = answers(house, total)
    claimed = house.data / "inbox" / ".claimed"
    while missing := [path for path in expected.values() if not path.exists()]:
        house.wait(missing[0].exists, f"{missing[0].name}, of {len(missing)}")
    house.wait(lambda: not list(claimed.iterdir()), "the end of all claims")
    judge(house, expected)
    house.run("stop", expect=None)
    running.wait(30)
    judge_journal(house, total)


def judge(house: House, expected: dict[int, Path]) -> None:
    outbox = [path for path in (house.data / "outbox").iterdir() if not path.name.startswith(".")]
    assert sorted(outbox) == sorted(expected.values())
    assert [path.name for path in (house.data / "rejected").iterdir()] == ["README.md"]
    for number, path in expected.items():
        found = json.loads(path.read_bytes())
        kind = request(house, number)["type"]
        assert found["type"] == kind
        assert found["ok"] == (kind not in {"pause-session", "make-coffee"}), (number, found)
    listed = house.data_of({"type": "list-sessions"})["sessions"]
    titles = Counter(session["title"] for session in listed)
    created = [f"made-{number}" for number in expected if number % 10 == 0]
    assert titles == Counter([*created, *(f"base-{number}" for number in bases(len(expected)))])
    said: Counter[str] = Counter()
    for number in bases(len(expected)):
        found = house.data_of({"type": "get-messages", "session": f"base-{number}"})
        said.update(str(one["content"]) for one in found["messages"])
    assert said.total() == len([n for n in expected if n % 10 in {2, 6, 9}])
    assert set(said.values()) <= {1}


def judge_journal(house: House, total: int) -> None:
    """Each request that may change something was accepted, answered and published once."""
    counted: Counter[tuple[str, type]] = Counter()
    for path in (house.data / "requests").glob("*.jsonl"):
        for commit in read_at(path).commits:
            for event in commit.events:
                assert isinstance(event, e.RequestAccepted | e.RequestAnswered | e.AnswerPublished)
                counted[event.request_id, type(event)] += 1
    changing = len([n for n in range(total) if n % 10 in {0, 2, 4, 5, 6, 9}])
    assert len(counted) == 3 * changing
    assert set(counted.values()) == {1}


def test_400_requests_through_kills_have_one_answer_each(house: House) -> None:
    assert_survives(house, 400, 100)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_10000_requests_through_50_kills_have_one_answer_each(house: House) -> None:
    assert_survives(house, 10_000, 200)


def test_what_is_no_plain_file_is_refused_unread_and_holds_up_nothing(running: House) -> None:
    inbox, secret = running.data / "inbox", running.home / "secret.json"
    creation = {"type": "create-session", "location_path": str(running.home), "title": "secret"}
    secret.write_text(json.dumps(creation))
    os.utime(secret, (1000, 1000))
    read_at_first = secret.stat().st_atime_ns
    names = {"link.json", "hard.json", "pipe.json", "huge.json", "directory.json", "half.json"}
    (inbox / "link.json").symlink_to(secret)
    os.link(secret, inbox / "hard.json")
    os.mkfifo(inbox / "pipe.json")
    (inbox / "directory.json").mkdir()
    with (inbox / "huge.json").open("wb") as file:
        file.truncate(2 << 30)
    (inbox / "half.json").write_text('{"type": "list-')
    for hostile in ("\x1b[2J.json", "-rf.json", "a b.json", "ü.json", "x" * 200 + ".json"):
        (inbox / hostile).write_text("{}")
    if os.geteuid() == 0:
        names.add("null.json")
        os.mknod(inbox / "null.json", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    for number in range(10):
        assert running.answer(f"fine-{number}", {"type": "list-sessions"})["data"]["sessions"] == []
    running.wait(lambda: not list(inbox.glob("*.json")), "an empty inbox")
    refused = names | {f"{name}.why.json" for name in names}
    rejected = running.data / "rejected"
    running.wait(lambda: refused <= {path.name for path in rejected.iterdir()}, "the reasons")
    kept = {path.name for path in rejected.iterdir()}
    assert len([name for name in kept if name.endswith(".why.json")]) == len(names) + 5
    assert secret.stat().st_atime_ns == read_at_first
    assert json.loads(secret.read_text()) == creation


def test_many_at_once_are_all_answered(running: House) -> None:
    wanted = [
        running.drop(f"job-{number}", {"type": "get-session", "session": "nobody"})
        for number in range(1000)
    ]
    running.wait(lambda: all(path.exists() for path in wanted), "all answers")
    status = running.status()["inbox"]
    assert status["rejected"] == status["waiting"] == 0
