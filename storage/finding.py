"""Which of several things with an id a reference means, by the rule that holds on every front.

A name or an exact id, else a unique beginning of an id (four characters at least), else a title.
Titles are asked for only when the rest has found nothing: they stand in journals.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from storage.records.request import Refusal

SHORTEST_PREFIX = 4
MOST_CANDIDATES = 10


class Named(Protocol):
    """`name` is its own; several can have one `id`."""

    @property
    def name(self) -> str: ...

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Named)


def pick(
    reference: str,
    candidates: Sequence[T],
    title_of: Callable[[T], str | None],
    where: str = "",
) -> T | Refusal:
    """The one that is meant; `session-not-found`, or `ambiguous` with the candidates' names.

    `where` ends the text of the former.
    """
    tests: tuple[Callable[[T], bool], ...] = (
        lambda one: one.name == reference,
        lambda one: one.id == reference,
        lambda one: len(reference) >= SHORTEST_PREFIX and one.id.startswith(reference),
        lambda one: title_of(one) == reference,
    )
    for means in tests:
        matches = [one for one in candidates if means(one)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            return _ambiguous(reference, [one.name for one in matches])
    text = f"Session not found with ID: {reference}"
    return Refusal(code="session-not-found", message=f"{text} ({where})" if where else text)


def _ambiguous(reference: str, names: list[str]) -> Refusal:
    shown = ", ".join(names[:MOST_CANDIDATES])
    more = f" and {len(names) - MOST_CANDIDATES} more" if len(names) > MOST_CANDIDATES else ""
    return Refusal(
        code="ambiguous",
        message=f"{reference!r} could be {shown}{more}; name one by its whole name",
        data={"candidates": [{"id": name} for name in names[:MOST_CANDIDATES]]},
    )
