from types import SimpleNamespace as Value
from typing import Any

import pytest

from actors.adapters.mcp_listing import (
    LONGEST_DESCRIPTION,
    MOST_REASONS,
    MOST_TOOLS,
    Listed,
    Listing,
)


def described(name: str = "add", **fields: Any) -> Any:
    schema = {"type": "object"}
    known = {"description": "Adds", "title": None, "annotations": None, "input_schema": schema}
    return Value(name=name, **{**known, **fields})


def listing(*tools: Any, trusted: bool = False) -> Listing:
    listed = Listed("demo", trusted=trusted)
    listed.add(tools)
    return listed.listing()


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def test_hints_are_the_servers_and_trust_the_workspaces() -> None:
    hints = Value(read_only_hint=True, idempotent_hint=None)
    listed = described(description=None, title="Adds it", annotations=hints)
    (trusted,) = listing(listed, trusted=True).tools
    assert (trusted.name, trusted.description) == ("demo.add", "Adds it")
    assert (trusted.only_reads, trusted.idempotent_hint) == (True, False)
    assert not listing(listed).tools[0].only_reads


@pytest.mark.parametrize(
    ("tool", "reason"),
    [
        (described(""), "'': a name has 1 to 128 characters"),
        (described("x" * 129), "a name has 1 to 128 characters"),
        (described("a\x1b[2J"), r"'a\x1b[2J': a name"),
        (described(input_schema={"type": "string"}), "'add': its schema is not that of an object"),
        (described(input_schema={"type": "object", "anyOf": []}), "anyOf, allOf at the top"),
        (described(input_schema=nested(1000)), "deeper than 32 levels"),
        (described(input_schema={"type": "object", "x": "y" * 70_000}), "over 65536 bytes"),
        (described(input_schema={"type": "object", "properties": {"a b": {}}}), "not allowed"),
        (described(input_schema={"type": "object", "properties": []}), "not allowed"),
    ],
)
def test_what_a_model_would_refuse_is_left_out_by_name(tool: Any, reason: str) -> None:
    found = listing(tool, described("fine"))
    assert [each.name for each in found.tools] == ["demo.fine"]
    (left_out,) = found.left_out
    assert reason in left_out
    assert left_out.isprintable()


def test_tools_of_one_name_for_a_model_are_left_out_all_and_the_others_stay() -> None:
    names = ("a.b", "fine", "a_b", "a b", "c.d", "c_e")
    found = listing(*(described(name) for name in names))
    assert [each.name for each in found.tools] == ["demo.fine", "demo.c.d", "demo.c_e"]
    (left_out,) = found.left_out
    assert left_out == "'a.b', 'a_b', 'a b': one name for a model; have the server rename one"


def test_a_second_tool_of_the_same_name_is_left_out() -> None:
    found = listing(described(description="one"), described(description="two"))
    assert [each.description for each in found.tools] == ["one"]
    assert found.left_out == ("'add': a second tool of this name",)


def test_thousands_of_tools_are_bounded_and_so_are_the_reasons() -> None:
    found = listing(*(described(f"tool{number}") for number in range(5000)))
    assert len(found.tools) == MOST_TOOLS
    assert len(found.left_out) == MOST_REASONS + 1
    assert found.left_out[-1] == f"and {5000 - MOST_TOOLS - MOST_REASONS} more"


def test_descriptions_have_no_control_characters_and_an_end() -> None:
    (painted,) = listing(described(description="\x1b[2J\x9b1mred\u202eder\n\ttwo")).tools
    assert painted.description == "[2J1mredder\n\ttwo"
    (long,) = listing(described(description="x" * 100_000)).tools
    assert len(long.description) == LONGEST_DESCRIPTION + 1


def test_another_description_or_schema_is_another_digest() -> None:
    (one,) = listing(described()).tools
    assert one.digest == listing(described()).tools[0].digest
    assert len(one.digest) == 32
    changed = [
        described(description="Adds, and more"),
        described(input_schema={"type": "object", "properties": {}}),
        described("adds"),
    ]
    assert one.digest not in {listing(tool).tools[0].digest for tool in changed}
