"""Intents of worktrees: durable, held by one, found by the next."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from storage import making
from storage.data_dir import DataDir
from storage.records.worktree import WorktreePlan

PLAN = WorktreePlan(
    session_id="abcdefgh2345",
    repository="/work/shop",
    common_dir="/work/shop/.git",
    worktree_path="/trees/shop/x",
    branch="x",
    makes_branch=True,
    start="0" * 40,
    base_commit="0" * 40,
)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.lock()
    made.prepare()
    return made


def test_what_was_begun_is_found_again(data: DataDir) -> None:
    held = making.begin(data, "default", PLAN)
    (found,) = making.found(data)
    assert (found.workspace, found.plan, found.path) == ("default", PLAN, held.path)
    assert held.path.stat().st_mode & 0o777 == 0o600
    held.end()
    assert list(making.found(data)) == []


def test_only_what_nobody_is_at_can_be_taken(data: DataDir) -> None:
    held = making.begin(data, "default", PLAN)
    (found,) = making.found(data)
    assert making.take(found) is None
    held.release()
    taken = making.take(found)
    assert taken is not None
    taken.end()
    with pytest.raises(FileNotFoundError):
        making.take(found)


def test_a_child_that_outlives_us_still_holds_it(data: DataDir) -> None:
    held = making.begin(data, "default", PLAN)
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[held.descriptor])
    held.release()
    (found,) = making.found(data)
    assert making.take(found) is None
    assert child.stdin is not None
    child.stdin.close()
    child.wait()
    taken = making.take(found)
    assert taken is not None
    taken.release()


def test_who_waited_for_one_that_ended_finds_nothing_to_do(data: DataDir) -> None:
    held = making.begin(data, "default", PLAN)
    (found,) = making.found(data)
    descriptor = os.open(found.path, os.O_RDONLY)
    held.end()
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    with pytest.raises(FileNotFoundError):
        making.take(found)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"session_id": 7}', "\0" * 10])
def test_what_cannot_be_read_is_left_as_it_is(data: DataDir, content: str) -> None:
    held = making.begin(data, "default", PLAN)
    held.release()
    held.path.write_text(content)
    assert list(making.found(data)) == []
    assert held.path.read_text() == content


def test_releasing_twice_is_releasing_once(data: DataDir) -> None:
    held = making.begin(data, "default", PLAN)
    held.release()
    held.release()
    held.end()
    assert list(making.found(data)) == []


@pytest.mark.parametrize("names", ["recovery", "bcdefghi2345", "Abcdefgh2345"])
def test_one_that_names_another_session_than_its_file_or_none_is_left(
    data: DataDir, names: str
) -> None:
    held = making.begin(data, "default", PLAN)
    held.release()
    path = held.path
    if names == "bcdefghi2345":
        path.rename(path.with_stem(names))
        path = path.with_stem(names)
    else:
        path.write_text(path.read_text().replace(PLAN.session_id, names))
        path = path.rename(path.with_stem(names))
    assert list(making.found(data)) == []
    assert path.exists()
