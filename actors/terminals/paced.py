"""Something that is asked for often and dear to do: done at once, then not again for a while."""

from collections.abc import Callable

After = Callable[[float, Callable[[], None]], object]


class Paced:
    """`after(seconds, call)` calls once, later."""

    def __init__(self, after: After, seconds: float, call: Callable[[], None]) -> None:
        self._after = after
        self._seconds = seconds
        self._call = call
        self._is_resting = False
        self._is_due = False

    def due(self) -> None:
        """Do it now, or once when the while is over."""
        self._is_due = True
        self.look()

    def look(self) -> None:
        """Do it now, unless that was done within the while."""
        if not self._is_resting:
            self._is_resting, self._is_due = True, False
            self._after(self._seconds, self._rested)
            self._call()

    def _rested(self) -> None:
        self._is_resting = False
        if self._is_due:
            self.look()
