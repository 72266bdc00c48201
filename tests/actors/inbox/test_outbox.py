"""Answers on their way to the outbox, written on a pool."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from actors.inbox.errand import Errand
from actors.inbox.outbox import Outbox, Written, as_content
from storage.records.request import Answer
from storage.request_claims import Claim
from storage.request_files import Identity
from tests.storage.listing import listed


class Desk:
    def __init__(self, home: Path, pool: ThreadPoolExecutor) -> None:
        self.place = home / "outbox"
        self.place.mkdir()
        self.claims = home / "claims"
        self.claims.mkdir()
        self.told: queue.SimpleQueue[Written] = queue.SimpleQueue()
        self.outbox = Outbox(self.place, lambda: pool, self.told.put)

    def errand(self, name: str, **fields: Any) -> Errand:
        path = self.claims / f"1-{name}.json"
        path.touch()
        identity = Identity(id=f"1-{name}", answer_name=name, explicit=False)
        claim = Claim(counter=1, name=f"{name}.json", path=path)
        return Errand(identity=identity, request={}, claims=[claim], **fields)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ThreadPoolExecutor(4) as pool:
        made = Desk(tmp_path, pool)
        yield made
        made.outbox.close()


def fine(data: Any = None) -> Answer:
    return Answer(id="1-job", type="get-session", ok=True, data=data)


def test_an_answer_stands_there_and_its_claim_is_gone(desk: Desk) -> None:
    errand = desk.errand("job")
    desk.outbox.put(errand, fine())
    assert desk.told.get(timeout=30) == Written([errand], [])
    expected = b'{"id":"1-job","type":"get-session","ok":true,"data":null}\n'
    assert (desk.place / "job.json").read_bytes() == expected
    assert listed(desk.claims) == []


def test_the_claim_of_a_journaled_request_stays_until_that_is_told(desk: Desk) -> None:
    desk.outbox.put(desk.errand("job", journaled=True), b"{}")
    desk.told.get(timeout=30)
    assert (desk.place / "job.json").read_bytes() == b"{}\n"
    assert listed(desk.claims) == ["1-job.json"]


def test_the_last_of_many_with_one_name_stays(desk: Desk) -> None:
    for number in range(200):
        desk.outbox.put(desk.errand("job"), b"%d" % number)
    written = 0
    while written < 200:
        written += len(desk.told.get(timeout=30).errands)
    assert (desk.place / "job.json").read_bytes() == b"199\n"
    assert listed(desk.place) == ["job.json"]


def test_one_that_cannot_be_put_there_is_told_with_its_content(desk: Desk) -> None:
    (desk.place / "job.json").mkdir()
    errand = desk.errand("job")
    desk.outbox.put(errand, b"{}")
    ((failed, error),) = desk.told.get(timeout=30).failed
    assert failed is errand
    assert "job.json" in str(error)
    assert errand.content == b"{}"
    assert listed(desk.claims) == ["1-job.json"]


def test_a_fault_over_an_answer_ends_nothing(desk: Desk) -> None:
    errand = desk.errand("job")
    errand.identity = Identity(id="x", answer_name="../up", explicit=False)
    desk.outbox.put(errand, b"{}")
    assert [failed for failed, _ in desk.told.get(timeout=30).failed] == [errand]
    desk.outbox.put(desk.errand("next"), b"{}")
    assert desk.told.get(timeout=30).failed == []


def test_a_stream_gets_the_answer_as_its_last_line(desk: Desk) -> None:
    (desk.place / "talk.jsonl").write_bytes(b"1\n")
    desk.outbox.put(desk.errand("talk", streams=True), b"{}")
    desk.told.get(timeout=30)
    assert (desk.place / "talk.jsonl").read_bytes() == b"1\n{}\n"


def test_what_comes_after_the_end_is_left(desk: Desk) -> None:
    desk.outbox.close()
    desk.outbox.put(desk.errand("job"), b"{}")
    desk.outbox.close()
    assert listed(desk.place) == []


def test_without_a_pool_an_answer_is_left_to_the_next_start(desk: Desk, tmp_path: Path) -> None:
    def gone() -> ThreadPoolExecutor:
        raise RuntimeError("the recorder does not run")

    outbox = Outbox(desk.place, gone, desk.told.put)
    outbox.put(desk.errand("job"), b"{}")
    outbox.close()
    assert listed(desk.claims) == ["1-job.json"]


def test_an_answer_that_is_no_json_becomes_a_fault_that_is() -> None:
    content = as_content(fine(data=object()))
    assert b"internal-error" in content


def test_an_answer_whose_stream_cannot_be_ended_waits_for_that(desk: Desk) -> None:
    """Were it there already, it would come back after somebody took it away."""
    (desk.place / "talk.jsonl").mkdir()
    talk, other = desk.errand("talk", streams=True), desk.errand("other")
    for errand in (talk, other):
        desk.outbox.put(errand, b"{}")
    failed: list[Errand] = []
    written: list[Errand] = []
    while len(failed) + len(written) < 2:
        told = desk.told.get(timeout=30)
        failed += [errand for errand, _ in told.failed]
        written += told.errands
    assert (failed, written) == ([talk], [other])
    assert not (desk.place / "talk.json").exists()
    (desk.place / "talk.jsonl").rmdir()
    assert talk.content is not None
    desk.outbox.put(talk, talk.content)
    assert desk.told.get(timeout=30).errands == [talk]
    assert (desk.place / "talk.json").read_bytes() == b"{}\n"


def test_large_answers_are_encoded_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.inbox.outbox.PORTION_BYTES", 3000)
    made: list[tuple[Errand, Answer | bytes]] = [
        (desk.errand(f"job-{number}"), fine("x" * 1000)) for number in range(10)
    ]
    portions = list(desk.outbox._portions(made))
    assert [len(portion) for portion in portions] == [3, 3, 3, 1]
    assert [errand for portion in portions for errand, _ in portion] == [e for e, _ in made]
