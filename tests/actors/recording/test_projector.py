import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.recording.projector import (
    LONGEST_PAUSE_SECONDS,
    POLITE_LOOKS,
    SHORTEST_SECONDS,
    Projector,
)
from actors.recording.recording import Recording
from storage import revisions, sessions_file
from storage.data_dir import DataDir
from storage.journal.frame import JournalEnd
from storage.sessions_file import Entry
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.storage.histories import session


class Bench:
    def __init__(self, home: Path) -> None:
        self.data = DataDir(home / "data")
        self.data.lock().release()
        self.data.prepare()
        self.clock = FakeClock()
        self.recording = Recording()
        self.changes = 0
        self.entries: list[Entry] = [(session(), JournalEnd(1, 10, "00000000"))]
        self.projector = Projector(
            self.data, "default", self.recording, self.clock, lambda: self.entries, self._note
        )
        self.path = self.data.sessions_file("default")

    def _note(self) -> None:
        self.changes += 1

    @property
    def revision(self) -> int | None:
        match sessions_file.read(self.path):
            case sessions_file.SessionsFile(revision):
                return revision
            case _:
                return None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.recording.start()
    yield made
    made.recording.stop()


def test_many_changes_are_one_write_after_a_while(bench: Bench) -> None:
    for _ in range(10):
        bench.projector.touch()
    assert bench.clock.waiting == [SHORTEST_SECONDS]
    assert not bench.path.exists()
    bench.clock.advance(SHORTEST_SECONDS)
    eventually(lambda: bench.revision == 1)
    assert bench.clock.waiting == []


def test_a_change_after_a_write_brings_the_next_revision(bench: Bench) -> None:
    bench.projector.begin(41)
    bench.projector.write()
    bench.entries = []
    bench.projector.touch()
    bench.clock.advance(1000)
    eventually(lambda: bench.revision == 43)
    lines = (bench.path.parent / revisions.NAME).read_text().splitlines()
    assert [json.loads(line).get("removed") for line in lines] == [None, [session().id]]


def test_a_slow_disk_is_written_to_less_often(bench: Bench) -> None:
    bench.projector._pause_seconds = 7.0
    bench.projector.touch()
    assert bench.clock.waiting == [7.0]


@pytest.mark.parametrize("content", ['{"version": 1}', "", "{", "[]", "edited"])
def test_a_file_that_is_not_ours_comes_out(bench: Bench, content: str) -> None:
    bench.projector.write()
    saved = content if content != "edited" else bench.path.read_text().replace("Sample", "Mine")
    bench.path.write_text(saved)
    assert not bench.projector.is_in_place()
    bench.projector.write()
    assert (bench.revision, bench.projector.is_in_place()) == (2, True)
    (claim,) = bench.projector.claims()
    assert claim.path.read_text() == saved


def test_a_file_that_is_being_saved_is_let_be_for_a_while(bench: Bench) -> None:
    bench.projector.write()
    bench.path.write_text("half")
    bench.projector.touch()
    for look in range(1, POLITE_LOOKS + 1):
        bench.clock.advance(max(bench.clock.waiting))
        eventually(lambda: len(bench.clock.waiting) == 1)
        assert (bench.path.read_text(), bench.projector._looks) == ("half", look)
    bench.clock.advance(SHORTEST_SECONDS)
    eventually(lambda: bench.revision == 2)
    (claim,) = bench.projector.claims()
    assert claim.path.read_text() == "half"


def test_the_file_of_an_earlier_start_is_known_again(bench: Bench) -> None:
    bench.projector.write()
    again = Projector(bench.data, "default", bench.recording, bench.clock, lambda: bench.entries)
    again.begin(1)
    assert again.is_in_place()
    bench.path.write_text(bench.path.read_text().replace("Sample", "Mine"))
    assert not again.is_in_place()


def test_what_a_crash_left_of_our_own_writing_goes_at_the_next_start(bench: Bench) -> None:
    bench.projector.write()
    edits = bench.path.parent / ".edits"
    (edits / "sessions-7.json").write_bytes(bench.path.read_bytes())
    (edits / "sessions-8.json").write_text("saved by somebody")
    (edits / ".sessions-9.json.tmp").write_text("half")
    (edits / "sessions-6.plan").write_text("{}")
    bench.projector.begin(1)
    assert [path.name for path in edits.iterdir()] == ["sessions-8.json"]


def test_a_disk_that_refuses_is_a_problem_until_it_takes_it(bench: Bench) -> None:
    lines = bench.path.parent / revisions.NAME
    lines.mkdir()
    bench.projector.write()
    assert bench.projector.problem
    assert bench.changes == 1
    assert bench.clock.waiting == [2 * SHORTEST_SECONDS]
    bench.clock.advance(2 * SHORTEST_SECONDS)
    eventually(lambda: bench.clock.waiting == [4 * SHORTEST_SECONDS])
    lines.rmdir()
    bench.clock.advance(4 * SHORTEST_SECONDS)
    eventually(lambda: bench.revision == 3)
    eventually(lambda: bench.projector.problem is None)
    eventually(lambda: bench.changes == 2)


def test_a_disk_that_refuses_for_a_day_is_tried_every_minute(bench: Bench) -> None:
    (bench.path.parent / revisions.NAME).mkdir()
    bench.projector._failures = 24 * 60
    bench.projector.write()
    assert bench.clock.waiting == [LONGEST_PAUSE_SECONDS]


def test_after_the_recorders_end_it_is_left_to_the_next_start(bench: Bench) -> None:
    bench.projector.touch()
    bench.recording.stop()
    bench.clock.advance(SHORTEST_SECONDS)
    assert not bench.path.exists()
    bench.recording.start()


def test_a_retired_one_writes_nothing(bench: Bench) -> None:
    bench.projector.touch()
    bench.projector.retire()
    bench.projector.write()
    bench.clock.advance(SHORTEST_SECONDS)
    assert not bench.path.exists()
