import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.prompt.builder import SystemPromptBuilder
from actors.prompt.settings import config_for
from storage.records.config import SessionConfig
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
from storage.records.session import QuickSession
from storage.records.tool import Tool
from storage.records.workspace import PromptSettings, WorkspaceSettings
from tests.fakes.clock import FakeClock

TOOL = Tool(name="files.read", server="files", description="Reads.", input_schema={})
FILE = PromptFile(name="notes.txt", content="remember")
ENTRY = DynamicContextEntry(tool_name="git.status", result="clean")


def full_config(cwd: str) -> SystemPromptBuilderConfig:
    return SystemPromptBuilderConfig(
        instructions=InstructionsSectionConfig("Be careful."),
        capabilities=CapabilitiesSectionConfig("You can read."),
        rules=RulesSectionConfig("Never delete."),
        tools=ToolsSectionConfig(tools=(TOOL,)),
        files=FilesSectionConfig(files=(FILE,), header="Active files"),
        dynamic_context=DynamicContextSectionConfig(entries=(ENTRY,)),
        metadata=MetadataSectionConfig(name="garden", path="/srv/garden"),
        system_info=SystemInfoSectionConfig(cwd=cwd),
        date=DateSectionConfig(),
    )


def session(**changes: Any) -> QuickSession:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    fields: dict[str, Any] = {
        "id": "s",
        "title": "t",
        "location_path": "/srv",
        "created_at": at,
        "updated_at": at,
    }
    return QuickSession(**(fields | changes))


def headings(prompt: str) -> list[str]:
    return [line[2:] for line in prompt.splitlines() if line.startswith("# ")]


def test_the_sections_come_in_the_order_of_the_contract(tmp_path: Path) -> None:
    prompt = SystemPromptBuilder(full_config(str(tmp_path)), FakeClock()).build_prompt()
    assert prompt.startswith("Be careful.\n\n# Capabilities")
    assert headings(prompt) == [
        "Capabilities",
        "Rules",
        "Tools",
        "Active files",
        "Current context",
        "Workspace",
        "System",
        "Date and time",
    ]


def test_the_volatile_part_begins_with_the_first_volatile_section(tmp_path: Path) -> None:
    builder = SystemPromptBuilder(full_config(str(tmp_path)), FakeClock())
    stable, volatile = builder.build_parts()
    assert headings(stable) == ["Capabilities", "Rules", "Tools"]
    assert headings(volatile)[0] == "Active files"
    assert stable + volatile == builder.build_prompt()


def test_the_stable_part_is_the_same_a_day_later(tmp_path: Path) -> None:
    clock = FakeClock()
    config = config_for(WorkspaceSettings(), session(location_path=str(tmp_path)))
    before = SystemPromptBuilder(config, clock).build_parts()
    clock.advance(86_400)
    after = SystemPromptBuilder(config, clock).build_parts()
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_prompt_of_instructions_alone_has_no_volatile_part() -> None:
    config = SystemPromptBuilderConfig(instructions=InstructionsSectionConfig(" Be brief. \n"))
    assert SystemPromptBuilder(config, FakeClock()).build_parts() == ("Be brief.", "")


def test_a_blank_prompt_is_empty() -> None:
    config = SystemPromptBuilderConfig(instructions=InstructionsSectionConfig(" "))
    assert not SystemPromptBuilder(config, FakeClock()).build_prompt()


def test_a_prompt_can_be_volatile_from_its_beginning() -> None:
    config = SystemPromptBuilderConfig(
        instructions=InstructionsSectionConfig(""), date=DateSectionConfig(include_time=False)
    )
    parts = SystemPromptBuilder(config, FakeClock()).build_parts()
    assert parts == ("", "# Date\n\n2026-11-21")


def test_the_sessions_own_prompt_takes_the_place_of_the_instructions() -> None:
    settings = WorkspaceSettings(prompt=PromptSettings(instructions="workspace", rules="r"))
    own = session(config=SessionConfig(system_prompt="mine"))
    assert config_for(settings, own).instructions.text == "mine"
    assert config_for(settings, session()).instructions.text == "workspace"
    assert config_for(settings, session(config=SessionConfig())).instructions.text == "workspace"


def test_settings_switch_sections_off() -> None:
    bare = PromptSettings(
        include_workspace_metadata=False, include_system_info=False, include_date_time=False
    )
    config = config_for(WorkspaceSettings(prompt=bare), session())
    assert config == SystemPromptBuilderConfig(
        instructions=InstructionsSectionConfig(bare.instructions)
    )


def test_settings_switch_sections_on() -> None:
    prompt = PromptSettings(capabilities="c", rules="r")
    settings = WorkspaceSettings(prompt=prompt, name="garden", description="Roses.")
    config = config_for(settings, session(), (TOOL,), (FILE,), (ENTRY,), text_tools=True)
    assert config.capabilities == CapabilitiesSectionConfig("c")
    assert config.rules == RulesSectionConfig("r")
    assert config.tools == ToolsSectionConfig(tools=(TOOL,))
    assert config.files == FilesSectionConfig(files=(FILE,))
    assert config.dynamic_context == DynamicContextSectionConfig(entries=(ENTRY,))
    assert config.metadata == MetadataSectionConfig(
        name="garden", path="/srv", description="Roses."
    )
    assert config.system_info == SystemInfoSectionConfig(cwd="/srv")


def test_tools_are_left_to_the_api_unless_they_are_wanted_as_text() -> None:
    assert config_for(WorkspaceSettings(), session(), (TOOL,)).tools is None


def test_the_prompt_records_load_without_the_heavy_libraries() -> None:
    code = (
        "import storage.records.prompt, sys;"
        "print([m for m in ('pykka', 'anthropic', 'mcp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
