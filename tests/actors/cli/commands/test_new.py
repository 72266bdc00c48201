import json
from pathlib import Path
from typing import Any

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes

SESSION = {
    "id": "abcdefgh2345",
    "title": "shop",
    "workers": [{"name": "chat", "type": "conversation"}],
}


@pytest.mark.parametrize(
    ("words", "request_body"),
    [
        ([], {"worker": {"type": "conversation"}}),
        (["--terminal"], {"worker": {"type": "terminal"}}),
        (["--", "sh", "-c", "x"], {"worker": {"type": "terminal", "command": ["sh", "-c", "x"]}}),
        (["--parent", "Shop"], {"worker": {"type": "conversation"}, "parent": "Shop"}),
        (["--agent", "claude"], {"worker": {"type": "agent", "agent": "claude"}}),
        (["--agent", "claude", "--prompt", "Why?"],
         {"worker": {"type": "agent", "agent": "claude"}, "prompt": "Why?"}),
        (
            ["--title", "T", "--model", "m", "--provider", "p", "--prompt", "Why?"],
            {"worker": {"type": "conversation"}, "title": "T", "prompt": "Why?",
             "config": {"provider": "p", "model": "m"}},
        ),
    ],
)  # fmt: skip
def test_the_request_says_what_was_asked_for(
    run: Run, serve: Serve, words: list[str], request_body: dict[str, Any]
) -> None:
    daemon = serve(yes(SESSION))
    assert run("new", *words).status == 0
    (request,) = daemon.requests
    del request["id"]
    assert request == {
        "type": "create-session", "location_path": str(Path.cwd()), **request_body
    }  # fmt: skip


def test_a_directory_is_made_absolute(run: Run, serve: Serve, tmp_path: Path) -> None:
    daemon = serve(yes(SESSION))
    run("new", str(tmp_path))
    assert daemon.requests[0]["location_path"] == str(tmp_path)


def test_what_to_do_next_is_said(run: Run, serve: Serve) -> None:
    serve(yes(SESSION))
    assert run("new").out == "shop abcdefgh2345\nnext: greenroom send abcdefgh2345 TEXT\n"


@pytest.mark.parametrize("kind", ["terminal", "agent"])
def test_the_next_step_of_what_has_a_terminal_is_to_attach(
    run: Run, serve: Serve, kind: str
) -> None:
    serve(yes({**SESSION, "workers": [{"name": "sh", "type": kind}]}))
    assert run("new", "--terminal").out.endswith("next: greenroom attach abcdefgh2345\n")


def test_a_prompt_is_accepted_with_its_response_id(run: Run, serve: Serve) -> None:
    serve(yes({**SESSION, "response_id": "r1"}))
    assert "the prompt is accepted as r1" in run("new", "--prompt", "Why?").out


def test_a_prompt_that_is_typed_waits_for_its_agent(run: Run, serve: Serve) -> None:
    serve(yes({**SESSION, "response_id": "r1", "workers": [{"name": "a", "type": "agent"}]}))
    said = run("new", "--agent", "aider", "--prompt", "Why?").out
    assert "the prompt waits for the agent as r1" in said
    assert "greenroom show abcdefgh2345" in said


def test_json_is_the_answer(run: Run, serve: Serve) -> None:
    serve(yes(SESSION))
    answer = json.loads(run("new", "--json").out)
    assert (answer["ok"], answer["data"]) == (True, SESSION)


@pytest.mark.parametrize(
    "words",
    [["--terminal", "--conversation"], ["--agent", "x", "--", "ls"], ["--terminal", "--"]],
)
def test_what_contradicts_itself_is_wrong_usage(run: Run, words: list[str]) -> None:
    assert run("new", *words).status == 2


@pytest.mark.parametrize("option", ["--model", "--provider", "--prompt"])
@pytest.mark.parametrize("terminal", [["--terminal"], ["--", "ls"]])
def test_what_does_nothing_for_a_terminal_is_wrong_usage(
    run: Run, option: str, terminal: list[str]
) -> None:
    outcome = run("new", option, "m", *terminal)
    assert outcome.status == 2
    assert f"{option} is for a conversation" in outcome.err


