"""PURE: a valid history taken apart: what stays together, what must stay, and what may go."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import groupby

from storage.records.message import ChatMessage

Unit = tuple[ChatMessage, ...]
"""Sent whole or not at all: a message, with the results of the tools that it calls."""
Group = tuple[int, ...]
"""The units of a round, by their indexes."""
Size = Callable[[ChatMessage], int]
"""The tokens of a message."""
_OPENS = frozenset({"user", "summary"})


class Parts:
    """`kept` units stay: what the system says, the first message of the user and the last one, and
    the newest turn. `groups` may go: the rounds between, oldest first, each summary by itself, and
    each earlier turn of the last round by itself.
    """

    def __init__(self, history: Collection[ChatMessage]) -> None:
        self.units = tuple(_units(history))
        roles = [unit[0].role for unit in self.units]
        opening = next((at for at, role in enumerate(roles) if role in _OPENS), None)
        asking = max((at for at, role in enumerate(roles) if role == "user"), default=opening)
        self.opening = opening
        self.asking = asking
        system = (at for at, role in enumerate(roles) if role == "system")
        ends = (at for at in (opening, asking, len(roles) - 1) if at is not None and at >= 0)
        self.kept = frozenset((*system, *ends))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        free = [at for at in range(len(self.units)) if at not in self.kept]
        return tuple(tuple(group) for _, group in groupby(free, self._round_of))

    @cached_property
    def unanswered(self) -> tuple[Group, ...]:
        """Of earlier rounds without an answer what may go; the first request if it is alone."""
        before = range(self.asking or 0)
        rounds = [tuple(group) for _, group in groupby(before, self._rounds.__getitem__)]
        open_ended = [group for group in rounds if not any(map(self._is_answer, group))]
        said = [tuple(filter(self._is_said, group)) for group in open_ended]
        return tuple(
            group[1:] if len(group) > 1 and group[0] == self.opening else group for group in said
        )

    def _is_said(self, at: int) -> bool:
        return self.units[at][0].role not in {"system", "summary"}

    def _is_answer(self, at: int) -> bool:
        message = self.units[at][0]
        return message.role == "assistant" and not message.tool_calls

    @cached_property
    def _rounds(self) -> list[int]:
        count, rounds = 0, []
        for unit in self.units:
            count += unit[0].role == "user"
            rounds.append(count)
        return rounds

    def _round_of(self, at: int) -> tuple[int, int]:
        """The same for units that go together."""
        alone = self.is_summary(at) or (self.asking is not None and at > self.asking)
        return (self._rounds[at], at if alone else -1)

    def is_summary(self, at: int) -> bool:
        return self.units[at][0].role == "summary"

    def is_current(self, group: Group) -> bool:
        """Of the last round: turns that the newest one goes on from."""
        is_later = self.asking is not None and group[0] > self.asking
        return is_later and not self.is_summary(group[0])

    def size(self, indexes: Iterable[int], size: Size) -> int:
        return sum(size(message) for at in indexes for message in self.units[at])

    def history(self, indexes: Collection[int]) -> tuple[ChatMessage, ...]:
        """The messages of these units, in order."""
        return tuple(message for at in sorted(indexes) for message in self.units[at])


def _units(history: Iterable[ChatMessage]) -> Iterator[Unit]:
    unit: list[ChatMessage] = []
    for message in history:
        if unit and message.role != "tool":
            yield tuple(unit)
            unit = []
        unit.append(message)
    if unit:
        yield tuple(unit)
