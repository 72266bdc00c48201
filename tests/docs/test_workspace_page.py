"""docs/workspace.md tells of every field of workspace.json, with its default; its examples hold."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec.inspect
import pytest

from storage import workspace_file
from storage.codec import encode
from storage.records.workspace import WorkspaceSettings
from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "docs" / "workspace.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (?:`(.*?)`|(needed)) \|", re.MULTILINE)
TITLES = {
    "": "The whole file",
    "models.providers": "`models.providers.NAME`",
    "mcp_servers": "`mcp_servers.NAME`",
    "dynamic_context.refresh": "`dynamic_context[].refresh`",
}
NEEDED = "needed"


def struct_of(kind: msgspec.inspect.Type) -> msgspec.inspect.StructType | None:
    """The struct that a field holds, by itself or several times."""
    match kind:
        case msgspec.inspect.StructType():
            return kind
        case msgspec.inspect.DictType():
            return struct_of(kind.value_type)
        case msgspec.inspect.VarTupleType():
            return struct_of(kind.item_type)
        case msgspec.inspect.UnionType():
            return next(filter(None, map(struct_of, kind.types)), None)
        case _:
            return None


def blocks(
    struct: msgspec.inspect.StructType, place: str = ""
) -> Iterator[tuple[str, msgspec.inspect.StructType]]:
    """Every object of the file, with where it stands."""
    yield place, struct
    for field in struct.fields:
        inner = struct_of(field.type)
        if inner is not None:
            yield from blocks(inner, f"{place}.{field.encode_name}".lstrip("."))


def default_of(field: msgspec.inspect.Field) -> Any:
    if field.required:
        return NEEDED
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return json.loads(encode(field.default))


WHOLE = msgspec.inspect.type_info(WorkspaceSettings)
assert isinstance(WHOLE, msgspec.inspect.StructType)
BLOCKS = dict(blocks(WHOLE))


@pytest.mark.parametrize("place", BLOCKS)
def test_every_field_has_a_row_with_its_default(place: str) -> None:
    title = TITLES.get(place, f"`{place}`")
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = {
        name: NEEDED if needed else json.loads(told) for name, told, needed in ROW.findall(section)
    }
    assert rows == {field.encode_name: default_of(field) for field in BLOCKS[place].fields}


def examples() -> list[str]:
    return re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_every_example_can_be_used_as_it_stands() -> None:
    for example in examples():
        found = workspace_file.parsed(example.encode(), Path("/w"), {"anthropic", "scripted"})
        assert found != WorkspaceSettings(), example


def test_there_is_an_example_of_every_block() -> None:
    shown = {key for example in examples() for key in json.loads(example)}
    assert shown == {field.encode_name for field in BLOCKS[""].fields}


def test_the_readme_leads_there() -> None:
    assert "(docs/workspace.md)" in (ROOT / "README.md").read_text()
