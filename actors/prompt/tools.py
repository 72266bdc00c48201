"""Section: the tools, for models that take them as text.

In native mode the section is off, because the provider's API carries the list. What the model then
writes is read by `decisions.text_calls`; the form explained here is the one that is read there.
"""

import json
from typing import ClassVar

from actors.prompt.quoting import fenced, one_line, titled
from storage.records.prompt import ToolsSectionConfig
from storage.records.tool import Tool

_FORMAT = """\
To call a tool, write a block of exactly this form:

<tool_call>{"tool": "name", "parameters": {...}}</tool_call>

`tool` is a name from the list below, in full. `parameters` is one JSON object that fits the
tool's schema; it is `{}` for a tool without parameters. For example, with a tool `files.read`
that takes a `path`:

<tool_call>{"tool": "files.read", "parameters": {"path": "notes.txt"}}</tool_call>

Several calls may follow one another; write nothing after the last one. The results come with the
next message, one `<tool_result>` for each call in the same order; never write a result yourself.
What stands in a code block, fenced or indented, or between backticks is shown and not called."""


class ToolsSection:
    volatile: ClassVar[bool] = False

    def __init__(self, config: ToolsSectionConfig) -> None:
        self._config = config

    def build(self) -> str | None:
        if not self._config.tools:
            return None
        explanation = [_FORMAT] if self._config.format_instructions else []
        return titled("Tools", "\n\n".join([*explanation, *map(_listed, self._config.tools)]))


def _listed(tool: Tool) -> str:
    schema = json.dumps(tool.input_schema, indent=2, ensure_ascii=False)
    lines = [f"## {one_line(tool.name)}", tool.description.strip(), fenced(schema, "json")]
    return "\n\n".join(line for line in lines if line)
