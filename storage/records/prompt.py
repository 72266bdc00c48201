"""What a system prompt is made of, and the context that a request is answered in.

One config per section; a section whose config is None is left out. How each becomes text is known
to `actors.prompt` alone.
"""

from msgspec import Struct

from storage.records.message import ChatMessage
from storage.records.tool import Tool


class InstructionsSectionConfig(Struct, frozen=True):
    text: str


class CapabilitiesSectionConfig(Struct, frozen=True):
    text: str


class RulesSectionConfig(Struct, frozen=True):
    text: str


class ToolsSectionConfig(Struct, frozen=True, kw_only=True):
    """`format_instructions`: explain how a call is written as text (text mode)."""

    tools: tuple[Tool, ...]
    format_instructions: bool = True


class PromptFile(Struct, frozen=True, kw_only=True):
    """An active file of the workspace, as it read when the context was built."""

    name: str
    content: str


class FilesSectionConfig(Struct, frozen=True, kw_only=True):
    files: tuple[PromptFile, ...]
    header: str = "Files"


class DynamicContextEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tool said while the context was built: exactly one of `result` and `error` is set."""

    tool_name: str
    result: str | None = None
    error: str | None = None


class DynamicContextSectionConfig(Struct, frozen=True, kw_only=True):
    entries: tuple[DynamicContextEntry, ...]


class MetadataSectionConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    path: str
    description: str | None = None


class SystemInfoSectionConfig(Struct, frozen=True, kw_only=True):
    """`cwd` is the session's directory; the tech stack is read from the manifests in it."""

    cwd: str
    include_os_info: bool = True
    include_tech_stack: bool = True


class DateSectionConfig(Struct, frozen=True, kw_only=True):
    include_time: bool = True


class SystemPromptBuilderConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sections in the order in which they are sent."""

    instructions: InstructionsSectionConfig
    capabilities: CapabilitiesSectionConfig | None = None
    rules: RulesSectionConfig | None = None
    tools: ToolsSectionConfig | None = None
    files: FilesSectionConfig | None = None
    dynamic_context: DynamicContextSectionConfig | None = None
    metadata: MetadataSectionConfig | None = None
    system_info: SystemInfoSectionConfig | None = None
    date: DateSectionConfig | None = None


class Context(Struct, frozen=True, kw_only=True):
    """What a request is answered with; `history` is exactly what is sent.

    `tools`: the names of those that the model may call. `left_out`: how many messages of the
    conversation are not sent, as they would not fit.
    """

    system_prompt: str
    history: tuple[ChatMessage, ...]
    files: tuple[PromptFile, ...] = ()
    dynamic_context: tuple[DynamicContextEntry, ...] = ()
    tools: tuple[str, ...] = ()
    left_out: int = 0
