"""An append-only sequence of records by id, cheap to extend and safe to share.

Appending to the newest version extends the storage that all versions have in common; each version
sees its own prefix only. Appending to an older version the very item that follows there shares it
too, anything else copies, and so does replacing an item. So a fold is pure to whoever looks at it,
may be done again for a second state, and costs constant time per event.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar, overload


class HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=HasId)


class Ledger(Sequence[T], Generic[T]):
    """Items in order of arrival; ids are unique. Immutable."""

    __slots__ = ("_items", "_length", "_positions")

    def __init__(self, items: Sequence[T] = ()) -> None:
        self._items = list(items)
        self._positions = {item.id: position for position, item in enumerate(self._items)}
        self._length = len(self._items)

    def append(self, item: T) -> "Ledger[T]":
        if self._length == len(self._items):
            self._items.append(item)
            self._positions[item.id] = self._length
        elif self._items[self._length] is not item:
            return Ledger([*self, item])
        return self._first(self._length + 1)

    def _first(self, length: int) -> "Ledger[T]":
        version: Ledger[T] = Ledger.__new__(Ledger)
        version._items, version._positions = self._items, self._positions
        version._length = length
        return version

    def extended(self, items: Sequence[T]) -> "Ledger[T]":
        """The same with all of `items` appended."""
        if self._length < len(self._items):
            return Ledger([*self, *items])
        self._items.extend(items)
        positions = range(self._length, len(self._items))
        self._positions.update(zip((item.id for item in items), positions, strict=True))
        return self._first(len(self._items))

    def replace(self, item: T) -> "Ledger[T]":
        """The same with `item` in place of the one with its id. KeyError if there is none."""
        position = self._position(item.id)
        if position is None:
            raise KeyError(item.id)
        items = self._items[: self._length]
        items[position] = item
        return Ledger(items)

    def find(self, item_id: str) -> T | None:
        position = self._position(item_id)
        return None if position is None else self._items[position]

    def _position(self, item_id: str) -> int | None:
        position = self._positions.get(item_id)
        return position if position is not None and position < self._length else None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return self._items[: self._length][index]
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self._items[index % self._length]

    def __iter__(self) -> Iterator[T]:
        return (self._items[position] for position in range(self._length))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(item.id for item in self))

    def __repr__(self) -> str:
        return f"Ledger({list(self)!r})"
