"""What others saved is taken out whole, once, and never overwritten."""

import os
import threading
from pathlib import Path

import pytest
from msgspec import Struct

from storage import edit_claims
from storage.edit_claims import Claim, claims, put_in_place, release
from storage.errors import FileRefused, StorageError


class Sample(Struct):
    number: int


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.json"


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    return tmp_path / ".edits"


def out(path: Path, content: bytes = b"ours") -> Claim:
    """What came out when ours was put in place."""
    claim = put_in_place(path, content).out
    assert claim is not None
    return claim


def test_where_nothing_was_nothing_comes_out(path: Path, edits: Path) -> None:
    placed = put_in_place(path, b"ours")
    assert (placed.out, path.read_bytes()) == (None, b"ours")
    assert placed.stamp == edit_claims.stamp_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_nlink == 1
    assert claims(edits) == []


def test_what_was_there_comes_out_as_it_is(path: Path, edits: Path) -> None:
    path.write_bytes(b"theirs")
    stamp = edit_claims.stamp_of(path)
    claim = out(path)
    assert (claim.path.read_bytes(), path.read_bytes()) == (b"theirs", b"ours")
    assert edit_claims.stamp_of(claim.path) == stamp
    assert claims(edits) == [claim]


def test_claims_are_in_the_order_they_came_out(path: Path, edits: Path) -> None:
    for number in range(5):
        path.write_bytes(b"%d" % number)
        edit_claims.keep(out(path))
    assert [claim.path.read_bytes() for claim in claims(edits)] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_clock_that_is_put_back_changes_no_order(
    path: Path, edits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"first")
    first = out(path)
    monkeypatch.setattr("time.time_ns", lambda: 5)
    path.write_bytes(b"second")
    second = out(path)
    assert claims(edits) == [first, second]


def test_whatever_is_saved_in_a_hurry_is_ours_or_comes_out(path: Path) -> None:
    saved: list[bytes] = []
    done = threading.Event()

    def save() -> None:
        while not done.is_set():
            saved.append(b"saved %d" % len(saved))
            half = path.with_name("half")
            half.write_bytes(saved[-1])
            half.rename(path)

    editor = threading.Thread(target=save)
    editor.start()
    seen: list[bytes] = []
    for number in range(50):
        claim = put_in_place(path, b"ours %d" % number).out
        if claim:
            seen.append(claim.path.read_bytes())
            assert release(claim)
    done.set()
    editor.join()
    last = path.read_bytes()
    theirs = [content for content in seen if content.startswith(b"saved")]
    assert len(set(theirs)) == len(theirs)
    assert last in {saved[-1], b"ours 49"}
    assert last == saved[-1] or saved[-1] in theirs


def test_a_released_claim_is_gone_with_its_plan(path: Path, edits: Path) -> None:
    path.write_bytes(b"theirs")
    claim = out(path)
    edit_claims.write_plan(claim, Sample(7))
    assert edit_claims.read_plan(claim, Sample) == Sample(7)
    assert release(claim)
    assert list(edits.iterdir()) == []
    assert edit_claims.read_plan(claim, Sample) is None


def test_a_claim_that_is_still_written_stays(path: Path, edits: Path) -> None:
    path.write_bytes(b"theirs")
    with path.open("ab") as file:
        claim = out(path)
        assert edit_claims.is_being_written(claim.path)
        assert not release(claim)
        file.write(b" and more")
    assert claims(edits) == [claim]
    assert claim.path.read_bytes() == b"theirs and more"
    assert release(claim)


def test_one_that_is_only_read_is_not_being_written(path: Path) -> None:
    path.write_bytes(b"theirs")
    with path.open("rb"):
        assert not edit_claims.is_being_written(path)
    assert not edit_claims.is_being_written(path.with_name("gone"))
    os.mkfifo(path.with_name("pipe"))
    assert not edit_claims.is_being_written(path.with_name("pipe"))


def test_a_system_without_leases_does_not_tell(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"theirs")
    monkeypatch.delattr("fcntl.F_SETLEASE")
    with path.open("ab"):
        assert not edit_claims.is_being_written(path)


def test_a_plan_that_cannot_be_read_is_refused(path: Path) -> None:
    path.write_bytes(b"theirs")
    claim = out(path)
    claim.plan.write_bytes(b"{")
    with pytest.raises(FileRefused):
        edit_claims.read_plan(claim, Sample)


def test_a_failure_leaves_what_was_there(path: Path, edits: Path) -> None:
    path.write_bytes(b"theirs")
    edits.write_bytes(b"in the way")
    with pytest.raises(StorageError):
        put_in_place(path, b"ours")
    assert path.read_bytes() == b"theirs"


def test_what_a_crash_left_while_names_changed_is_a_claim(path: Path, edits: Path) -> None:
    edits.mkdir()
    (edits / "sessions-12-held.json").write_bytes(b"theirs")
    (edits / "other.txt").write_bytes(b"")
    (claim,) = claims(edits)
    assert (claim.counter, claim.path.read_bytes()) == (12, b"theirs")
