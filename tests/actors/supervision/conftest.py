"""A tree that grows for a test and is gone after it, with no actor left behind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pykka
import pytest

from actors.messages.supervision import Down, Restarting, TreeNode, Verdict
from actors.supervision import ActorRef, Board, ChildSpec, RootHandle, start_root
from tests.fakes.actors import Call, Diary, Family, Raise, eventually
from tests.fakes.clock import FakeClock


@dataclass
class Tree:
    root: RootHandle
    board: Board
    clock: FakeClock
    diary: Diary

    def do(self, function: Callable[[Any], Any]) -> Any:
        """Run `function(supervisor)` in the root's thread."""
        return self.root.ref.ask(Call(function), timeout=10)

    def ref(self, child_id: str) -> ActorRef[Any]:
        """That of the child's running incarnation, as soon as there is one."""
        eventually(lambda: self.running(child_id))
        found: ActorRef[Any] = self.do(lambda family: family.child_ref(child_id))
        return found

    def running(self, child_id: str) -> bool:
        ref = self.do(lambda family: family.child_ref(child_id))
        return ref is not None and ref.is_alive() and self.node(child_id).state == "running"

    def node(self, *names: str) -> TreeNode:
        found = self.board.find((*self.board.root_path, *names))
        assert found is not None
        return found

    def states(self) -> dict[str, str]:
        return {child.name: child.state for child in self.board.tree().children}

    def ends(self, child_id: str) -> list[tuple[Down, Verdict]]:
        """What `child_down` was called with, in order."""
        entries = self.diary.entries
        return [what for name, what in entries if name == child_id and isinstance(what, tuple)]

    def crash(self, child_id: str, error: BaseException | None = None) -> None:
        """Let the child fail, and wait until its supervisor has dealt with it."""
        ref, before = self.ref(child_id), len(self.ends(child_id))
        ref.tell(Raise(error or ValueError("boom")))
        eventually(lambda: len(self.ends(child_id)) > before)

    def crash_and_return(self, child_id: str) -> None:
        """Let the child fail, and move the clock over the wait for its restart."""
        self.crash(child_id)
        _, verdict = self.ends(child_id)[-1]
        assert isinstance(verdict, Restarting)
        self.clock.advance(verdict.delay_seconds)
        self.ref(child_id)

    def crash_for_good(self, child_id: str, restarts: int = 5) -> None:
        """Let the child fail as often as its policy allows, and once more."""
        for _ in range(restarts):
            self.crash_and_return(child_id)
        self.ref(child_id).tell(Raise(ValueError("once too often")))


Grow = Callable[..., Tree]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def grow(diary: Diary, clock: FakeClock) -> Iterator[Grow]:
    """`grow(specs, kind=Family)` starts a root of that class with these children."""
    trees: list[Tree] = []

    def start(specs: Sequence[ChildSpec], kind: type[Family] = Family) -> Tree:
        board = Board(clock)
        root = start_root(lambda context: kind.start(context, diary, specs), clock, board)
        trees.append(Tree(root, board, clock, diary))
        eventually(lambda: board.tree().state != "starting")
        return trees[-1]

    yield start
    for tree in trees:
        assert tree.root.stop(10)
    eventually(lambda: not pykka.ActorRegistry.get_all())
