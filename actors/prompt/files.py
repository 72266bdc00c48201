"""Section: the workspace's active files, each whole and fenced.

Volatile: an agent at work edits the very files that it is shown.
"""

from typing import ClassVar

from actors.prompt.quoting import fenced, one_line, titled
from storage.records.prompt import FilesSectionConfig


class FilesSection:
    volatile: ClassVar[bool] = True

    def __init__(self, config: FilesSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        shown = [
            f"## {one_line(file.name)}\n\n{fenced(file.content)}" for file in self._config.files
        ]
        return titled(one_line(self._config.header), "\n\n".join(shown))
