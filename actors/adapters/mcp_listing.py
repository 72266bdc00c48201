"""PURE: which tools of a server's listing are offered, and why the others are not.

A model's provider refuses a whole request for one tool that it does not like, so what it would not
like is left out here, by name. Sizes are bounded; what is a person's to read has no control
characters. Takes the SDK's values by their field names, so that it imports nothing of the SDK.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.adapters.tool_names import wire_name
from storage.records.tool import Tool

MOST_TOOLS = 256
LONGEST_NAME = 128
LONGEST_DESCRIPTION = 8192
LARGEST_SCHEMA_BYTES = 64 * 1024
DEEPEST_SCHEMA = 32
MOST_REASONS = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PROPERTY = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_NOT_AT_THE_TOP = ("oneOf", "anyOf", "allOf")


class Listing(Struct, frozen=True):
    """`left_out`: a sentence for each tool that is not offered, at most MOST_REASONS of them."""

    tools: tuple[Tool, ...] = ()
    left_out: tuple[str, ...] = ()


class Listed:
    """Gathers the pages of one listing; `hidden` takes secrets out of decoded JSON."""

    def __init__(
        self, server: str, *, trusted: bool, hidden: Callable[[Any], Any] = lambda value: value
    ) -> None:
        self._server = server
        self._trusted = trusted
        self._hidden = hidden
        self._tools: dict[str, Tool] = {}
        self._reasons: list[str] = []
        self._unnamed = 0
        self._end: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        return len(self._tools) >= MOST_TOOLS

    def add(self, page: Iterable[Any]) -> None:
        for described in page:
            reason = self._why_not(described)
            if reason:
                self.leave_out(reason)
            else:
                tool = _tool(described, self._server, trusted=self._trusted)
                self._tools[tool.name] = replace(
                    tool,
                    description=self._hidden(tool.description),
                    input_schema=self._hidden(tool.input_schema),
                )

    def end_early(self, reason: str) -> None:
        """Nothing more of the list is read."""
        self._end = (reason,)

    def leave_out(self, reason: str) -> None:
        if len(self._reasons) < MOST_REASONS:
            self._reasons.append(reason)
        else:
            self._unnamed += 1

    def listing(self) -> Listing:
        self._leave_out_alike()
        more = (f"and {self._unnamed} more",) if self._unnamed else ()
        return Listing(tuple(self._tools.values()), (*self._end, *self._reasons, *more))

    def _leave_out_alike(self) -> None:
        """Those of one name for a model, all of them: nobody could say which one it called."""
        by_wire: dict[str, list[str]] = {}
        for name in self._tools:
            by_wire.setdefault(wire_name(name), []).append(name)
        for alike in by_wire.values():
            if len(alike) > 1:
                shown = ", ".join(repr(name.partition(".")[2]) for name in alike)
                self.leave_out(f"{shown}: one name for a model; have the server rename one")
                for name in alike:
                    del self._tools[name]

    def _why_not(self, described: Any) -> str | None:
        name = described.name
        if self._hidden(name) != name:
            return "a tool with a secret of its server in its name"
        shown = repr(name[:LONGEST_NAME])
        if not name or len(name) > LONGEST_NAME or _CONTROL.search(name):
            return f"{shown}: a name has 1 to {LONGEST_NAME} characters, none of them a control"
        if f"{self._server}.{name}" in self._tools:
            return f"{shown}: a second tool of this name"
        if self.is_full:
            return f"{shown}: the server has over {MOST_TOOLS} tools"
        wrong = _wrong_schema(described.input_schema)
        return f"{shown}: {wrong}" if wrong else None


def _tool(described: Any, server: str, *, trusted: bool) -> Tool:
    """Hints count only where the workspace trusts the server."""
    hints = described.annotations
    return Tool(
        name=f"{server}.{described.name}",
        server=server,
        description=readable(described.description or described.title or "", LONGEST_DESCRIPTION),
        input_schema=described.input_schema,
        read_only_hint=bool(hints and hints.read_only_hint),
        idempotent_hint=bool(hints and hints.idempotent_hint),
        trusted=trusted,
    )


def readable(text: str, longest: int) -> str:
    """Without control characters but tabs and newlines; cut where it is too long."""
    clean = _CONTROL.sub("", text[: longest + 1])
    return clean if len(text) <= longest else f"{clean[:longest]}…"


def _wrong_schema(schema: Any) -> str | None:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "its schema is not that of an object"
    if any(word in schema for word in _NOT_AT_THE_TOP):
        return f"its schema has {', '.join(_NOT_AT_THE_TOP)} at the top"
    if not _is_within(schema, DEEPEST_SCHEMA):
        return f"its schema is deeper than {DEEPEST_SCHEMA} levels"
    if len(json.dumps(schema)) > LARGEST_SCHEMA_BYTES:
        return f"its schema has over {LARGEST_SCHEMA_BYTES} bytes"
    properties = schema.get("properties", {})
    if not isinstance(properties, dict) or not all(map(_PROPERTY.match, properties)):
        return "its parameters have names that are not allowed"
    return None


def _is_within(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_within(one, levels - 1) for one in inner)
