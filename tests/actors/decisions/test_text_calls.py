"""Tool calls in a model's text: read however they were cut, and left alone where they are shown."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.text_calls import (
    CLOSE,
    MALFORMED,
    OPEN,
    Piece,
    TextCallReader,
    WrittenCall,
    formatted,
    parsed,
    problem_of,
)
from storage.records.message import ToolCallContent

ADD = '{"tool": "demo.add", "parameters": {"a": 1}}'
CALL = f"{OPEN}{ADD}{CLOSE}"


def read(*parts: str) -> list[Piece]:
    """All pieces, with neighbouring texts as one: where text is cut means nothing."""
    reader = TextCallReader()
    pieces = [piece for part in parts for piece in reader.feed(part)] + reader.finish()
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(last, str) and isinstance(piece, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    return joined


READ: dict[str, tuple[str, list[Piece]]] = {
    "nothing": ("", []),
    "text": ("Just <text>, a < b", ["Just <text>, a < b"]),
    "a call": (CALL, [WrittenCall(ADD)]),
    "text around": (f"First.\n{CALL}\nThen.", ["First.\n", WrittenCall(ADD), "\nThen."]),
    "several": (f"{CALL}\n{CALL}", [WrittenCall(ADD), "\n", WrittenCall(ADD)]),
    "over lines": (f"{OPEN}\n{ADD}\n{CLOSE}", [WrittenCall(f"\n{ADD}\n")]),
    "half a tag at the end": ("see <tool_ca", ["see <tool_ca"]),
    "two beginnings of a tag": (f"<tool_<{CALL}", ["<tool_<", WrittenCall(ADD)]),
    "unclosed": (f"a {OPEN}{ADD}", ["a ", WrittenCall(ADD, is_closed=False)]),
    "half closed": (f"{OPEN}{ADD}</tool_c", [WrittenCall(f"{ADD}</tool_c", is_closed=False)]),
    "a lone closing tag": (f"so {CLOSE} it is", [f"so {CLOSE} it is"]),
    "the tag in a string": (
        f'{OPEN}{{"tool": "x", "parameters": {{"t": "\\"{CLOSE}"}}}}{CLOSE}',
        [WrittenCall(f'{{"tool": "x", "parameters": {{"t": "\\"{CLOSE}"}}}}')],
    ),
    "a quote that is not closed": (
        f'{OPEN}{{"tool": "x}}\n{CLOSE} on',
        [WrittenCall('{"tool": "x}\n'), " on"],
    ),
    "between backticks": (f"Write `{CALL}` to add.", [f"Write `{CALL}` to add."]),
    "between two backticks": (f"Write ``a ` {CALL}`` so", [f"Write ``a ` {CALL}`` so"]),
    "backticks over lines": (f"Write `\n{CALL}\n` so", [f"Write `\n{CALL}\n` so"]),
    "a lone backtick": (f"don`t\n{CALL}", ["don`t\n", WrittenCall(ADD)]),
    "a lone backtick in a paragraph": (
        f"don`t {CALL} so\n\n`a` {CALL}",
        ["don`t ", WrittenCall(ADD), " so\n\n`a` ", WrittenCall(ADD)],
    ),
    "closed backticks before": (f"use `add`: {CALL}", ["use `add`: ", WrittenCall(ADD)]),
    "a fence": (f"So:\n```xml\n{CALL}\n```\n", [f"So:\n```xml\n{CALL}\n```\n"]),
    "a fence of tildes": (f"~~~\n{CALL}\n~~~ \n", [f"~~~\n{CALL}\n~~~ \n"]),
    "a fence in a list": (f"- ```\n  {CALL}\n  ```", [f"- ```\n  {CALL}\n  ```"]),
    "a fence in a quote": (f"> ```\n> {CALL}\n> ```", [f"> ```\n> {CALL}\n> ```"]),
    "a longer fence": (f"````\n```\n{CALL}\n````\n", [f"````\n```\n{CALL}\n````\n"]),
    "a fence without an end": (f"```\n{CALL}", [f"```\n{CALL}"]),
    "in the line of a fence": (f"``` {CALL}\nx\n```\n", [f"``` {CALL}\nx\n```\n"]),
    "in the last line, of a fence": (f"``` {CALL}", [f"``` {CALL}"]),
    "after a fence": (f"```\nx\n```\n{CALL}", ["```\nx\n```\n", WrittenCall(ADD)]),
    "a lone backtick before a fence": (
        f"a ` b {CALL}\n```\n{CALL}\n```\n",
        ["a ` b ", WrittenCall(ADD), f"\n```\n{CALL}\n```\n"],
    ),
    "three backticks in a line are no fence": (f"```x``` {CALL}", ["```x``` ", WrittenCall(ADD)]),
    "indented code": (f"So:\n\n    {CALL}\n", [f"So:\n\n    {CALL}\n"]),
    "indented from the start": (f"    {CALL}", [f"    {CALL}"]),
    "indented by a tab": (f"\t{CALL}\n\n  \t{CALL}", [f"\t{CALL}\n\n  \t{CALL}"]),
    "within indented code": (f"\n    a\n    b {CALL}", [f"\n    a\n    b {CALL}"]),
    "a paragraph that goes on indented": (f"So\n    {CALL}", ["So\n    ", WrittenCall(ADD)]),
    "indented too little": (f"\n   {CALL}", ["\n   ", WrittenCall(ADD)]),
    "after indented code": (f"    x\n{CALL}", ["    x\n", WrittenCall(ADD)]),
    "a backtick in indented code": (f"    `\n{CALL}", ["    `\n", WrittenCall(ADD)]),
    "a lone backtick before indented code": (
        f"a ` b {CALL}\n\n    {CALL}",
        ["a ` b ", WrittenCall(ADD), f"\n\n    {CALL}"],
    ),
    "not only letters": (f"Grüße 🌍 `é` {CALL}", ["Grüße 🌍 `é` ", WrittenCall(ADD)]),
}


@pytest.mark.parametrize(("text", "pieces"), READ.values(), ids=READ.keys())
def test_a_text_is_read_the_same_at_once_and_character_by_character(
    text: str, pieces: list[Piece]
) -> None:
    assert read(text) == pieces
    assert read(*text) == pieces


PARTS = st.lists(
    st.sampled_from(
        [
            OPEN,
            CLOSE,
            ADD,
            CALL,
            "`",
            "``",
            "```",
            "\n",
            "\n\n",
            "~~~",
            "> ",
            "    ",
            '"',
            "\\",
            "<",
            "é🌍 ",
        ]
    ),
    max_size=14,
)


@given(parts=PARTS, cuts=st.sets(st.integers(0, 400)))
def test_any_split_gives_the_same(parts: list[str], cuts: set[int]) -> None:
    text = "".join(parts)
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    cut = [text[a:b] for a, b in pairwise(places)]
    assert read(*cut) == read(text) == read(*text)


@given(parts=PARTS)
def test_no_character_is_lost_or_moved(parts: list[str]) -> None:
    text = "".join(parts)
    again = "".join(
        piece if isinstance(piece, str) else f"{OPEN}{piece.body}{CLOSE if piece.is_closed else ''}"
        for piece in read(text)
    )
    assert again == text


def test_text_is_given_as_soon_as_it_is_certain_and_no_half_of_a_tag() -> None:
    reader = TextCallReader()
    given_at_once = [reader.feed(part) for part in ("Let me ", "see <", "tool_", "call>{", "} <")]
    assert given_at_once == [["Let me "], ["see "], [], [], []]
    assert reader.finish() == [WrittenCall("{} <", is_closed=False)]


def test_a_long_call_in_small_pieces_is_read_once() -> None:
    body = json.dumps({"tool": "x", "parameters": {"text": "<tool_call> \\ `" * 20_000}})
    text = f"`not {OPEN}{body}{CLOSE}"
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    assert read(*pieces)[-1] != text


NAMES = st.text(min_size=1, max_size=20)
ARGUMENTS = st.dictionaries(
    st.text(max_size=10),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(name=NAMES, args=ARGUMENTS)
def test_a_formatted_call_is_read_as_itself(name: str, args: dict[str, object]) -> None:
    call = ToolCallContent(tool_call_id="c", name=name, args=args)
    (piece,) = read(formatted(call))
    assert isinstance(piece, WrittenCall)
    assert parsed(piece, "c") == call
    assert problem_of(call.name, call.args) is None


@pytest.mark.parametrize(
    ("body", "is_closed", "reason"),
    [
        ("", True, "malformed|truncated"),
        ("demo.add(1)", True, "malformed"),
        ('{"tool": "x", "parameters": {"a": 1}', True, "truncated"),
        ('{"tool": "x"}', False, "its closing tag is missing"),
        ('{"name": "x", "arguments": {}}', True, "field"),
        ('{"tool": "", "parameters": {}}', True, "length"),
        ('{"tool": "x", "parameters": [1]}', True, "object"),
        ('{"tool": "x", "parameters": {"a": "\\ud800"}}', True, "truncated|surrogate|UTF"),
        ('{"tool": "(malformed)", "parameters": {"text": "q"}}', True, "no tool is called"),
        ('{"tool": "(malformed)", "parameters": {"problem": "q"}}', True, "no tool is called"),
        ("[" * 100_000, True, ""),
    ],
)
def test_what_cannot_be_read_is_a_call_that_says_why(
    body: str, is_closed: bool, reason: str
) -> None:
    call = parsed(WrittenCall(body, is_closed), "c")
    problem = problem_of(call.name, call.args)
    assert call.name == MALFORMED
    assert problem is not None
    assert any(each in problem for each in reason.split("|"))
    assert 'in the form that is told in "# Tools"' in problem
    assert formatted(call) == f"{OPEN}{body}{CLOSE}"


@pytest.mark.parametrize("args", [{}, {"problem": None}, {"text": "q"}])
def test_a_call_by_that_name_which_nobody_failed_to_read_is_like_any_other(args: Any) -> None:
    assert problem_of(MALFORMED, args) is None


def test_a_call_without_parameters_has_none() -> None:
    call = parsed(WrittenCall('{"tool": "demo.now"}'), "c")
    assert (call.name, call.args) == ("demo.now", {})
