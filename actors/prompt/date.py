"""Section: the date, and the time to the minute, in UTC. It comes last since it always changes."""

from typing import ClassVar

from actors.ports import Clock
from actors.prompt.quoting import titled
from storage.records.prompt import DateSectionConfig


class DateSection:
    volatile: ClassVar[bool] = True

    def __init__(self, config: DateSectionConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock

    def build(self) -> str | None:
        form = "%Y-%m-%d %H:%M UTC" if self._config.include_time else "%Y-%m-%d"
        title = "Date and time" if self._config.include_time else "Date"
        return titled(title, self._clock.now().strftime(form))
