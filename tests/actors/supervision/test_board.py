"""The table alone, without actors."""

from datetime import timedelta

import msgspec
import pytest

from actors.messages.supervision import TreeNode
from actors.supervision import Board, ChildContext
from tests.fakes.clock import FakeClock

ROOT = ("supervisor",)
SESSIONS = (*ROOT, "sessions")
WORKER = (*SESSIONS, "s1", "w1")


@pytest.fixture
def board(clock: FakeClock) -> Board:
    board = Board(clock)
    board.begin(ROOT, "supervisor")
    board.begin(SESSIONS, "supervisor")
    board.begin(WORKER[:-1], "supervisor")
    return board


def node(board: Board, path: tuple[str, ...] = WORKER) -> TreeNode:
    found = board.find(path)
    assert found is not None
    return found


def test_a_fresh_board_has_a_root_that_does_not_run(clock: FakeClock) -> None:
    assert Board(clock).tree() == TreeNode(
        name="supervisor",
        kind="supervisor",
        state="stopped",
        restarts=0,
        last_error=None,
        since=clock.now(),
    )


def test_three_levels_stand_in_the_tree_in_order_of_start(board: Board) -> None:
    board.begin(WORKER, "worker")
    board.begin((*ROOT, "http"), "worker")
    tree = board.tree()
    assert [child.name for child in tree.children] == ["sessions", "http"]
    assert tree.children[0].children[0].children[0].name == "w1"


def test_a_tree_survives_the_wire(board: Board) -> None:
    board.begin(WORKER, "worker")
    tree = board.tree()
    assert msgspec.json.decode(msgspec.json.encode(tree), type=TreeNode) == tree


def test_since_is_the_last_change_of_the_state(board: Board, clock: FakeClock) -> None:
    started = clock.now()
    number = board.begin(WORKER, "worker")
    clock.advance(5)
    board.write(WORKER, number, "starting", "still")
    assert node(board).since == started
    board.write(WORKER, number, "running")
    assert node(board).since == started + timedelta(seconds=5)
    assert node(board).since.utcoffset() == timedelta(0)


def test_starting_again_counts_and_keeps_the_last_error(board: Board) -> None:
    first = board.begin(WORKER, "worker")
    board.write(WORKER, first, "stopped", "boom")
    board.begin(WORKER, "worker")
    found = node(board)
    assert (found.state, found.restarts, found.last_error) == ("starting", 1, "boom")


def test_an_earlier_incarnation_cannot_write(board: Board) -> None:
    first = board.begin(WORKER, "worker")
    board.begin(WORKER, "worker")
    assert not board.write(WORKER, first, "stopped", "late")
    board.note_error(WORKER, first, "late")
    assert node(board).last_error is None


def test_a_retired_incarnation_cannot_write_though_no_other_has_begun(board: Board) -> None:
    first = board.begin(WORKER, "worker")
    number = board.retire(WORKER)
    assert not board.write(WORKER, first, "running")
    assert board.write(WORKER, number, "running")


def test_removing_a_node_removes_its_subtree(board: Board) -> None:
    number = board.begin(WORKER, "worker")
    board.remove(SESSIONS)
    assert board.tree().children == ()
    assert board.find(WORKER) is None
    assert not board.write(WORKER, number, "running")
    board.remove(SESSIONS)


def test_a_new_incarnation_has_no_children_yet(board: Board) -> None:
    board.begin(WORKER, "worker")
    board.begin(SESSIONS, "supervisor")
    assert node(board, SESSIONS).children == ()


def test_a_node_below_nothing_is_refused(board: Board) -> None:
    with pytest.raises(LookupError, match="supervisor/nowhere/x"):
        board.begin((*ROOT, "nowhere", "x"), "worker")
    assert board.find(("elsewhere",)) is None


def test_an_actor_reports_itself_degraded_and_back(board: Board, clock: FakeClock) -> None:
    number = board.begin(WORKER, "worker")
    context = ChildContext(child_id="w1", incarnation=number, clock=clock, board=board, path=WORKER)
    context.report_degraded("disk full")
    context.report_started()
    assert (node(board).state, node(board).last_error) == ("degraded", "disk full")
    context.report_running()
    assert (node(board).state, node(board).last_error) == ("running", "disk full")
    board.write(WORKER, number, "stopping")
    context.report_running()
    assert node(board).state == "stopping"
