import json
from typing import Any

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes

SESSION = {"id": "aaaa", "title": "Talk", "config": {"limits": {"processes": 50}}, "workers": []}


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (["--max-processes", "50"], {"processes": 50}),
        (["--max-memory", "2G"], {"memory_bytes": 2**31}),
        (["--max-memory", "1.5gib"], {"memory_bytes": 3 * 2**29}),
        (["--max-memory", "500MB"], {"memory_bytes": 500 * 2**20}),
        (["--max-memory", "2097152"], {"memory_bytes": 2097152}),
        (["--max-processes", "none", "--max-memory", "none"],
         {"processes": None, "memory_bytes": None}),
    ],
)  # fmt: skip
def test_what_is_named_is_changed(
    run: Run, serve: Serve, words: list[str], changes: dict[str, Any]
) -> None:
    daemon = serve(yes(SESSION))
    assert run("limits", "Talk", *words).status == 0
    (update,) = [each for each in daemon.requests if each["type"] == "update-session"]
    assert update["updates"] == {"config": {"limits": changes}}


def test_nothing_named_is_a_look(run: Run, serve: Serve) -> None:
    daemon = serve(yes(SESSION))
    outcome = run("limits", "Talk")
    assert "limits    50 processes" in outcome.out
    assert "update-session" not in {each["type"] for each in daemon.requests}
    assert json.loads(run("limits", "Talk", "--json").out)["data"]["id"] == "aaaa"


@pytest.mark.parametrize(
    "words",
    [
        ["--max-processes", "0"],
        ["--max-processes", "-1"],
        ["--max-processes", "many"],
        ["--max-processes", "1.5"],
        ["--max-memory", "0"],
        ["--max-memory", "-2G"],
        ["--max-memory", "2X"],
        ["--max-memory", "nan"],
        ["--max-memory", "1k"],
        ["--max-memory", "8193T"],
        ["--max-memory", "1e999G"],
        ["--max-memory", ""],
    ],
)
def test_nonsense_is_refused_before_anybody_is_asked(run: Run, words: list[str]) -> None:
    for command in (["limits", "Talk"], ["new"]):
        outcome = run(*command, *words)
        assert outcome.status == 2
        assert f"{words[0]} takes " in outcome.err


def test_a_new_session_can_be_held_to_limits_at_once(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"id": "aaaa", "title": "T", "workers": []}))
    run("new", "--terminal", "--max-processes", "5", "--max-memory", "none")
    (asked,) = [each for each in daemon.requests if each["type"] == "create-session"]
    assert asked["config"] == {"limits": {"processes": 5}}
