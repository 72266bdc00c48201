"""What every command prints with --json has the shape that docs/cli.md tells."""

import re
from typing import Any

from actors.cli.catalogue import ROWS, split_command
from tests.docs.test_cli_page import PAGE, rows_of
from tests.end_to_end.cli_commands import after, furnish
from tests.end_to_end.conftest import House

RECORDS = {
    "the session": {"id", "title", "type", "status", "desired", "workers", "location_path"},
    "the worker": {"id", "name", "type", "status", "desired", "restarts", "process"},
}
FOR_PERSONS = frozenset({"attach", "daemon", "demo"})
ELSEWHERE = frozenset({"answer"})
"""Its question is asked in tests/end_to_end/test_permissions.py."""


def told() -> dict[str, str]:
    """What the page says of each command's `data`."""
    cells = [row for _, row in rows_of(PAGE)]
    return {name: row[3] for name, row in zip(ROWS, cells, strict=True)}


def fits(data: dict[str, Any], text: str) -> bool:
    """What is spelled out is all there is; a record has more fields than the page repeats."""
    spelled = [set(re.findall(r'"(\w+)"', span)) for span in re.findall(r"`(\{.*?\})`", text)]
    beside = set(re.findall(r"`(\w+)`", text))
    if any(set(data) in (shape, shape | beside) for shape in spelled):
        return True
    records = [shape for noun, shape in RECORDS.items() if noun in text]
    return any(shape <= set(data) for shape in records)


def test_every_command_prints_the_shape_that_the_page_tells(house: House) -> None:
    place = furnish(house)
    expected, seen = told(), set()

    def check(*words: str) -> Any:
        name, _ = split_command(list(words))
        assert name is not None
        answer = house.json(*words)
        data = answer if name == "status" else answer["data"]
        assert name == "status" or set(answer) >= {"id", "type", "ok", "data"}, words
        assert fits(data, expected[name]), (words, sorted(data), expected[name])
        seen.add(name)
        return data

    file = str(house.home / "two.tar.gz")
    check("start")
    one = check("new", place, "--title", "one")["id"]
    two = check("new", "--title", "two", "--terminal")["id"]
    sent = check("send", one, "hello")["response_id"]
    for words in after(one, two, sent, file):
        check(*words)
    assert set(ROWS) - FOR_PERSONS - ELSEWHERE - {"events"} <= seen


def test_a_command_without_json_says_what_has_it(house: House) -> None:
    answer = house.json("attach", "one", expect=2)
    assert answer["error"]["code"] == "usage"
    assert "greenroom output --json" in answer["error"]["message"]
