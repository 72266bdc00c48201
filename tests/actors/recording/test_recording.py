from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.recording.commits import CommitsFailed, Committed
from actors.recording.recorder import Recorder
from actors.recording.recording import Recording
from storage.errors import JournalMissing
from storage.journal import log
from tests.fakes.actors import lone_context
from tests.storage.histories import START, added, created

ID = "abcdefghijkl"


@pytest.fixture
def recording() -> Iterator[Recording]:
    made = Recording()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / ID


def test_a_journal_comes_to_be_with_its_first_commit(recording: Recording, place: Path) -> None:
    commits = recording.create(place, ID, "default", START, lambda: None)
    assert not place.exists()
    commits.submit(*created())
    commits.write()
    assert [type(one) for one in commits.collect()] == [Committed]
    recording.release(place)
    assert log.read(place).end.n == 1
    with pytest.raises(FileExistsError):
        recording.create(place, ID, "default", START, lambda: None)


def test_opening_it_again_takes_it_away_from_whoever_had_it(
    recording: Recording, place: Path
) -> None:
    first = recording.create(place, ID, "default", START, lambda: None)
    first.submit(*created())
    second, found = recording.open(place, lambda: None)
    assert [commit.n for commit in found] == [1]
    assert [type(one) for one in first.collect()] == [Committed]
    first.submit(*added(1))
    assert [type(one) for one in first.collect()] == [CommitsFailed]
    second.submit(*added(1))
    recording.release(place)
    recording.release(place)
    assert log.read(place).end.n == 2


def test_one_that_is_not_there_cannot_be_opened(recording: Recording, place: Path) -> None:
    with pytest.raises(JournalMissing):
        recording.open(place, lambda: None)


def test_without_its_threads_there_is_no_pool() -> None:
    recording = Recording()
    recording.stop()
    with pytest.raises(RuntimeError):
        _ = recording.pool


def test_the_recorders_end_settles_every_journal(tmp_path: Path) -> None:
    recording = Recording()
    context = lone_context()
    ref = Recorder.start(context, recording)
    ref.ask("up?", block=False)  # handled after its start, and ends it as an unknown message
    places = [tmp_path / f"{letter * 12}" for letter in "abcde"]
    assert context.terminated.wait(10)
    assert context.down is not None
    assert context.down.abnormal
    recording.start()
    opened = [recording.create(one, one.name, "default", START, lambda: None) for one in places]
    for commits in opened:
        commits.submit(*created())
    recording.stop()
    assert [log.read(one).end.n for one in places] == [1] * len(places)
    assert all([type(one) for one in each.collect()] == [Committed] for each in opened)
