"""What a model would be sent, as lines: the system prompt, then the messages in order. PURE."""

from __future__ import annotations

from actors.cli.history_view import tool_line
from actors.cli.phrases import joined, plural
from actors.cli.printable import shown_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line

    Json = dict[str, Any]

BLOCK_LIMIT = 400
"""Characters of a text or result; --json gives all of it."""


def context_lines(built: Json) -> list[Line]:
    messages = built.get("history") or []
    lines: list[Line] = [[("system prompt", "bold")]]
    lines += [[(f"  {line}", "")] for line in shown_lines(str(built.get("system_prompt") or ""))]
    if built.get("tools"):
        lines.append([("tools", "bold"), (f" {joined(built['tools'])}", "dim")])
    left_out = built.get("left_out") or 0
    many = [plural(len(messages), "message"), f"{left_out} left out" if left_out else ""]
    lines.append([("history", "bold"), (f" {joined(many)}", "dim")])
    for message in messages:
        lines.append([(f"  {message.get('role')}", "dim")])
        for block in message.get("content") or []:
            lines += [[(f"    {line}", "")] for line in shown_lines(_shown(block))]
    return lines


def _shown(block: Json) -> str:
    match block.get("type"):
        case "text":
            return _short(str(block.get("text") or ""))
        case "tool-call":
            return f"tool {tool_line({**block, 'status': 'called'})}"
        case "tool-result":
            return _short(str(block.get("content") or ""))
        case other:
            return f"[{other}]"


def _short(text: str) -> str:
    return text if len(text) <= BLOCK_LIMIT else f"{text[:BLOCK_LIMIT]}…"