def of_worktree(**more: Any) -> dict[str, Any]:
    return {
        **SESSION,
        "type": "worktree",
        "branch": "fix/login",
        "base_branch": "main",
        "made_branch": True,
        "worktree_path": "/trees/shop/fix-login",
        **more,
    }


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ([], {"repository": str(Path.cwd())}),
        (["/srv/shop"], {"repository": "/srv/shop"}),
        (["fix/login"], {"repository": str(Path.cwd()), "branch": "fix/login"}),
        (["fix/login", "/srv/shop"], {"repository": "/srv/shop", "branch": "fix/login"}),
        (["shop", "--branch", "x"], {"repository": str(Path.cwd() / "shop"), "branch": "x"}),
        (
            ["--repository", "/srv/shop", "--branch", "x", "--base", "v1", "--setup"],
            {"repository": "/srv/shop", "branch": "x", "base": "v1", "run_setup": True},
        ),
    ],
)
def test_a_worktree_is_asked_for(
    run: Run, serve: Serve, words: list[str], fields: dict[str, Any]
) -> None:
    daemon = serve(yes(of_worktree()))
    assert run("new", "--worktree", *words).status == 0
    (request,) = daemon.requests
    del request["id"]
    assert request == {
        "type": "create-session",
        "session_type": "worktree",
        "worker": {"type": "conversation"},
        **fields,
    }


def test_where_it_is_and_what_is_left_to_do_is_told(run: Run, serve: Serve) -> None:
    set_up = {
        "command": ["sh", "-c", "make\x1b[2J"],
        "trusted": False,
        "notes": ["\x1b[2Jx was left out"],
    }
    workers = [*SESSION["workers"], {"name": "setup", "type": "terminal", "status": "stopped"}]
    serve(yes(of_worktree(set_up=set_up, workers=workers)))
    done = run("new", "--worktree")
    branch, place, waits = done.out.splitlines()[1:4]
    assert (branch, place) == ("branch fix/login, from main", "/trees/shop/fix-login")
    assert waits == (
        "the repository's set-up waits: sh -c 'make\\x1b[2J'; "
        "greenroom run abcdefgh2345/setup runs it"
    )
    assert done.err == "\\x1b[2Jx was left out\n"


def test_a_set_up_that_was_asked_for_and_is_not_there_is_said(run: Run, serve: Serve) -> None:
    serve(yes(of_worktree()))
    assert run("new", "--worktree", "--setup").err == "there is no set-up command to run\n"


def test_where_the_output_of_a_set_up_that_runs_is(run: Run, serve: Serve) -> None:
    workers = [*SESSION["workers"], {"name": "setup", "type": "terminal"}]
    serve(yes(of_worktree(set_up={"command": ["make"], "trusted": True}, workers=workers)))
    line = run("new", "--worktree", "--setup").out.splitlines()[3]
    assert line == "the set-up runs; see: greenroom output abcdefgh2345/setup"


@pytest.mark.parametrize(
    "words",
    [
        ["--branch", "x"],
        ["--base", "x"],
        ["--setup"],
        ["a", "--worktree", "--repository", "b"],
        ["a", "--worktree", "b", "--branch", "c"],
        ["a", "--worktree", "./b"],
    ],
)
def test_what_belongs_to_worktrees_is_wrong_usage_without(run: Run, words: list[str]) -> None:
    assert run("new", *words).status == 2


def test_settings_that_are_not_in_force_are_said_with_a_prompt(run: Run, serve: Serve) -> None:
    session = {**SESSION, "workspace": "default", "response_id": "abc-1"}
    problems = [{"name": "default", "problem": "line 3 is wrong"}, {"name": "x", "problem": "not"}]
    serve(yes({**session, "workspaces": problems}))
    outcome = run("new", "--prompt", "hello")
    assert (outcome.status, outcome.err) == (0, "warning: line 3 is wrong\n")
