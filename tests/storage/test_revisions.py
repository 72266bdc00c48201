"""What stood in a revision is known exactly, or not at all."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import revisions
from storage.errors import StorageError
from storage.revisions import NAME, Numbers, Revisions
from tests.storage.histories import START


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


def fill(path: Path, states: list[Numbers], begin: int = 1) -> Revisions:
    """A revision for each state, as one start writes them."""
    made = Revisions(path)
    previous = None
    for number, state in enumerate(states, begin):
        made.append(number, f"digest{number}", state, previous, START)
        previous = state
    return made


STATES: list[Numbers] = [{}, {"a": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 1}, {"b": 5}]


def test_each_revision_is_found_again(path: Path) -> None:
    made = fill(path, STATES)
    for number, state in enumerate(STATES, 1):
        assert made.find(number, f"digest{number}") == state
    assert made.last() == 5
    assert made.ever() == {"a", "b"}


def test_a_line_says_only_what_changed(path: Path) -> None:
    fill(path, STATES)
    lines = [line.partition('"at":')[2].partition(",")[2] for line in path.read_text().splitlines()]
    assert lines[2:] == [
        '"added":{"b":1},"changed":{"a":2}}',
        "",
        '"changed":{"b":5},"removed":["a"]}',
    ]


def test_nothing_is_known_of_a_file_that_is_not_there(path: Path) -> None:
    made = Revisions(path)
    assert (made.last(), made.find(1, "digest1"), made.ever()) == (0, None, frozenset())


@pytest.mark.parametrize(("number", "digest"), [(9, "digest9"), (3, "digest2"), (0, "")])
def test_another_revision_or_digest_is_not_known(path: Path, number: int, digest: str) -> None:
    assert fill(path, STATES).find(number, digest) is None


def test_after_a_start_the_first_line_says_all(path: Path) -> None:
    fill(path, STATES)
    made = fill(path, [{"c": 1}, {"c": 2}], begin=6)
    assert made.find(7, "digest7") == {"c": 2}
    assert made.find(2, "digest2") == {"a": 1}


@pytest.mark.parametrize("damage", ["gone", "shorter", "another"])
def test_after_any_damage_the_next_line_says_all(path: Path, damage: str) -> None:
    made = fill(path, STATES)
    content = path.read_bytes()
    path.unlink()
    if damage == "shorter":
        path.write_bytes(content[:-100])
    elif damage == "another":
        path.with_name("copy").write_bytes(content)
        path.with_name("other").write_bytes(b"")
        path.with_name("copy").rename(path)
    made.append(6, "digest6", {"b": 6}, STATES[-1], START)
    made.append(7, "digest7", {"b": 7}, {"b": 6}, START)
    assert made.find(6, "digest6") == {"b": 6}
    assert made.find(7, "digest7") == {"b": 7}
    assert '"added"' not in path.read_text().splitlines()[-1]


@given(torn=st.integers(0, 4), rest=st.binary(max_size=20))
def test_a_damaged_line_makes_none_of_the_others_wrong(
    tmp_path_factory: pytest.TempPathFactory, torn: int, rest: bytes
) -> None:
    path = tmp_path_factory.mktemp("revisions") / NAME
    made = fill(path, STATES)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[torn] = rest.replace(b"\n", b"") + b"\n"
    path.write_bytes(b"".join(lines))
    for number, state in enumerate(STATES, 1):
        known = state if number <= torn else None
        assert made.find(number, f"digest{number}") == known


def test_a_torn_last_line_is_passed_over(path: Path) -> None:
    fill(path, STATES)
    with path.open("a") as file:
        file.write('{"revision":6,"dig')
    made = Revisions(path)
    assert made.last() == 5
    made.append(6, "digest6", {"z": 1}, None, START)
    assert (made.last(), made.find(6, "digest6")) == (6, {"z": 1})


def test_after_a_failed_sync_all_goes_to_a_new_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the old one the end may be lost, whatever it shows, and a sync says yes to that."""
    made = fill(path, STATES[:2])
    before = path.stat().st_ino
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(StorageError):
            made.append(3, "digest3", STATES[2], STATES[1], START)
    made.append(4, "digest4", STATES[3], None, START)
    assert path.stat().st_ino != before
    assert made.find(2, "digest2") == STATES[1]
    assert made.find(4, "digest4") == STATES[3]
    moved = path.stat().st_ino
    made.append(5, "digest5", STATES[4], STATES[3], START)
    assert path.stat().st_ino == moved
    assert made.find(5, "digest5") == STATES[4]


def failing(_: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_last_line_longer_than_what_is_read_at_the_end_counts(path: Path) -> None:
    state = {f"session{number:07}": 1 for number in range(5000)}
    assert fill(path, [state]).last() == 1


def test_the_oldest_are_left_out_and_the_rest_stays_right(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "KEPT_COUNT", 20)
    monkeypatch.setattr(revisions, "_CHECK_BYTES", 4000)
    made, previous = Revisions(path), None
    for number in range(1, 401):
        state = {f"s{number // 7}": number, "always": 1}
        at = START + timedelta(hours=number)
        made.append(number, f"digest{number}", state, previous, at)
        previous = state
    count = len(path.read_bytes().splitlines())
    assert 7 * 24 <= count < 2 * 7 * 24
    assert made.find(1, "digest1") is None
    for number in range(401 - count, 401):
        assert made.find(number, f"digest{number}") == {f"s{number // 7}": number, "always": 1}


def test_so_many_are_kept_however_old(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "KEPT_COUNT", 20)
    monkeypatch.setattr(revisions, "_CHECK_BYTES", 1000)
    made = Revisions(path)
    for number in range(1, 101):
        made.append(number, f"digest{number}", {}, {}, START + timedelta(days=number))
    assert 20 <= len(path.read_bytes().splitlines()) < 60


def test_a_disk_that_refuses_is_told(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageError):
        Revisions(path).append(1, "digest1", {}, None, START)
