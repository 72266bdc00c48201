"""Section: who the model is and what it is for. It comes first and has no heading."""

from typing import ClassVar

from storage.records.prompt import InstructionsSectionConfig


class InstructionsSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: InstructionsSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        return self._config.text.strip() or None
