"""Each section of the prompt by itself: what it says, and that it is off without its config."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from actors.prompt.builder import SystemPromptBuilder
from storage.records.prompt import (
    CapabilitiesSectionConfig,
    DateSectionConfig,
    DynamicContextEntry,
    DynamicContextSectionConfig,
    FilesSectionConfig,
    InstructionsSectionConfig,
    MetadataSectionConfig,
    PromptFile,
    RulesSectionConfig,
    SystemInfoSectionConfig,
    SystemPromptBuilderConfig,
    ToolsSectionConfig,
)
from storage.records.tool import Tool

NOON = "2026-11-21 12:34:56"
TOOL = Tool(name="files.read", server="files", description="Reads.", input_schema={"a": 1})


@dataclass
class Case:
    """`volatile`: in the part that is never cached."""

    field: str
    config: Any
    text: str
    volatile: bool = False


CASES = [
    Case("instructions", InstructionsSectionConfig("Be careful."), "Be careful."),
    Case("capabilities", CapabilitiesSectionConfig("You read."), "# Capabilities\n\nYou read."),
    Case("rules", RulesSectionConfig("Never delete."), "# Rules\n\nNever delete."),
    Case(
        "tools",
        ToolsSectionConfig(tools=(TOOL,), format_instructions=False),
        '# Tools\n\n## files.read\n\nReads.\n\n```json\n{\n  "a": 1\n}\n```',
    ),
    Case(
        "files",
        FilesSectionConfig(files=(PromptFile(name="a.txt", content="text"),), header="Open files"),
        "# Open files\n\n## a.txt\n\n```\ntext\n```",
        volatile=True,
    ),
    Case(
        "dynamic_context",
        DynamicContextSectionConfig(
            entries=(
                DynamicContextEntry(tool_name="git.status", result="clean"),
                DynamicContextEntry(tool_name="ci.last", error="no answer"),
            )
        ),
        "# Current context\n\n## git.status\n\n```\nclean\n```\n\n"
        "## ci.last\n\nNot available: no answer",
        volatile=True,
    ),
    Case(
        "metadata",
        MetadataSectionConfig(name="garden", path="/srv/garden", description="Roses."),
        "# Workspace\n\n- Name: garden\n- Path: /srv/garden\n- Description: Roses.",
    ),
    Case(
        "system_info",
        SystemInfoSectionConfig(cwd="{cwd}", include_tech_stack=False),
        "# System\n\n- Operating system: {system} {release}\n- Architecture: {machine}\n"
        "- Shell: /bin/sh\n- Working directory: {cwd}",
    ),
    Case("date", DateSectionConfig(), "# Date and time\n\n2026-11-21 12:34 UTC", volatile=True),
]
SECTIONS = pytest.mark.parametrize("case", CASES, ids=lambda case: case.field)


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Puts what is so on this machine into a text."""
    monkeypatch.setenv("SHELL", "/bin/sh")
    machine = os.uname()
    facts = {
        "{cwd}": str(tmp_path),
        "{system}": machine.sysname,
        "{release}": machine.release,
        "{machine}": machine.machine,
    }

    def filled(text: str) -> str:
        for name, value in facts.items():
            text = text.replace(name, value)
        return text

    return filled


def parts(case: Case, fill: Callable[[str], str]) -> tuple[str, str]:
    config = case.config
    if isinstance(config, SystemInfoSectionConfig):
        config = SystemInfoSectionConfig(cwd=fill(config.cwd), include_tech_stack=False)
    alone: dict[str, Any] = {"instructions": InstructionsSectionConfig(""), case.field: config}
    with freeze_time(NOON):
        return SystemPromptBuilder(SystemPromptBuilderConfig(**alone)).build_parts()


@SECTIONS
def test_a_section_alone_is_the_whole_prompt(case: Case, fill: Callable[[str], str]) -> None:
    assert "".join(parts(case, fill)) == fill(case.text)


@SECTIONS
def test_only_what_changes_by_itself_is_volatile(case: Case, fill: Callable[[str], str]) -> None:
    stable, volatile = parts(case, fill)
    assert bool(volatile) == case.volatile
    assert bool(stable) != case.volatile


def test_without_its_config_every_section_is_off() -> None:
    config = SystemPromptBuilderConfig(instructions=InstructionsSectionConfig(""))
    assert not SystemPromptBuilder(config).build_prompt()
    assert {case.field for case in CASES} == set(SystemPromptBuilderConfig.__struct_fields__)


def test_the_date_alone_stays_the_same_all_day() -> None:
    date = DateSectionConfig(include_time=False)
    config = SystemPromptBuilderConfig(instructions=InstructionsSectionConfig(""), date=date)
    said = set()
    for moment in ("2026-11-21 00:00:00", "2026-11-21 23:59:59"):
        with freeze_time(moment):
            said.add(SystemPromptBuilder(config).build_prompt())
    assert said == {"# Date\n\n2026-11-21"}
