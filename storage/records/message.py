"""What was said: messages and the kinds of content in them."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from storage.records.process import UtcTime

Role = Literal["system", "user", "assistant", "tool", "function", "summary"]


class TextContent(Struct, frozen=True, gc=False, tag="text"):
    text: str


class ImageContent(Struct, frozen=True, gc=False, kw_only=True, tag="image"):
    """`url` is https, a data: URL with base64 content, or `attachment:` and the name of one that
    lies beside the journal.
    """

    url: str
    detail: Literal["low", "high", "auto"] = "auto"
    alt_text: str | None = None


class ToolCallContent(Struct, frozen=True, gc=False, kw_only=True, tag="tool-call"):
    tool_call_id: str
    name: str
    args: dict[str, Any]


class ToolResultContent(Struct, frozen=True, gc=False, kw_only=True, tag="tool-result"):
    """`attachment`: the SHA-256 of the whole result, where `content` is only the head of it."""

    tool_call_id: str
    content: str
    is_error: bool = False
    attachment: str | UnsetType = UNSET


class ProviderContent(Struct, frozen=True, gc=False, kw_only=True, tag="provider"):
    """A block that only its provider understands (thinking with its signature, say).

    It goes back to that provider unchanged, and to no other.
    """

    provider: str
    block: dict[str, Any]


Content = TextContent | ImageContent | ToolCallContent | ToolResultContent | ProviderContent


class ChatMessage(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    id: str
    role: Role
    content: tuple[Content, ...]
    created_at: UtcTime
    tool_call_id: str | None = None
    tool_calls: tuple[ToolCallContent, ...] | None = None
    metadata: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        return text_of(self.content)


def text_of(content: tuple[Content, ...]) -> str:
    """The text blocks, one after another."""
    return "".join(block.text for block in content if isinstance(block, TextContent))
