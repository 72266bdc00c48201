import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.recording.projector import SHORTEST_SECONDS, Projector
from actors.recording.recording import Recording
from storage import sessions_file
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
        self.entries: list[Entry] = [(session(), JournalEnd(1, 10, "00000000"))]
        self.projector = Projector(
            self.data, "default", self.recording, self.clock, lambda: self.entries
        )
        self.path = self.data.sessions_file("default")

    @property
    def revision(self) -> int | None:
        match sessions_file.read(self.path):
            case sessions_file.SessionsFile(revision):
                return revision
            case _:
                return None

    @property
    def rejected(self) -> list[str]:
        return sorted(path.name for path in self.data.rejected.iterdir())


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
    bench.projector.begin(41, frozenset())
    bench.projector.write()
    bench.entries = []
    bench.projector.touch()
    bench.clock.advance(1000)
    eventually(lambda: bench.revision == 43)
    lines = (bench.path.parent / sessions_file.REVISIONS_NAME).read_text().splitlines()
    assert [json.loads(line)["removed"] for line in lines] == [[], [session().id]]


def test_a_slow_disk_is_written_to_less_often(bench: Bench) -> None:
    bench.projector._pause_seconds = 7.0
    bench.projector.touch()
    assert bench.clock.waiting == [7.0]


@pytest.mark.parametrize("content", ['{"version": 1}', "", "{", '{"version": 9, "revision": 1}'])
def test_a_file_that_is_not_ours_is_kept(bench: Bench, content: str) -> None:
    bench.path.write_text(content)
    bench.projector.write()
    assert bench.revision == 1
    assert (bench.data.rejected / "sessions.json").read_text() == content
    assert bench.rejected == ["sessions.json", "sessions.json.why.json"]


def test_an_edit_is_kept_too(bench: Bench) -> None:
    bench.projector.write()
    edited = bench.path.read_text().replace("Sample", "Changed")
    bench.path.write_text(edited)
    bench.projector.write()
    assert (bench.data.rejected / "sessions.json").read_text() == edited
    assert "edited" in (bench.data.rejected / "sessions.json.why.json").read_text()


def test_a_disk_that_refuses_is_a_problem_until_it_takes_it(bench: Bench) -> None:
    revisions = bench.path.parent / sessions_file.REVISIONS_NAME
    revisions.mkdir()
    bench.projector.write()
    assert bench.projector.problem
    revisions.rmdir()
    bench.projector.write()
    assert bench.projector.problem is None
    assert bench.revision == 1


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
