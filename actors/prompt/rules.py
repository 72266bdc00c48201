"""Section: what the model must and must not do, in the words of the workspace."""

from typing import ClassVar

from actors.prompt.quoting import titled
from storage.records.prompt import RulesSectionConfig


class RulesSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: RulesSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        return titled("Rules", self._config.text)
