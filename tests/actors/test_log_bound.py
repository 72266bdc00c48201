"""The daemon's log is never larger than its bound, and what it held is in one older file."""

from pathlib import Path

import pytest

from actors.log_bound import keep_bounded

LIMIT = 1000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "daemon.log"


def older(log: Path) -> Path:
    return log.with_name("daemon.log.1")


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_below_the_limit_it_stays_as_it_is(log: Path) -> None:
    log.write_text("x" * LIMIT)
    keep_bounded(str(log), LIMIT)
    assert log.stat().st_size == LIMIT
    assert not older(log).exists()


def test_past_it_what_it_held_is_in_the_older_file(log: Path) -> None:
    for word in ("first", "second"):
        log.write_text(word * LIMIT)
        keep_bounded(str(log), LIMIT)
        assert log.read_text() == ""
        assert older(log).read_text() == word * LIMIT
    assert older(log).stat().st_mode & 0o777 == 0o600
    assert names(log.parent) == ["daemon.log", "daemon.log.1"]


def test_whoever_has_it_open_goes_on_at_its_new_end(log: Path) -> None:
    with log.open("a") as keeper, log.open("a") as daemon:
        keeper.write("k" * LIMIT)
        keeper.flush()
        daemon.write("d\n")
        daemon.flush()
        keep_bounded(str(log), LIMIT)
        for each in (daemon, keeper):
            each.write("on\n")
            each.flush()
    assert log.read_text() == "on\non\n"
    assert older(log).read_text() == "k" * LIMIT + "d\n"


def test_without_room_for_a_copy_it_grows_to_twice_the_limit(log: Path) -> None:
    older(log).mkdir()  # nothing can take its place
    log.write_text("x" * 2 * LIMIT)
    keep_bounded(str(log), LIMIT)
    assert log.stat().st_size == 2 * LIMIT
    log.write_text("x" * (2 * LIMIT + 1))
    keep_bounded(str(log), LIMIT)
    assert log.stat().st_size == 0
    assert names(log.parent) == ["daemon.log", "daemon.log.1"]


def test_none_and_a_link_to_another_file_are_let_be(log: Path) -> None:
    keep_bounded(str(log), LIMIT)
    other = log.with_name("other")
    other.write_text("x" * 2 * LIMIT)
    log.symlink_to(other)
    keep_bounded(str(log), LIMIT)
    assert other.stat().st_size == 2 * LIMIT
