"""What every command prints with --json has the shape that docs/cli.md tells."""

import json
import re
from typing import Any

from actors.cli.catalogue import ROWS, split_command
from tests.docs.test_cli_page import PAGE, rows_of
from tests.end_to_end.cli_commands import after, furnish
from tests.end_to_end.conftest import House
from tests.end_to_end.test_permissions import asked, create, prepare

RECORDS = {
    "the session": {"id", "title", "type", "status", "desired", "workers", "location_path"},
    "the worker": {"id", "name", "type", "status", "desired", "restarts", "process"},
}
FOR_PERSONS = frozenset({"attach", "daemon", "demo"})
ELSEWHERE = frozenset({"answer", "events", "timer rm"})
"""The first two are below, the timer is taken back in `test_timers.py` beside this."""


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
    assert set(ROWS) - FOR_PERSONS - ELSEWHERE <= seen


def test_a_question_that_is_answered_and_the_events_have_their_shapes(house: House) -> None:
    prepare(house)
    house.run("start")
    talk = create(house, "talk")
    house.run("send", "--no-wait", "talk", "note this")
    (question,) = house.wait(lambda: asked(house), "the question")
    answer = house.json("answer", question["id"], "allow")
    assert (answer["type"], answer["ok"]) == ("answer-permission", True)
    assert {"id", "session_id", "tool", "state", "answered_by"} <= set(answer["data"])
    late = house.json("answer", question["id"], "deny", expect=1)
    assert set(late) == {"id", "type", "ok", "error"}
    assert late["error"]["code"] == "permission-answered"
    lines = house.run("events", "talk", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert all({"n", "type", "session_id", "timestamp"} <= set(each) for each in events)
    assert {each["session_id"] for each in events} == {talk}
    kinds = {each["type"] for each in events}
    assert {"session-created", "permission-requested", "permission-answered"} <= kinds


def test_a_command_without_json_says_what_has_it(house: House) -> None:
    answer = house.json("attach", "one", expect=2)
    assert answer["error"]["code"] == "usage"
    assert "greenroom output --json" in answer["error"]["message"]
