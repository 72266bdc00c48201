import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.cli.catalogue import ROWS, help_of
from actors.cli.help_words import ARGUMENTS, NEXT, argument_words
from actors.cli.main import main
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes
from tests.fakes.environment import unmeasured

PROJECT = Path(__file__).resolve().parents[3]
HEAVY = {"anthropic", "mcp", "pykka", "msgspec", "psutil", "rich", "argparse", "socket", "pathlib"}


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["ls"],
        ["send", "s", "hello"],
        ["completion", "bash", "--", "greenroom show x", "x"],
    ],
)
def test_the_everyday_commands_import_nothing_heavy(
    data: Path, serve: Serve, words: list[str]
) -> None:
    serve(yes({"sessions": [], "text": "hi"}))
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", str(PROJECT / "run.py"), "--data", str(data), *words],
        capture_output=True, text=True, check=True, env=unmeasured(),
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    heavy = HEAVY | {"typing"} if words == ["status"] else HEAVY - {"pathlib"}
    assert not {name.partition(".")[0] for name in imported} & heavy


def test_a_refusal_is_one_line_and_status_1(run: Run, serve: Serve) -> None:
    serve(no("session-not-found", "Session not found with ID: x"))
    outcome = run("pause", "x")
    assert outcome == (
        1,
        "",
        "greenroom: Session not found with ID: x; see: greenroom ls, or greenroom trash\n",
    )


def test_a_refusal_in_json_is_the_answer_itself(run: Run, serve: Serve) -> None:
    daemon = serve(no("session-not-found", "Session not found with ID: x", path="$.session"))
    outcome = run("pause", "x", "--json")
    answer = json.loads(outcome.out)
    assert outcome.status == 1
    assert answer == {
        "id": daemon.requests[0]["id"], "type": "pause-session", "ok": False,
        "error": {"code": "session-not-found", "message": "Session not found with ID: x",
                  "path": "$.session"},
    }  # fmt: skip


def test_an_ambiguous_reference_lists_the_candidates(run: Run, serve: Serve) -> None:
    candidates = [{"id": "aaa", "title": "One"}, {"id": "aab", "title": "Two"}]
    serve(no("ambiguous", "a is ambiguous", data={"candidates": candidates}))
    assert run("pause", "a").err == "greenroom: a is ambiguous (candidates: aaa 'One', aab 'Two')\n"


def test_without_a_daemon_the_status_is_3_and_the_way_out_is_said(run: Run, data: Path) -> None:
    outcome = run("ls")
    said = f"greenroom: no daemon is running for {data}; start it with: greenroom start\n"
    assert outcome == (3, "", said)


def test_a_dead_daemons_socket_is_no_daemon(run: Run, serve: Serve, data: Path) -> None:
    daemon = serve(yes({}))
    daemon.close()
    assert (data / "run" / "control.sock").is_socket()
    assert run("ls").status == 3


def test_no_daemon_in_json_names_the_request(run: Run) -> None:
    outcome = run("--json", "ls")
    answer = json.loads(outcome.out)
    assert (outcome.status, answer["type"], answer["error"]["code"]) == (
        3,
        "list-sessions",
        "no-daemon",
    )


def test_an_unknown_command_suggests_the_nearest(run: Run) -> None:
    outcome = run("stauts")
    assert outcome.status == 2
    assert "did you mean status?" in outcome.err


def test_wrong_usage_points_to_the_help(run: Run) -> None:
    outcome = run("send", "x")
    assert outcome == (2, "", "greenroom: TEXT is missing; see: greenroom send --help\n")


def test_a_command_of_two_words_without_the_second_names_them(run: Run) -> None:
    assert "worker needs one of add, ls, restart, rm" in run("worker").err
    assert "timer needs one of add, ls, rm" in run("timer", "lost").err


@pytest.mark.parametrize("words", [["worker", "--help"], ["help", "worker"]])
def test_the_worker_commands_have_a_help_together(run: Run, words: list[str]) -> None:
    outcome = run(*words)
    assert (outcome.status, outcome.err) == (0, "")
    assert all(f"  {name} " in outcome.out for name in ROWS if name.startswith("worker "))


def test_help_is_a_command_too(run: Run) -> None:
    assert run("help").out == run("--help").out
    assert run("help", "send").out == run("send", "--help").out
    assert run("help", "worker", "add").out == run("worker", "add", "--help").out
    assert "did you mean send?" in run("help", "sned").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data"], "--data needs a value: --data DIR"),
        (["ls", "--data"], "--data needs a value: --data DIR"),
        (["--data", "--json", "ls"], "--data needs a value: --data DIR"),
        (["--data", ""], "no command is named"),
        (["--data", "", "ls"], "--data is empty"),
        (["ls", "--data="], "--data is empty"),
        (["--jsn"], "unknown option --jsn (did you mean --json?)"),
    ],
)
def test_a_data_directory_half_named_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, {}) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("words", [["stauts"], ["--data", ""], ["worker"], ["send"], ["help", "x"]])
def test_wrong_usage_in_json_is_an_answer(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"], {}) == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["id"], answer["ok"], answer["error"]["code"]) == (None, False, "usage")


def test_an_interrupted_command_is_an_answer_in_json(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("actors.cli.main.data_directory", lambda *_: interrupt(None))
    outcome = run("ls", "--json")
    assert (outcome.status, json.loads(outcome.out)["error"]["code"]) == (1, "interrupted")


def test_help_lists_every_command(run: Run) -> None:
    outcome = run("--help")
    assert outcome.status == 0
    assert all(f"  {name} " in outcome.out for name in ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_every_command_has_a_help_with_examples(name: str) -> None:
    text = help_of(name)
    assert f"usage: greenroom {name}" in text
    assert "examples:" in text


def test_the_version_is_said(run: Run) -> None:
    assert run("--version").out.startswith("greenroom ")


def test_a_reader_that_has_seen_enough_is_no_error(data: Path, serve: Serve) -> None:
    sessions = [{"id": str(number), "title": "x" * 200} for number in range(5000)]
    serve(yes({"sessions": sessions}))
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), "ls", "--data", str(data)],
        stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_way_to_the_help_is_said_once(run: Run) -> None:
    outcome = run("help", "nope")
    assert outcome.status == 2
    assert outcome.err.count("--help") == 1


def test_a_closed_standard_output_is_no_fault(data: Path) -> None:
    words = [sys.executable, str(PROJECT / "run.py"), "help", "--data", str(data)]
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_argument_that_is_no_text_is_wrong_usage(run: Run, serve: Serve) -> None:
    serve(yes({}))
    assert run("pause", "a\udcff").status == 2


def test_every_help_has_a_sentence_its_arguments_an_example_and_what_follows() -> None:
    for name, (usage, summary, _) in ROWS.items():
        shown = help_of(name)
        assert shown.startswith(f"greenroom {name}: {summary}\n")
        for word in argument_words(usage):
            assert f"\n  {word} " in shown.split("options:")[0], (name, word)
        examples = shown.partition("examples:\n")[2].partition("\nnext:")[0]
        assert "greenroom " in examples, name
        assert f"next: {NEXT[name]}" in shown


def test_nothing_is_told_of_commands_that_are_not_there() -> None:
    assert set(NEXT) - {"events"} <= set(ROWS)
    known = {word for usage, _, _ in ROWS.values() for word in argument_words(usage)}
    assert known == set(ARGUMENTS)
