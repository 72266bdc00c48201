"""PURE: what may be in one journal: all that was acknowledged, then some of what was begun."""

from tests.crash.marks import Line

Lines = tuple[Line, ...]


class History:
    def __init__(self, kept: Lines = ()) -> None:
        self._kept = kept
        self._begun: list[Lines] = []

    def begin(self, first: int, lines: Lines) -> None:
        """This may be there from now on, after what was acknowledged."""
        assert first == len(self._kept) + 1, "a journal goes on where it was acknowledged"
        self._begun.append(lines)

    def keep(self, n: int) -> None:
        """What was begun last is acknowledged, and what was refused before it must not be there."""
        self._kept += self._begun[-1]
        self._begun = []
        assert len(self._kept) == n, "as many as were begun"

    def refuted_by(self, lines: Lines) -> str | None:
        """Why a journal that holds these lines cannot be; None if it can."""
        known = len(self._kept)
        if lines[:known] != self._kept:
            same = next((i for i, line in enumerate(lines) if line != self._kept[i]), len(lines))
            return f"{known} commits were acknowledged, and {same} of them are there"
        rest = lines[known:]
        if rest and not any(batch[: len(rest)] == rest for batch in self._begun):
            return f"after number {known} stands what was not begun, or was refused"
        return None
