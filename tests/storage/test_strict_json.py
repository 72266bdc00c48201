"""What is refused says on which line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import strict_json
from storage.errors import FileRefused
from storage.records.workspace import WorkspaceSettings

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab.", max_size=3), inner),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_what_a_json_encoder_wrote_is_read(value: Any, indent: int | None) -> None:
    assert strict_json.parse(json.dumps(value, indent=indent).encode()) == value


@given(VALUES, st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :\n")]))
def test_the_quick_way_and_the_close_one_agree(
    value: Any, ascii_only: bool, separators: tuple[str, str]
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, separators=separators).encode()
    assert strict_json.parse(raw) == strict_json._parse_closely(raw)


@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":1}', b'{"a": [{"b": 1, "b": 1}]}', b'{"":1,"":2}', b'{"a":1,"\\u0061":1}']
)
def test_a_key_that_stands_twice_is_never_passed_over(raw: bytes) -> None:
    with pytest.raises(FileRefused, match="twice"):
        strict_json.parse(raw)


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b'{\n"a": 1,\n}', 3, "Expecting property name"),
        (b'{"a": 1,\n "b": NaN}', 2, "NaN"),
        (b'{"a": 1,\n "a": 2}', 2, 'key "a" stands twice'),
        (b'{"a": {"a": 1},\n "b": {"a": 1,\n"a": 2}}', 3, "twice"),
        (b'{"a": [{"b": 1}, {"b": [],\n "b": 2}],\n oops', 2, "twice"),
        (b"[" * 70 + b'{"a": 1, "a": 2}' + b"]" * 70, None, "twice"),
        (b'{"a":\n "\xff"}', 2, "UTF-8"),
        (b'{"a":\n "\\ud800"}', None, "surrogate"),
        (b"\xef\xbb\xbf{}", 1, "byte order mark"),
        (b"1" * 5000, None, "cannot be read"),
        (b"", None, "empty"),
        (b" \n\0", None, "empty, or nothing but NUL"),
    ],
)
def test_the_line_is_named(raw: bytes, line: int | None, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason) as caught:
        strict_json.parse(raw)
    assert caught.value.line == line


def test_sixty_four_levels_are_read_and_one_more_is_not() -> None:
    strict_json.parse(b"[" * 64 + b"]" * 64)
    strict_json.parse(b'{"a":' * 64 + b"1" + b"}" * 64)
    with pytest.raises(FileRefused, match="deeper than 64"):
        strict_json.parse(b"[" * 65 + b"]" * 65)


@pytest.mark.parametrize(
    ("raw", "line", "path"),
    [
        (b'{"name": "a",\n "files": [\n{"name": "x"},\n{"name": 5}]}', 4, "$.files[1].name"),
        (b'{"name": "a",\n "models": {\n"zzz": 5}}', 3, "$.models.zzz"),
        (b'{\n"zzz": 5}', 2, "$.zzz"),
        (b'{"files": [\n\n{"path": "x"}]}', 3, "$.files[0]"),
        (b'{"mcp_servers": {"x":\n{"args":\n3}}}', 3, "$.mcp_servers.x.args"),
        (b'{\n"mcp_servers": {"x": {},\n"y":\n{"args":\n3}}}', 5, "$.mcp_servers.y.args"),
        (b'{\n"mcp_servers":\n{"a b": {}}}', 3, "$.mcp_servers.a b"),
        (b'{"mcp_servers": {"x": {},\n"a.b":\n{}}}', 1, "$.mcp_servers.a.b"),
        (
            b'{"mcp_servers": {"x": {"env": {"A": "b"}},\n"y":\n{"env": {"A": "",\n"B": 3}}}}',
            4,
            "$.mcp_servers.y.env.B",
        ),
        (b'{"models": {"providers": {"x": {},\n"y": {"z": 1}}}}', 2, "$.models.providers.y.z"),
        (b"[]", 1, "$"),
    ],
)
def test_a_wrong_value_is_named_by_line_and_path(raw: bytes, line: int | None, path: str) -> None:
    with pytest.raises(FileRefused) as caught:
        strict_json.parse_as(raw, WorkspaceSettings)
    assert (caught.value.line, caught.value.path) == (line, path)


def test_a_path_is_followed_as_far_as_it_leads() -> None:
    raw = b'{"a":\n[1,\n{"b": "\\"}"}]}'
    assert strict_json.line_of(raw, "$.a[1].b") == 3
    assert strict_json.line_of(raw, "$.a[7]") == 2
    assert strict_json.line_of(raw, "$.a.b") == 2
    assert strict_json.line_of(raw, "$") == 1
