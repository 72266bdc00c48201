from pathlib import Path
from typing import Any

import pytest

from storage.errors import FileRefused
from storage.script_file import LARGEST_FILE_BYTES, ScriptPart, answer_to, read_script


def entries_of(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "script.jsonl"
    path.write_text(text)
    return read_script(path)


def test_the_first_entry_that_matches_answers(tmp_path: Path) -> None:
    entries = entries_of(
        tmp_path,
        '{"when": "blue", "reply": [{"text": "1"}]}\n\n'
        '{"reply": [{"text": "2"}], "delay_seconds": 0.5}\n'
        '{"when": "red", "reply": [{"text": "3"}]}\n',
    )
    first, second = answer_to("so blue", entries), answer_to("so red", entries)
    assert first is not None
    assert first.reply == (ScriptPart(text="1"),)
    assert second is not None
    assert (second.reply[0].text, second.delay_seconds) == ("2", 0.5)


def test_no_match_is_none(tmp_path: Path) -> None:
    assert answer_to("x", entries_of(tmp_path, '{"when": "y", "reply": []}')) is None


def test_groups_are_filled_in_everywhere(tmp_path: Path) -> None:
    entries = entries_of(
        tmp_path,
        '{"when": "add (\\\\d+)( twice)?", "reply": [{"text": "{{0}}:{{1}}{{2}}"},'
        ' {"tool": "demo.to_{{1}}", "parameters": {"a": "{{1}}", "b": [{"c": "<{{1}}>"}, 1]}}]}',
    )
    answer = answer_to("please add 4 now", entries)
    assert answer is not None
    assert answer.reply[0].text == "add 4:4"
    assert answer.reply[1].tool == "demo.to_4"
    assert answer.reply[1].parameters == {"a": "4", "b": [{"c": "<4>"}, 1]}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "truncated"),
        ('{"reply": 1}', "Expected `array`"),
        ('{"reply": [], "wen": "x"}', "unknown field `wen`"),
        ('{"when": "(", "reply": []}', "not a regular expression"),
        ('{"reply": [{}]}', "either `text` or `tool`"),
        ('{"reply": [{"text": "a", "tool": "b"}]}', "either `text` or `tool`"),
        ('{"reply": [], "delay_seconds": -1}', ">= 0"),
    ],
)
def test_a_bad_line_is_refused_by_number(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(FileRefused) as caught:
        entries_of(tmp_path, '{"reply": [{"text": "good"}]}\n' + line + "\n")
    assert what in str(caught.value)
    assert caught.value.line == 2


def test_a_group_that_the_pattern_lacks_is_refused(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, '{"when": "(a)", "reply": [{"text": "{{2}}"}]}')
    with pytest.raises(FileRefused, match=r"group \{\{2\}\}") as caught:
        answer_to("a", entries)
    assert caught.value.line == 1


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="not a file"):
        read_script(tmp_path)
    with pytest.raises(FileRefused, match="not a file"):
        read_script(tmp_path / "absent")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(FileRefused, match="larger"):
        read_script(large)
