"""Section: the workspace: its name, where it is, and what it is for."""

from typing import ClassVar

from actors.prompt.quoting import one_line, titled
from storage.records.prompt import MetadataSectionConfig


class MetadataSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: MetadataSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        lines = [f"- Name: {one_line(self._config.name)}", f"- Path: {one_line(self._config.path)}"]
        if self._config.description:
            lines.append(f"- Description: {one_line(self._config.description)}")
        return titled("Workspace", "\n".join(lines))
