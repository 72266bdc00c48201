"""A change leads to a look, whatever became of the look before."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.files_watch import FilesWatch

DEADLINE_SECONDS = 10.0


class Looks:
    """Counts looks, and can wait for one after a given moment."""

    def __init__(self) -> None:
        self.seen: list[Path] = []
        self.settled: list[Path | None] = []
        self._changed = threading.Condition()

    def __call__(self, directory: Path, file: Path | None) -> None:
        with self._changed:
            self.seen.append(directory)
            self.settled.append(file)
            self._changed.notify_all()

    def wait_for(self, directory: Path, after: int = 0) -> bool:
        with self._changed:
            return self._changed.wait_for(
                lambda: directory in self.seen[after:], timeout=DEADLINE_SECONDS
            )


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def watch(tmp_path: Path, looks: Looks) -> Iterator[FilesWatch]:
    watch = FilesWatch([tmp_path], looks)
    watch.start()
    yield watch
    watch.stop()


def test_a_written_file_leads_to_a_look(watch: FilesWatch, looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{}")
    assert looks.wait_for(tmp_path)


def test_a_file_moved_into_place_leads_to_a_look(
    watch: FilesWatch, looks: Looks, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "new").write_text("{}")
    assert looks.wait_for(tmp_path)
    count = len(looks.seen)
    (tmp_path / "elsewhere" / "new").rename(tmp_path / "job.json")
    assert looks.wait_for(tmp_path, after=count)


def test_a_look_names_the_file_that_is_finished(
    watch: FilesWatch, looks: Looks, tmp_path: Path
) -> None:
    with (tmp_path / "job.part").open("w") as file:
        assert looks.wait_for(tmp_path)
        assert set(looks.settled) == {None}
        file.write("{}")
    (tmp_path / "job.part").rename(tmp_path / "job.json")
    (tmp_path / "marker").write_text("")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while tmp_path / "marker" not in looks.settled and time.monotonic() < deadline:
        time.sleep(0.01)
    finished = [path.name for path in looks.settled if path]
    assert finished == ["job.part", "job.json", "marker"]


def test_reading_and_removing_lead_to_none(watch: FilesWatch, looks: Looks, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "read.json").write_text("{}")
    watch.add(inner)
    (inner / "read.json").read_text()
    (inner / "read.json").unlink()
    (inner / "marker").write_text("")
    assert looks.wait_for(inner)
    time_of_marker = looks.seen.count(inner)
    assert 1 <= time_of_marker <= 2


def test_directories_below_are_not_watched(watch: FilesWatch, looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert looks.wait_for(tmp_path)
    count = len(looks.seen)
    (tmp_path / "below" / "job.json").write_text("{}")
    (tmp_path / "marker").write_text("")
    assert looks.wait_for(tmp_path, after=count)
    assert set(looks.seen) == {tmp_path}


def test_a_look_that_raises_does_not_end_the_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looks, failed = Looks(), threading.Event()

    def look(directory: Path, file: Path | None) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("bad look")
        looks(directory, file)

    watch = FilesWatch([tmp_path], look)
    watch.start()
    try:
        (tmp_path / "one").write_text("")
        assert failed.wait(DEADLINE_SECONDS)
        (tmp_path / "two").write_text("")
        assert looks.wait_for(tmp_path)
        assert watch.is_alive()
    finally:
        watch.stop()
    assert "bad look" in caplog.text


def test_a_directory_can_be_added_while_it_runs(
    watch: FilesWatch, looks: Looks, tmp_path: Path
) -> None:
    added = tmp_path / "added"
    added.mkdir()
    watch.add(added)
    (added / "one").write_text("")
    assert looks.wait_for(added)


def test_lost_events_lead_to_a_look_everywhere(
    watch: FilesWatch, looks: Looks, tmp_path: Path
) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning(
        "Inotify queue overflowed; filesystem events were lost"
    )
    assert looks.wait_for(tmp_path)
    assert len(looks.seen) == 1


def test_after_the_stop_nothing_is_looked_at(tmp_path: Path, looks: Looks) -> None:
    watch = FilesWatch([tmp_path], looks)
    assert not watch.is_alive()
    watch.start()
    assert watch.is_alive()
    watch.stop()
    watch.stop()
    assert not watch.is_alive()
    (tmp_path / "late").write_text("")
    logging.getLogger("watchdog.observers.inotify").warning("Inotify queue overflowed")
    assert looks.seen == []


def test_it_can_be_started_again(tmp_path: Path, looks: Looks) -> None:
    watch = FilesWatch([tmp_path], looks)
    for _ in range(2):
        watch.start()
        watch.stop()
    watch.start()
    (tmp_path / "one").write_text("")
    assert looks.wait_for(tmp_path)
    watch.stop()


def test_a_directory_that_goes_away_shows_in_its_health(tmp_path: Path, looks: Looks) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    watch = FilesWatch([gone], looks)
    watch.start()
    gone.rmdir()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while watch.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not watch.is_alive()
    watch.stop()


def test_a_directory_in_place_of_one_that_was_removed_is_not_taken_for_it(
    tmp_path: Path, looks: Looks
) -> None:
    watch = FilesWatch([tmp_path / "watched"], looks)
    (tmp_path / "watched").mkdir()
    watch.start()
    (tmp_path / "watched").rename(tmp_path / "away")
    (tmp_path / "watched").mkdir()
    assert not watch.is_alive()
    watch.stop()
    watch.start()
    assert watch.is_alive()
    (tmp_path / "watched" / "job.json").write_text("")
    assert looks.wait_for(tmp_path / "watched")
    watch.stop()


def test_what_is_moved_out_holds_up_nothing(
    watch: FilesWatch, looks: Looks, tmp_path: Path
) -> None:
    """The library waits half a second for it to come in elsewhere, and holds up all the rest."""
    watched, elsewhere = tmp_path / "watched", tmp_path / "elsewhere"
    for directory in (watched, elsewhere):
        directory.mkdir()
    watch.add(watched)
    (watched / "old").write_text("")
    assert looks.wait_for(watched)
    for name in ("b", "c"):
        (watched / "old").rename(elsewhere / "old")
        (elsewhere / name).write_text("")
        before = len(looks.seen)
        (elsewhere / name).rename(watched / name)
        assert looks.wait_for(watched, before)
        (elsewhere / "old").rename(watched / "old")
    assert watched / "c" in looks.settled or looks.wait_for(watched)


def test_a_missing_directory_is_an_error_at_the_start(tmp_path: Path, looks: Looks) -> None:
    watch = FilesWatch([tmp_path / "missing"], looks)
    with pytest.raises(OSError, match="missing"):
        watch.start()
    assert not watch.is_alive()


@pytest.mark.parametrize("gone_first", [True, False])
def test_a_directory_is_watched_no_more(
    watch: FilesWatch, looks: Looks, tmp_path: Path, gone_first: bool
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    watch.add(more)
    if gone_first:
        more.rmdir()
        watch.remove(more)
    else:
        watch.remove(more)
        (more / "job").write_text("{}")
    assert watch.is_alive()
    (tmp_path / "job").write_text("{}")
    assert looks.wait_for(tmp_path)
    assert more not in looks.seen
