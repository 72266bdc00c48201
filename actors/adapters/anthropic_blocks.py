"""PURE: one content block of ours as one of the Messages API, and back; usage likewise.

Blocks are told apart by their `type` alone, so that one from a later API is carried, not lost.
"""

import re
from typing import Any

from actors.adapters.tool_names import ToolNames, wire_name
from storage.records.conversation import Usage
from storage.records.message import (
    Content,
    ImageContent,
    ProviderContent,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)

PROVIDER = "anthropic"
Block = dict[str, Any]
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
"""What is read of the API's usage."""
_DATA_URL = re.compile(r"data:(image/[a-z0-9.+-]+);base64,([A-Za-z0-9+/=]+)", re.IGNORECASE)


def text_block(text: str) -> Block:
    return {"type": "text", "text": text}


def user_block(block: Content) -> Block | None:
    """A block of a user message, None for one that has no place there or is empty."""
    match block:
        case TextContent():
            return text_block(block.text) if block.text.strip() else None
        case ImageContent():
            return _image(block)
        case ToolResultContent():
            return _result(block)
        case ProviderContent():
            return block.block if block.provider == PROVIDER else None
        case ToolCallContent():
            return None


def assistant_block(block: Content) -> Block | None:
    """A block of an assistant message; an image, which the API refuses there, becomes a line."""
    match block:
        case TextContent():
            return text_block(block.text) if block.text.strip() else None
        case ImageContent():
            return _image_note(block, "image shown by the assistant")
        case ToolCallContent():
            return {
                "type": "tool_use",
                "id": block.tool_call_id,
                "name": wire_name(block.name),
                "input": block.args,
            }
        case ProviderContent():
            return block.block if block.provider == PROVIDER else None
        case ToolResultContent():
            return None


def content_block(block: Block, names: ToolNames) -> Content:
    """A block as it came, of either side. Thinking and all unknown kinds are kept whole."""
    match block:
        case {"type": "text", "text": str(text)}:
            return TextContent(text)
        case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": dict(args)}:
            return ToolCallContent(tool_call_id=call_id, name=names.ours(name), args=args)
        case {"type": "tool_result", "tool_use_id": str(call_id)}:
            return ToolResultContent(
                tool_call_id=call_id,
                content=_result_text(block.get("content", "")),
                is_error=block.get("is_error", False),
            )
        case {"type": "image", "source": {"type": "url", "url": str(url)}}:
            return ImageContent(url=url)
        case {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}:
            return ImageContent(url=f"data:{kind};base64,{data}")
        case _:
            return ProviderContent(provider=PROVIDER, block=block)


def usage_of(counted: dict[str, Any]) -> Usage:
    """The API's usage, whose input tokens leave out the cached ones, as ours, which has them.

    Its `COUNTS` must be whole numbers, null or absent; whoever reads them has seen to that.
    """
    read = counted.get("cache_read_input_tokens") or 0
    written = counted.get("cache_creation_input_tokens") or 0
    return Usage(
        prompt_tokens=(counted.get("input_tokens") or 0) + read + written,
        completion_tokens=counted.get("output_tokens") or 0,
        cache_read_tokens=read,
        cache_write_tokens=written,
    )


def _image(block: ImageContent) -> Block:
    if block.url.startswith(("https://", "http://")):
        return {"type": "image", "source": {"type": "url", "url": block.url}}
    match = _DATA_URL.fullmatch(block.url)
    if match is None:
        return _image_note(block, "image left out: neither https nor a base64 data URL")
    source = {"type": "base64", "media_type": match[1].lower(), "data": match[2]}
    return {"type": "image", "source": source}


def _image_note(block: ImageContent, what: str) -> Block:
    return text_block(f"[{what}{': ' + block.alt_text if block.alt_text else ''}]")


def _result(block: ToolResultContent) -> Block:
    result: Block = {"type": "tool_result", "tool_use_id": block.tool_call_id}
    if block.content.strip():
        result["content"] = block.content
    if block.is_error:
        result["is_error"] = True
    return result


def _result_text(content: str | list[Block]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", f"[{block.get('type')}]") for block in content)
