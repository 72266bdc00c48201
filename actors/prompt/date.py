"""Section: the date, and the time to the minute, in UTC. It comes last since it always changes."""

from datetime import UTC, datetime
from typing import ClassVar, Protocol

from actors.prompt.quoting import titled
from storage.records.prompt import DateSectionConfig


class Dated(Protocol):
    """A clock, or the moment at which everything else was looked at."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class UtcNow:
    """The machine's own clock, for whoever has no other."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class DateSection:
    volatile: ClassVar[bool] = True

    def __init__(self, config: DateSectionConfig, clock: Dated) -> None:
        self._config = config
        self._clock = clock

    def build(self) -> str | None:
        form = "%Y-%m-%d %H:%M UTC" if self._config.include_time else "%Y-%m-%d"
        title = "Date and time" if self._config.include_time else "Date"
        return titled(title, self._clock.now().strftime(form))
