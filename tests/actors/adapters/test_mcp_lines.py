import json
from typing import Any

import pytest

from actors.adapters.mcp_lines import Line, Lines, answer_of


def fed(raw: bytes, size: int, **limits: int) -> list[Line]:
    lines = Lines(**limits)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    return [line for piece in pieces for line in lines.feed(piece)]


def long(text: str, *, id_first: bool, **limits: int) -> Line:
    result = {"content": [{"type": "text", "text": text}]}
    said: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "result": result}
    if not id_first:
        said = {"result": result, "jsonrpc": "2.0", "id": "a-7"}
    (line,) = fed(json.dumps(said).encode() + b"\n", 1000, **limits)
    return line


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_come_whole_however_they_are_cut(size: int) -> None:
    raw = b'{"a":1}\n\n  \n{"b":2}\r\n{"c":'
    assert [line.start.strip() for line in fed(raw, size)] == [b'{"a":1}', b'{"b":2}']


def test_of_a_line_that_is_too_long_both_ends_are_kept_and_the_next_is_whole() -> None:
    raw = b"x" * 5000 + b"END\nnext\n"
    cut, after = fed(raw, 64, longest_bytes=1000, kept_bytes=10)
    assert (cut.start, cut.end[-3:], cut.length) == (b"x" * 10, b"END", 5003)
    assert cut.is_cut
    assert (after.start, after.is_cut) == (b"next", False)


def test_what_is_gathered_of_a_line_is_bounded() -> None:
    lines = Lines(longest_bytes=1000, kept_bytes=10)
    for _ in range(10_000):
        assert lines.feed(b"y" * 100) == []
        assert len(lines._start) <= 1100
        assert len(lines._end) <= 2000


@pytest.mark.parametrize("id_first", [True, False])
def test_a_result_that_is_too_long_is_its_beginning(id_first: bool) -> None:
    line = long("é\n" * 4000, id_first=id_first, longest_bytes=2000, kept_bytes=501)
    found = json.loads(answer_of(line) or b"")
    assert found["id"] == (7 if id_first else "a-7")
    (block,) = found["result"]["content"]
    assert block["text"].startswith("é\né\né\n")
    assert block["text"].endswith(f"\n[Shortened: the whole answer had {line.length} bytes.]")


def test_a_cut_within_a_character_or_an_escape_leaves_text() -> None:
    for kept in range(60, 90):
        raw = (
            b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"' + "é\\n\\u00e9".encode() * 99
        )
        (line,) = fed(raw + b'"}]}}\n', 50, longest_bytes=200, kept_bytes=kept)
        text = json.loads(answer_of(line) or b"")["result"]["content"][0]["text"]
        assert text.startswith("é")


def test_a_long_answer_without_text_is_an_error_and_any_other_line_is_nothing() -> None:
    (blob,) = fed(b'{"id":3,"result":{"a":"' + b"z" * 900 + b'"}}\n', 50, longest_bytes=100)
    found = json.loads(answer_of(blob) or b"")
    assert (found["id"], found["error"]["code"]) == (3, -32603)
    (other,) = fed(b"z" * 900 + b"\n", 50, longest_bytes=100)
    assert answer_of(other) is None


def test_an_id_inside_the_result_is_not_the_answers() -> None:
    raw = b'{"result":{"content":[' + b'{"text":"a"},' * 99 + b'{"text":"b"}],"id":5}}\n'
    (line,) = fed(raw, 50, longest_bytes=100)
    assert answer_of(line) is None
