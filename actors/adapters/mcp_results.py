"""PURE: what MCP servers answer to a call, as text for a model.

Takes the SDK's values by their field names, so that it imports nothing of the SDK.
"""

import json
from collections.abc import Iterable
from typing import Any

from actors.ports import ToolOutcome

LONGEST_RESULT_BYTES = 16 * 1024 * 1024
"""As much as a line of a server may have. What of it a model is sent is decided elsewhere."""

LONGEST_PROGRESS = 200


def outcome(result: Any) -> ToolOutcome:
    """A call's result: its blocks as text, or else its structured content as JSON."""
    parts = [block_text(block) for block in result.content]
    if not parts and result.structured_content is not None:
        parts = [json.dumps(result.structured_content, ensure_ascii=False)]
    return ToolOutcome(content=shortened(_joined(parts)), is_error=bool(result.is_error))


def progress_text(progress: float, total: float | None, message: str | None) -> str:
    """How far a call is, in one line: `3 of 10: reading`."""
    far = f"{progress:g} of {total:g}" if total else f"{progress:g}"
    said = " ".join((message or "").split())[:LONGEST_PROGRESS]
    return f"{far}: {said}" if said else far


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
