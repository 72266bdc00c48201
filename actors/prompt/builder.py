"""Puts the sections of the system prompt together, in the one order that they are sent in.

The order is instructions, capabilities, rules, tools, files, dynamic context, metadata, system,
date. What comes before the first volatile section present is the stable part, which a provider may
cache; the rest is sent anew each time, stable sections after it included.
"""

from actors.prompt.capabilities import CapabilitiesSection
from actors.prompt.date import Dated, DateSection, UtcNow
from actors.prompt.dynamic_context import DynamicContextSection
from actors.prompt.files import FilesSection
from actors.prompt.instructions import InstructionsSection
from actors.prompt.metadata import MetadataSection
from actors.prompt.rules import RulesSection
from actors.prompt.section import Section
from actors.prompt.system_info import SystemInfoSection
from actors.prompt.tools import ToolsSection
from storage.records.prompt import SystemPromptBuilderConfig

_BETWEEN = "\n\n"


class SystemPromptBuilder:
    """Builds the prompt of one request. Reads the session's directory when it is built.

    `clock` says what time it is; without one, the machine's does.
    """

    def __init__(self, config: SystemPromptBuilderConfig, clock: Dated | None = None) -> None:
        self._sections = _sections(config, clock or UtcNow())

    def build_prompt(self) -> str:
        """The whole prompt; the two parts of `build_parts`, one after the other."""
        return "".join(self.build_parts())

    def build_parts(self) -> tuple[str, str]:
        """The stable part and the volatile one; either may be empty; they join as they are."""
        stable: list[str] = []
        volatile: list[str] = []
        for section in self._sections:
            text = section.build()
            if text is not None:
                (volatile if volatile or section.volatile else stable).append(text)
        gap = _BETWEEN if stable and volatile else ""
        return _BETWEEN.join(stable), gap + _BETWEEN.join(volatile)


def _sections(config: SystemPromptBuilderConfig, clock: Dated) -> tuple[Section, ...]:
    candidates: tuple[Section | None, ...] = (
        InstructionsSection(config.instructions),
        CapabilitiesSection(config.capabilities) if config.capabilities else None,
        RulesSection(config.rules) if config.rules else None,
        ToolsSection(config.tools) if config.tools else None,
        FilesSection(config.files) if config.files else None,
        DynamicContextSection(config.dynamic_context) if config.dynamic_context else None,
        MetadataSection(config.metadata) if config.metadata else None,
        SystemInfoSection(config.system_info) if config.system_info else None,
        DateSection(config.date, clock) if config.date else None,
    )
    return tuple(section for section in candidates if section is not None)
