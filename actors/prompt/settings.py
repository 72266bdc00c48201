"""Chooses the sections of a session's prompt from what `workspace.json` and the session say."""

from collections.abc import Sequence

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
from storage.records.session import Session
from storage.records.tool import Tool
from storage.records.workspace import WorkspaceSettings


def config_for(
    settings: WorkspaceSettings,
    session: Session,
    tools: Sequence[Tool] = (),
    files: Sequence[PromptFile] = (),
    dynamic_context: Sequence[DynamicContextEntry] = (),
    *,
    text_tools: bool = False,
) -> SystemPromptBuilderConfig:
    """The session's own system prompt, when set, takes the place of the workspace's instructions.

    Tools are listed only with `text_tools`; otherwise the provider's API carries them.
    """
    prompt = settings.prompt
    own = session.config.system_prompt if session.config else None
    return SystemPromptBuilderConfig(
        instructions=InstructionsSectionConfig(prompt.instructions if own is None else own),
        capabilities=CapabilitiesSectionConfig(prompt.capabilities)
        if prompt.capabilities
        else None,
        rules=RulesSectionConfig(prompt.rules) if prompt.rules else None,
        tools=ToolsSectionConfig(tools=tuple(tools)) if text_tools and tools else None,
        files=FilesSectionConfig(files=tuple(files)) if files else None,
        dynamic_context=(
            DynamicContextSectionConfig(entries=tuple(dynamic_context)) if dynamic_context else None
        ),
        metadata=_metadata(settings, session) if prompt.include_workspace_metadata else None,
        system_info=(
            SystemInfoSectionConfig(cwd=session.location_path)
            if prompt.include_system_info
            else None
        ),
        date=DateSectionConfig() if prompt.include_date_time else None,
    )


def _metadata(settings: WorkspaceSettings, session: Session) -> MetadataSectionConfig:
    return MetadataSectionConfig(
        name=settings.name, path=session.location_path, description=settings.description
    )
