"""The state of every actor in one thread-safe table, read without asking any of them.

Written by actors about themselves and by supervisors about their children. A node belongs to one
incarnation at a time; what an earlier one writes is ignored. A path is the tuple of names from the
root; removing a node removes all below it. What the states mean is in `messages.supervision`.
"""

import itertools
import threading
from collections.abc import Collection
from datetime import datetime

from actors.messages.supervision import NodeKind, NodeState, TreeNode
from actors.ports import Clock

Path = tuple[str, ...]


class _Node:
    def __init__(self, name: str, kind: NodeKind, since: datetime) -> None:
        self.name = name
        self.kind = kind
        self.state: NodeState = "stopped"
        self.since = since
        self.restarts = -1  # the first start is none
        self.last_error: str | None = None
        self.incarnation = 0
        self.children: dict[str, _Node] = {}

    def snapshot(self) -> TreeNode:
        return TreeNode(
            name=self.name,
            kind=self.kind,
            state=self.state,
            restarts=max(self.restarts, 0),
            last_error=self.last_error,
            since=self.since,
            children=tuple(child.snapshot() for child in self.children.values()),
        )


class Board:
    """Every method may be called from any thread and returns at once."""

    def __init__(self, clock: Clock, *, root_name: str = "supervisor") -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._incarnations = itertools.count(1)
        self._root = _Node(root_name, "supervisor", clock.now())

    @property
    def root_path(self) -> Path:
        return (self._root.name,)

    def tree(self) -> TreeNode:
        """The whole tree at one moment."""
        with self._lock:
            return self._root.snapshot()

    def find(self, path: Path) -> TreeNode | None:
        """The node with all below it."""
        with self._lock:
            node = self._at(path)
            return None if node is None else node.snapshot()

    def begin(self, path: Path, kind: NodeKind) -> int:
        """The number of a new incarnation, which now owns the node and is `starting`.

        The node is made if it is not there, else it counts a restart and loses its children.
        Numbers are unique on this board. Raises LookupError if there is no node above it.
        """
        with self._lock:
            node = self._at(path) or self._add(path, kind)
            node.children.clear()
            node.restarts += 1
            self._set_state(node, "starting")
            node.incarnation = next(self._incarnations)
            return node.incarnation

    def retire(self, path: Path) -> int:
        """Take the node from its incarnation; returns the number that may write from now on."""
        with self._lock:
            number = next(self._incarnations)
            node = self._at(path)
            if node is not None:
                node.incarnation = number
            return number

    def write(
        self,
        path: Path,
        incarnation: int,
        state: NodeState,
        error: str | None = None,
        *,
        only_from: Collection[NodeState] | None = None,
    ) -> bool:
        """Set the state, and `last_error` unless `error` is None. False if it was ignored:
        no such node, another incarnation's, or in a state that is not in `only_from`.
        """
        with self._lock:
            node = self._at(path)
            if node is None or node.incarnation != incarnation:
                return False
            if only_from is not None and node.state not in only_from:
                return False
            self._set_state(node, state)
            node.last_error = error or node.last_error
            return True

    def note_error(self, path: Path, incarnation: int, error: str) -> None:
        """Set `last_error` and leave the state."""
        with self._lock:
            node = self._at(path)
            if node is not None and node.incarnation == incarnation:
                node.last_error = error

    def remove(self, path: Path) -> None:
        """The node and all below it; nothing if it is not there. The root stays."""
        with self._lock:
            above = self._at(path[:-1])
            if above is not None:
                above.children.pop(path[-1], None)

    def _at(self, path: Path) -> _Node | None:
        if path[:1] != self.root_path:
            return None
        node: _Node | None = self._root
        for name in path[1:]:
            node = node.children.get(name) if node else None
        return node

    def _add(self, path: Path, kind: NodeKind) -> _Node:
        above = self._at(path[:-1])
        if above is None:
            raise LookupError(f"nothing in the tree above {'/'.join(path)}")
        node = above.children[path[-1]] = _Node(path[-1], kind, self._clock.now())
        return node

    def _set_state(self, node: _Node, state: NodeState) -> None:
        if node.state != state:
            node.state = state
            node.since = self._clock.now()
