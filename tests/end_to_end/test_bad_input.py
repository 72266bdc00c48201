"""Each mistake gets one line that names the thing and the next step, and changes nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ROOT, RUN, House

DEMO_SERVER = str(ROOT / "tests" / "peers" / "mcp_demo.py")


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_an_unknown_command_names_the_nearest(house: House) -> None:
    assert "status" in complaint(house.run("statsu", expect=2))


@pytest.mark.parametrize(
    "words", [("ls",), ("send", "x", "y"), ("show", "x"), ("stop",), ("new", "/tmp")]
)
def test_without_a_daemon_it_says_how_to_start_one(house: House, words: tuple[str, ...]) -> None:
    assert "start it with: greenroom start" in complaint(house.run(*words, expect=3))


def test_a_dead_daemon_is_none(running: House) -> None:
    running.run("stop")
    (running.data / "run" / "control.sock").touch()
    assert "start it with: greenroom start" in complaint(running.run("ls", expect=3))


def test_a_second_daemon_ends_with_3_and_names_the_first(running: House) -> None:
    pid = running.status()["daemon"]["pid"]
    assert str(pid) in complaint(running.run("daemon", expect=3))
    assert running.status()["daemon"]["pid"] == pid


def test_start_says_that_it_runs(running: House) -> None:
    pid = running.status()["daemon"]["pid"]
    assert str(pid) in running.run("start").stdout


def test_an_unknown_session(running: House) -> None:
    assert "session 'nope' not found" in complaint(running.run("show", "nope", expect=1))


def test_an_ambiguous_session_lists_the_candidates(running: House) -> None:
    ids = [
        running.data_of(
            {"type": "create-session", "location_path": str(running.home), "title": "same"}
        )["id"]
        for _ in range(2)
    ]
    done = running.run("show", "same", expect=1)
    assert all(session_id in done.stderr for session_id in ids)


def test_a_directory_that_does_not_exist(running: House) -> None:
    line = complaint(running.run("new", "/nowhere/at/all", "--terminal", expect=1))
    assert "/nowhere/at/all does not exist" in line
    assert running.data_of({"type": "list-sessions"}) == {"sessions": []}


def test_a_program_that_does_not_exist(running: House) -> None:
    line = complaint(
        running.run("new", str(running.home), "--terminal", "--", "no-such-program", expect=1)
    )
    assert "no-such-program" in line
    assert running.data_of({"type": "list-sessions"}) == {"sessions": []}


def test_a_missing_key_is_named(running: House) -> None:
    running.run("new", str(running.home), "--conversation", "--title", "talk")
    assert "ANTHROPIC_API_KEY" in complaint(running.run("send", "talk", "hello", expect=1))
    assert running.data_of({"type": "get-history", "session": "talk"}) == {"rounds": []}


@pytest.mark.parametrize(
    ("request_", "code", "path"),
    [
        ({"type": "dance"}, "unknown-type", "$.type"),
        ({"type": "create-session", "location_path": 7}, "bad-request", "$.location_path"),
        ({"type": "get-session", "session": "x", "colour": 1}, "bad-request", "$.colour"),
        ({"type": "pause-session", "session": "x"}, "session-not-found", None),
        (
            {"type": "create-session", "location_path": "/tmp", "workspace": "../x"},
            "workspace-not-found",
            "$.workspace",
        ),
        (
            {
                "type": "create-session",
                "location_path": "/tmp",
                "worker": {"type": "terminal", "name": "a/b"},
            },
            "bad-request",
            "$.worker.name",
        ),
    ],
)
def test_a_wrong_request_in_the_inbox_is_answered(
    running: House, request_: dict[str, object], code: str, path: str | None
) -> None:
    answer = running.answer("wrong", request_)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code
    assert answer["error"].get("path") == path


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": NaN}', '{"type": "x", "type": "y"}'])
def test_what_is_no_request_is_kept_with_the_reason(running: House, text: str) -> None:
    running.drop("broken", text)
    why = running.data / "rejected" / "broken.json.why.json"
    running.wait(why.exists, "the reason")
    assert json.loads(why.read_bytes())["reason"]
    kept = running.data / "rejected" / "broken.json"
    running.wait(kept.exists, "the file")
    assert kept.read_text() == text
    assert not (running.data / "outbox" / "broken.json").exists()


def test_what_was_edited_while_it_did_not_run_is_taken_or_refused(running: House) -> None:
    running.data_of({"type": "create-session", "location_path": str(running.home), "title": "t"})
    path = running.data / "workspaces" / "default" / "sessions.json"
    running.wait(path.exists)
    running.wait(lambda: '"t"' in path.read_text())
    running.run("stop")
    path.write_text(path.read_text().replace('"t"', '"mine"'))
    running.run("start")
    session = running.wait(lambda: running.data_of({"type": "get-session", "session": "mine"}))
    running.run("stop")
    edited = path.read_text().replace(session["id"], "another")
    path.write_text(edited)
    running.run("start")
    (refused,) = running.wait(lambda: running.json("status")["store"]["rejected_edits"])
    assert "line" in refused["reason"]
    assert Path(refused["path"]).read_text() == edited
    assert running.data_of({"type": "get-session", "session": "mine"})["id"] == session["id"]


def test_a_data_directory_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = subprocess.run(
        [sys.executable, str(RUN), "daemon", "--data", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is not a directory" in done.stderr


def test_a_broken_workspace_file_is_named_and_stops_nothing(running: House) -> None:
    (running.data / "workspaces" / "default" / "workspace.json").write_text('{"name": 7}')
    problem = running.status()["workspaces"][0]["problem"]
    assert "workspace.json" in problem
    assert "$.name" in problem
    running.run("new", str(running.home), "--terminal")


def test_a_workspace_file_cut_off_while_nothing_ran_lifts_no_limit(running: House) -> None:
    path = running.data / "workspaces" / "default" / "workspace.json"
    script = running.home / "script.jsonl"
    script.write_text('{"reply": [{"text": "good"}]}\n')
    models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
    path.write_text(json.dumps({"budget": {"tokens": 5}, "models": models}))
    made = running.json("new", str(running.home), "--conversation", "--title", "bb")["data"]["id"]
    running.run("stop")
    path.write_text(path.read_text()[:60])
    running.run("start")
    assert "the last good one stays in force" in running.run("status", expect=None).stdout
    assert running.json("budget", "bb")["data"]["limits"]["tokens"] == 5
    warning, refusal = running.run("send", made, "hello", expect=1).stderr.splitlines()
    assert warning.startswith(f"warning: {path}:1: ")
    assert "allows 5 tokens" in refusal
    running.run("stop")
    path.with_name(".workspace-last-good.json").unlink()
    running.run("start")
    for words in (("budget", "bb"), ("send", "bb", "hello")):
        assert "there was no good one before it" in complaint(running.run(*words, expect=1))


def test_what_was_not_found_is_null_in_json(running: House) -> None:
    assert running.answer("none", {"type": "get-session", "session": "nope"})["data"] is None


def test_a_directory_that_has_gone_is_named_when_its_shell_is_to_run(running: House) -> None:
    place = running.home / "gone"
    place.mkdir()
    running.run("new", str(place), "--terminal", "--title", "gone")
    running.run("halt", "gone")
    place.rmdir()
    for words in (("run", "gone"), ("restart", "gone"), ("restart", "gone/terminal-1")):
        assert "does not exist" in complaint(running.run(*words, expect=1))


def test_tools_follow_the_workspace_file(running: House) -> None:
    def settings(**servers: object) -> dict[str, object]:
        script = running.home / "script.jsonl"
        script.write_text('{"reply": [{"tool": "one.add", "parameters": {"a": 1, "b": 2}}]}\n')
        models = {"active": "scripted", "providers": {"scripted": {"script": str(script)}}}
        return {"models": models, "mcp_servers": servers}

    def tree() -> set[str]:
        sessions = next(n for n in running.status()["tree"]["children"] if n["name"] == "sessions")
        return {
            child["name"]
            for session in sessions["children"]
            for child in session["children"]
            if child["name"].startswith("mcp:")
        }

    server = {"command": sys.executable, "args": [DEMO_SERVER], "auto_approve": True}
    running.workspace(settings(one=server))
    running.run("new", str(running.home), "--conversation", "--title", "talk")
    running.run("send", "talk", "go", expect=None)
    assert tree() == {"mcp:one"}
    running.workspace(settings(two=server))
    running.run("send", "talk", "go", expect=None)
    running.wait(lambda: tree() == {"mcp:two"}, "the other server")
    running.workspace(settings(two={}))
    assert "needs either a command or a url" in running.status()["workspaces"][0]["problem"]
