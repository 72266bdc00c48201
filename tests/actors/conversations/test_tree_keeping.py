"""Each round ends with its files kept, in order, one at a time, and nobody waits for ever."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.conversations import tree_keeping
from actors.conversations.tree_keeping import TreeKeeping
from actors.git.kept_trees import kept_trees, ref_of
from tests.actors.git.places import do, git_in, new_repository
from tests.fakes.greenroom import House

ID = "abcdefghijkl"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
def keeping(pool: ThreadPoolExecutor) -> TreeKeeping:
    return TreeKeeping(lambda: pool, {"PATH": os.environ["PATH"]})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repository")


def numbers(place: Path, session_id: str = ID) -> list[int]:
    return [tree.n for tree in kept_trees(git_in(place), session_id, 10**9)]


def test_who_waits_goes_on_when_it_is_kept(keeping: TreeKeeping, place: Path) -> None:
    keeping.round_ended(ID, place, 5)
    asyncio.run(keeping.settled(ID))
    assert numbers(place) == [5]
    keeping.round_ended(ID, place, 8)
    keeping.wait(ID)
    assert numbers(place) == [5, 8]
    keeping.wait("another")


def test_while_one_is_made_the_newest_waits_alone(
    keeping: TreeKeeping, place: Path, pool: ThreadPoolExecutor
) -> None:
    go_on = threading.Event()
    pool.submit(go_on.wait)
    for n in (5, 8, 11):
        keeping.round_ended(ID, place, n)
    go_on.set()
    keeping.wait(ID)
    assert numbers(place) == [11]


def test_nobody_waits_for_ever(
    keeping: TreeKeeping,
    place: Path,
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tree_keeping, "WAIT_SECONDS", 0.05)
    go_on = threading.Event()
    pool.submit(go_on.wait)
    keeping.round_ended(ID, place, 5)
    asyncio.run(keeping.settled(ID))
    keeping.wait(ID)
    assert numbers(place) == []
    go_on.set()
    pool.submit(lambda: None).result(30)
    assert numbers(place) == [5]


def test_what_cannot_be_kept_is_logged_and_holds_nothing_up(
    keeping: TreeKeeping, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere")
    keeping.round_ended(ID, tmp_path, 5)
    keeping.wait(ID)
    assert "no tree of number 5" in caplog.text
    keeping.round_ended(ID, tmp_path / "gone", 6)
    keeping.wait(ID)


class EndedPool:
    """That of a recorder which does not run; `asked` counts how often it was wanted."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> ThreadPoolExecutor:
        self.asked += 1
        raise RuntimeError("the recorder does not run")


def test_without_git_nothing_is_run(pool: ThreadPoolExecutor, tmp_path: Path) -> None:
    ran, programs, plain = (tmp_path / name for name in ("ran", "programs", "plain"))
    programs.mkdir()
    plain.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\necho > {ran}\nexit 1\n")
    (programs / "git").chmod(0o755)
    keeping = TreeKeeping(lambda: pool, {"PATH": str(programs)})
    keeping.round_ended(ID, plain, 5)
    keeping.wait(ID)
    assert not ran.exists()
    (plain / ".git").mkdir()
    keeping.round_ended(ID, plain, 6)
    keeping.wait(ID)
    assert ran.exists()


def test_when_greenroom_ends_nobody_is_left_waiting(place: Path) -> None:
    pool = EndedPool()
    keeping = TreeKeeping(pool, {})
    keeping.round_ended(ID, place, 5)
    keeping.wait(ID)
    assert pool.asked == 1
    assert numbers(place) == []


def test_each_round_of_a_session_ends_with_its_tree(greenroom: House) -> None:
    do(greenroom.place, "init", "--quiet", "--initial-branch=main")
    greenroom.converse([{"reply": [{"text": "yes"}]}] * 3)
    session_id = greenroom.create(config={})["id"]
    for text in ("one", "two"):
        (greenroom.place / "file").write_text(text)
        greenroom.get("request", session=session_id, content=text)
        greenroom.room.around.trees.wait(session_id)
    rounds = greenroom.get("get-history", session=session_id)["rounds"]
    ended = [one["n"] for one in rounds]
    assert numbers(greenroom.place, session_id) == ended
    for n, text in zip(ended, ("one", "two"), strict=True):
        assert do(greenroom.place, "show", f"{ref_of(session_id, n)}:file") == text
