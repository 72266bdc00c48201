import json
from pathlib import Path

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

SESSIONS = {"sessions": [{"id": "k3v5aaaa", "title": "Fix it", "status": "active"}]}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(run: Run, shell: str) -> None:
    outcome = run("completion", shell)
    assert (outcome.status, outcome.err) == (0, "")
    assert f" completion {shell} -- " in outcome.out
    assert "@PROGRAM@" not in outcome.out
    assert json.loads(run("completion", shell, "--json").out)["data"]["script"] == outcome.out


def test_another_shell_is_wrong_usage(run: Run) -> None:
    outcome = run("completion", "csh")
    assert outcome.status == 2
    assert "say bash, zsh or fish" in outcome.err


def test_the_candidates_come_in_the_form_of_the_shell(run: Run, serve: Serve) -> None:
    serve(yes(SESSIONS))
    assert run("completion", "bash", "--", "greenroom show Fi", "Fi").out == "words\nFix\\ it\n"
    told = "words\nFix it\tk3v5aaaa, active\n"
    assert run("completion", "zsh", "--", "show", "Fi").out == told
    assert run("completion", "fish", "--", "greenroom show Fi").out == told
    assert run("completion", "bash", "--", "greenroom import x", "x").out == "files\n"
    answer = json.loads(run("completion", "fish", "--json", "--", "greenroom show Fi").out)
    expected = [{"text": "Fix it", "description": "k3v5aaaa, active"}]
    assert answer["data"] == {"kind": "words", "candidates": expected}


@pytest.mark.parametrize(
    "line", ["", "greenroom", "greenroom show ", "greenroom --data '' show ", "greenroom -- ",
             "greenroom worker xx ", "greenroom \ud8ff", "greenroom show '"]
)  # fmt: skip
def test_whatever_stands_there_nothing_is_said_without_a_daemon(run: Run, line: str) -> None:
    outcome = run("completion", "bash", "--", line, "")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("words\n")


def test_a_daemon_that_refuses_or_lies_is_passed_over(run: Run, serve: Serve) -> None:
    daemon = serve(no("storage-failed", "no"))
    for answer in (no("storage-failed", "no"), yes(None), yes({"sessions": [None]}), yes([1])):
        daemon.script = answer
        assert run("completion", "bash", "--", "greenroom show ", "") == (0, "words\n", "")


def test_the_directory_on_the_line_is_asked(run: Run, serve: Serve, data: Path) -> None:
    serve(yes(SESSIONS))
    line = f"greenroom --data {data} show "
    assert run("--data", "/nowhere", "completion", "bash", "--", line, "").out.count("\n") == 2
