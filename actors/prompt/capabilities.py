"""Section: what the model can do here, in the words of the workspace."""

from typing import ClassVar

from actors.prompt.quoting import titled
from storage.records.prompt import CapabilitiesSectionConfig


class CapabilitiesSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: CapabilitiesSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        return titled("Capabilities", self._config.text)
