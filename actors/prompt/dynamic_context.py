"""Section: what tools said while the context was built; one that failed becomes a line."""

from typing import ClassVar

from actors.prompt.quoting import fenced, one_line, titled
from storage.records.prompt import DynamicContextEntry, DynamicContextSectionConfig


class DynamicContextSection:
    volatile: ClassVar[bool] = True

    def __init__(self, config: DynamicContextSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        return titled("Current context", "\n\n".join(map(_shown, self._config.entries)))


def _shown(entry: DynamicContextEntry) -> str:
    heading = f"## {one_line(entry.tool_name)}"
    if entry.error is not None:
        return f"{heading}\n\nNot available: {one_line(entry.error)}"
    return f"{heading}\n\n{fenced(entry.result or '')}"
