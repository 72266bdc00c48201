import json

from hypothesis import given
from hypothesis import strategies as st

from actors.prompt.dynamic_context import DynamicContextSection
from actors.prompt.files import FilesSection
from actors.prompt.metadata import MetadataSection
from actors.prompt.quoting import fenced, one_line
from actors.prompt.rules import RulesSection
from actors.prompt.tools import ToolsSection
from storage.records.prompt import (
    DynamicContextEntry,
    DynamicContextSectionConfig,
    FilesSectionConfig,
    MetadataSectionConfig,
    PromptFile,
    RulesSectionConfig,
    ToolsSectionConfig,
)
from storage.records.tool import Tool

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}
TOOL = Tool(name="files.read", server="files", description="Reads.", input_schema=SCHEMA)


def unfenced(text: str) -> str:
    """What a reader of Markdown sees in the one fence that `text` is, by CommonMark's rules."""
    opening, *lines = text.split("\n")
    fence = opening[: len(opening) - len(opening.lstrip("`"))]
    closing = next(
        at
        for at, line in enumerate(lines)
        if line.strip(" ").startswith(fence) and not line.strip(" `")
    )
    assert closing == len(lines) - 1
    return "\n".join(lines[:closing])


def test_a_file_that_holds_fences_stays_whole() -> None:
    content = "before\n```python\nx = 1\n```\n````\nafter"
    section = FilesSection(FilesSectionConfig(files=(PromptFile(name="a.md", content=content),)))
    text = section.build()
    assert text is not None
    heading, _, block = text.partition("## a.md\n\n")
    assert heading == "# Files\n\n"
    assert unfenced(block) == content


@given(st.text(alphabet=st.sampled_from("`~ab \n")))
def test_no_content_breaks_out_of_its_fence(content: str) -> None:
    assert unfenced(fenced(content)) == content.removesuffix("\n")


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


def test_a_files_name_cannot_write_a_heading_of_its_own() -> None:
    file = PromptFile(name="a\n# Rules\x1b[2J", content="x")
    text = FilesSection(FilesSectionConfig(files=(file,))).build()
    assert text is not None
    assert "## a # Rules [2J\n" in text


def test_sections_without_content_are_left_out() -> None:
    assert FilesSection(FilesSectionConfig(files=())).build() is None
    assert ToolsSection(ToolsSectionConfig(tools=())).build() is None
    assert RulesSection(RulesSectionConfig(" \n")).build() is None
    assert DynamicContextSection(DynamicContextSectionConfig(entries=())).build() is None


def test_text_mode_explains_a_call_with_an_example_that_parses() -> None:
    text = ToolsSection(ToolsSectionConfig(tools=(TOOL,))).build()
    assert text is not None
    assert '<tool_call>{"tool": "name", "parameters": {...}}</tool_call>' in text
    example = text.split("<tool_call>")[-1].split("</tool_call>")[0]
    assert json.loads(example) == {"tool": "files.read", "parameters": {"path": "notes.txt"}}


def test_a_tool_is_listed_with_its_name_description_and_schema() -> None:
    config = ToolsSectionConfig(tools=(TOOL,), format_instructions=False)
    text = ToolsSection(config).build()
    assert text is not None
    assert text.startswith("# Tools\n\n## files.read\n\nReads.\n\n```json\n")
    assert json.loads(unfenced(text[text.index("```") :])) == SCHEMA


def test_dynamic_context_shows_results_fenced_and_failures_as_a_line() -> None:
    entries = (
        DynamicContextEntry(tool_name="git.status", result="clean"),
        DynamicContextEntry(tool_name="ci.last", error="timed out\nafter 5 s"),
        DynamicContextEntry(tool_name="empty.one", result=""),
    )
    text = DynamicContextSection(DynamicContextSectionConfig(entries=entries)).build()
    assert text == (
        "# Current context\n\n## git.status\n\n```\nclean\n```\n\n"
        "## ci.last\n\nNot available: timed out after 5 s\n\n## empty.one\n\n```\n```"
    )


def test_metadata_names_the_workspace() -> None:
    config = MetadataSectionConfig(name="garden", path="/srv/garden", description="Roses.")
    assert MetadataSection(config).build() == (
        "# Workspace\n\n- Name: garden\n- Path: /srv/garden\n- Description: Roses."
    )
