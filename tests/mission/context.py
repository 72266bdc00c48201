"""Part C of the mission: the prompt and the rest of the context, and the test that shows each."""

from tests.mission.rows import Row

_PROMPT = "storage.records.prompt:"
_BUILDER = "actors/prompt/test_builder.py::"
_SECTIONS = "actors/prompt/test_sections.py::"
_DYNAMIC = f"{_SECTIONS}test_dynamic_context_shows_results_fenced_and_failures_as_a_line"
_SHOWN_BY = {
    "instructions": f"{_BUILDER}test_the_sections_come_in_the_order_of_the_contract",
    "capabilities": f"{_BUILDER}test_the_sections_come_in_the_order_of_the_contract",
    "rules": f"{_BUILDER}test_the_sections_come_in_the_order_of_the_contract",
    "tools": f"{_SECTIONS}test_a_tool_is_listed_with_its_name_description_and_schema",
    "files": f"{_SECTIONS}test_a_file_that_holds_fences_stays_whole",
    "dynamic_context": _DYNAMIC,
    "metadata": f"{_SECTIONS}test_metadata_names_the_workspace",
    "system_info": "actors/prompt/test_system_info.py::"
    "test_the_section_tells_of_machine_directory_and_branch",
    "date": f"{_BUILDER}test_the_stable_part_is_the_same_a_day_later",
}
_FIELDS = {
    "tools": ("tools", "format_instructions"),
    "files": ("files", "header"),
    "metadata": ("name", "path", "description"),
    "system_info": ("include_os_info", "include_tech_stack"),
    "date": ("include_time",),
}


def _named(section: str) -> str:
    return "".join(word.capitalize() for word in section.split("_"))


PROMPT = (
    Row(
        "SystemPromptBuilder(config).build_prompt()",
        "actors.prompt.builder:SystemPromptBuilder.build_prompt",
        (f"{_BUILDER}test_the_sections_come_in_the_order_of_the_contract",),
    ),
    Row(
        "SystemPromptBuilderConfig",
        f"{_PROMPT}SystemPromptBuilderConfig",
        (f"{_BUILDER}test_the_sections_come_in_the_order_of_the_contract",),
        tuple(_SHOWN_BY),
    ),
    *(
        Row(
            f"section: {section}",
            f"{_PROMPT}{_named(section)}SectionConfig",
            (shown_by, f"{_SECTIONS}test_sections_without_content_are_left_out"),
            _FIELDS.get(section, ()),
        )
        for section, shown_by in _SHOWN_BY.items()
    ),
    Row(
        "include_* flags",
        "storage.records.workspace:PromptSettings",
        (
            f"{_BUILDER}test_settings_switch_sections_off",
            f"{_BUILDER}test_settings_switch_sections_on",
        ),
        ("include_workspace_metadata", "include_system_info", "include_date_time"),
    ),
)

_SOURCES = "actors/conversations/test_context_sources.py::"
CONTEXT = (
    Row(
        "built fresh for each message: active files",
        "storage.records.workspace:FileSettings",
        ("actors/conversations/test_context_building.py::test_active_files_are_read",),
        ("name", "path", "content", "active"),
    ),
    Row(
        "dynamic context: calls made while building",
        "storage.records.workspace:DynamicContextSettings",
        (f"{_SOURCES}test_tools_are_called_for_each_request_and_not_for_its_later_turns",),
        ("id", "server", "tool", "params", "refresh", "required"),
    ),
    Row(
        "refresh: on each request, at an interval, on demand",
        "storage.records.workspace:RefreshSettings",
        (
            f"{_SOURCES}test_tools_are_called_for_each_request_and_not_for_its_later_turns",
            f"{_SOURCES}test_a_result_is_kept_until_it_is_too_old",
            f"{_SOURCES}test_a_result_is_kept_until_somebody_asks_for_another",
        ),
        ("enabled", "interval_seconds", "on_demand"),
    ),
    Row(
        "each entry has tool_name and result or error",
        f"{_PROMPT}DynamicContextEntry",
        (_DYNAMIC,),
        ("tool_name", "result", "error"),
    ),
    Row(
        "history trimmed by the session's context_strategy",
        "actors.decisions.context.strategy:fit",
        (
            "actors/decisions/context/test_strategy.py::test_what_is_sent_is_valid_and_fits",
            (
                "actors/workers/test_context_strategies.py::"
                "test_a_conversation_goes_on_beyond_the_window"
            ),
        ),
    ),
)

ROWS = (*PROMPT, *CONTEXT)
