from types import SimpleNamespace as Value
from typing import Any

from actors.adapters.mcp_results import block_text, outcome, progress_text, shortened
from actors.ports import ToolOutcome


def result(*content: Any, structured: Any = None, is_error: Any = False) -> Any:
    return Value(content=content, structured_content=structured, is_error=is_error)


def test_texts_are_joined_by_lines() -> None:
    said = result(Value(type="text", text="a"), Value(type="text", text="b"))
    assert outcome(said) == ToolOutcome(content="a\nb")


def test_structured_content_counts_where_there_is_no_text() -> None:
    assert outcome(result(structured={"né": 1})).content == '{"né": 1}'
    both = result(Value(type="text", text="a"), structured={"b": 1})
    assert outcome(both).content == "a"


def test_an_error_stays_one() -> None:
    said = result(Value(type="text", text="no"), is_error=True)
    assert outcome(said) == ToolOutcome(content="no", is_error=True)


def test_what_is_no_text_is_named() -> None:
    image = Value(type="image", mime_type="image/png", data="AAAA")
    link = Value(type="resource_link", uri="file:///a")
    text = Value(type="resource", resource=Value(uri="file:///b", text="inside"))
    blob = Value(type="resource", resource=Value(uri="file:///c", blob="AAAA"))
    named = [block_text(block) for block in (image, link, text, blob, Value(type="odd"))]
    assert named == [
        "[image: image/png, 3 bytes]",
        "[resource: file:///a]",
        "[resource: file:///b]\ninside",
        "[resource: file:///c]",
        "[odd]",
    ]


def test_a_long_result_is_cut_between_characters_and_says_so() -> None:
    cut = shortened("é" * 100, longest_bytes=51)
    assert cut == "é" * 25 + "\n[Shortened: the first 51 of 200 bytes are shown.]"
    assert shortened("é" * 100, longest_bytes=200) == "é" * 100
    assert shortened("\ud800") == "?"


def test_progress_is_one_short_line() -> None:
    assert progress_text(3, 10, "reading\nfiles") == "3 of 10: reading files"
    assert progress_text(0.5, None, None) == "0.5"
    assert len(progress_text(1, 2, "x" * 1000)) < 250
