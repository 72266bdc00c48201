"""PURE: how many tokens something takes, estimated without asking the provider.

Errs on the safe side: English text takes about half of what is estimated for it here.
"""

from collections.abc import Iterable

from storage import codec
from storage.records.message import (
    ChatMessage,
    Content,
    ImageContent,
    ProviderContent,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from storage.records.tool import Tool

BYTES_PER_TOKEN = 2.5
MESSAGE_TOKENS = 16
"""What stands around a message: its role, and the marks of a summary."""
BLOCK_TOKENS = 8
IMAGE_TOKENS = 1600
"""A large one; the API makes larger ones smaller."""


def text_tokens(text: str) -> int:
    return int(len(text.encode(errors="replace")) / BYTES_PER_TOKEN) + 1


def message_tokens(message: ChatMessage) -> int:
    return MESSAGE_TOKENS + sum(BLOCK_TOKENS + _block_tokens(each) for each in message.content)


def tools_tokens(tools: Iterable[Tool]) -> int:
    return sum(BLOCK_TOKENS + text_tokens(codec.encode(tool).decode()) for tool in tools)


def _block_tokens(block: Content) -> int:
    match block:
        case TextContent():
            return text_tokens(block.text)
        case ToolResultContent():
            return text_tokens(block.content)
        case ToolCallContent():
            return text_tokens(block.name) + text_tokens(codec.encode(block.args).decode())
        case ImageContent():
            return IMAGE_TOKENS + text_tokens(block.alt_text or "")
        case ProviderContent():
            return text_tokens(codec.encode(block.block).decode())
