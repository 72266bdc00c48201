"""The page of the tools names every field of each, and its examples are taken as they stand."""

import json
import re
from pathlib import Path

import pytest
from msgspec import NODEFAULT
from msgspec.structs import fields

from actors.mcp_server.server import TOOLS
from actors.mcp_server.tool import Tool
from storage import codec

PAGE = Path(__file__).parents[2] / "docs" / "mcp.md"
ROW = re.compile(r"^\| `(\w+)` \| (.*) ?\| `(\{.*\})` \|$", re.MULTILINE)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: str(tool.name))
def test_a_tools_row_has_its_fields_and_an_example(tool: Tool) -> None:
    [(told, example)] = [row[1:] for row in ROW.findall(PAGE.read_text()) if row[0] == tool.name]
    for field in fields(tool.arguments):
        mark = "" if field.default is NODEFAULT else "?"
        assert f"`{field.encode_name}`{mark}" in told
    codec.convert(json.loads(example), tool.arguments)
