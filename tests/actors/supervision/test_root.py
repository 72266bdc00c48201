"""What boot sees of the top of the tree."""

import threading
from typing import Any

import pytest

from actors.supervision import ActorRef, Board, ChildContext, start_root
from tests.actors.supervision.conftest import Grow
from tests.fakes.actors import Block, Diary, Family, Raise, probe
from tests.fakes.clock import FakeClock


def test_a_root_that_was_stopped_has_ended_without_an_error(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    assert not tree.root.ended.is_set()
    assert not tree.root.wait(0.0)
    assert tree.root.stop(10)
    assert tree.root.ended.is_set()
    assert tree.root.error is None
    assert tree.board.tree().state == "stopped"


def test_a_root_that_crashed_says_why(grow: Grow) -> None:
    tree = grow([])
    tree.root.ref.tell(Raise(KeyError("boom")))
    assert tree.root.wait(10)
    assert tree.root.error == "KeyError: 'boom'"
    assert tree.board.tree().last_error == "KeyError: 'boom'"


def test_a_stop_that_takes_too_long_says_so_and_can_be_waited_for(grow: Grow) -> None:
    tree = grow([])
    block = Block(threading.Event())
    tree.root.ref.tell(block)
    assert block.entered.wait(10)
    assert not tree.root.stop(0.01)
    block.until.set()
    assert tree.root.wait(10)


def test_a_root_can_be_stopped_twice(grow: Grow) -> None:
    tree = grow([])
    assert tree.root.stop(10)
    assert tree.root.stop(10)


def test_a_root_that_cannot_be_made_raises_and_is_on_the_board(clock: FakeClock) -> None:
    board = Board(clock, root_name="top")

    def make(context: ChildContext) -> ActorRef[Any]:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        start_root(make, clock, board)
    assert (board.tree().state, board.tree().last_error) == ("stopped", "OSError: no")


def test_the_root_is_named_by_the_board(clock: FakeClock, diary: Diary) -> None:
    board = Board(clock, root_name="top")
    root = start_root(lambda context: Family.start(context, diary, []), clock, board)
    assert root.stop(10)
    assert diary.of("stopping") == ["top"]
