"""PURE: what MCP servers answer, as text for a model and as our tools.

Takes the SDK's values by their field names, so that it imports nothing of the SDK.
"""

import json
from collections.abc import Iterable
from typing import Any

from actors.ports import ToolOutcome
from storage.records.tool import Tool

LONGEST_RESULT_BYTES = 16 * 1024 * 1024
"""As much as a line of a server may have. What of it a model is sent is decided elsewhere."""


def tool(described: Any, server: str, *, trusted: bool) -> Tool:
    """A tool of a listing; hints count only where the workspace trusts the server."""
    hints = described.annotations
    return Tool(
        name=f"{server}.{described.name}",
        server=server,
        description=described.description or described.title or "",
        input_schema=described.input_schema,
        read_only_hint=bool(hints and hints.read_only_hint),
        idempotent_hint=bool(hints and hints.idempotent_hint),
        trusted=trusted,
    )


def outcome(result: Any) -> ToolOutcome:
    """A call's result: its blocks as text, or else its structured content as JSON."""
    parts = [block_text(block) for block in result.content]
    if not parts and result.structured_content is not None:
        parts = [json.dumps(result.structured_content, ensure_ascii=False)]
    return ToolOutcome(content=shortened(_joined(parts)), is_error=bool(result.is_error))


def block_text(block: Any) -> str:
    """A text as it is; what is no text is named in brackets."""
    match block.type:
        case "text":
            return str(block.text)
        case "image" | "audio":
            return f"[{block.type}: {block.mime_type}, {len(block.data) * 3 // 4} bytes]"
        case "resource_link":
            return f"[resource: {block.uri}]"
        case "resource":
            text = getattr(block.resource, "text", None)
            return f"[resource: {block.resource.uri}]" + (f"\n{text}" if text else "")
        case other:
            return f"[{other}]"


def shortened(text: str, longest_bytes: int = LONGEST_RESULT_BYTES) -> str:
    """At most that much of it, saying so where something is left out."""
    raw = text.encode(errors="replace")
    if len(raw) <= longest_bytes:
        return raw.decode()
    kept = raw[:longest_bytes].decode(errors="ignore")
    return f"{kept}\n[Shortened: the first {longest_bytes} of {len(raw)} bytes are shown.]"


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
