import json

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes

INFO = {"id": "aaaa", "title": "Fix \x1b[31mit", "type": "quick", "status": "active",
        "worker_count": 2, "message_count": 31, "updated_at": "nonsense"}  # fmt: skip
SESSION = {
    "id": "aaaa", "title": "Fix it", "type": "worktree", "status": "paused", "desired": "paused",
    "location_path": "/work", "branch": "fix/it", "created_at": "x", "updated_at": "y",
    "message_count": 3, "open_requests": 1, "config": {"provider": "anthropic", "model": None},
    "metrics": {"prompt_tokens": 10, "completion_tokens": 4, "estimated_cost": 0.5,
                "context_utilization": 0.25, "max_context_window": 200000},
    "workers": [{"id": "w1", "name": "shell", "type": "terminal", "status": "lost",
                 "last_error": "the host went"}],
}  # fmt: skip
LOOK = {"location": "there", "branch": "fix/it", "head": "1" * 40, "base": "2" * 40,
        "base_branch": "main", "ahead_of_base": 2, "behind_base": 1, "staged": 0, "modified": 3,
        "untracked": 1, "conflicted": 0}  # fmt: skip


def test_ls_is_a_table(run: Run, serve: Serve) -> None:
    serve(yes({"sessions": [INFO, {**INFO, "id": "bb", "title": "Other", "status": "paused"}]}))
    assert run("ls").out == (
        "ID    TITLE           TYPE   STATUS  WORKERS  MESSAGES  UPDATED\n"
        "aaaa  Fix \\x1b[31mit  quick  active  2        31        \n"
        "bb    Other           quick  paused  2        31        \n"
    )


def test_ls_tells_what_a_session_does_and_which_of_its_workers(run: Run, serve: Serve) -> None:
    asks = {"state": "asking", "source": "hook", "since": "x", "name": "claude", "worker": "w1",
            "text": "Remove \x1b]0;all\x07it?"}  # fmt: skip
    serve(yes({"sessions": [{**INFO, "activity": asks}, {**INFO, "activity": None}]}))
    lines = run("ls").out.splitlines()
    assert lines[0].endswith("UPDATED  ACTIVITY")
    assert lines[1].endswith(r"  asking (hook), claude: Remove \x1b]0;all\x07it?")


def test_archived_sessions_are_counted_and_shown_on_demand(run: Run, serve: Serve) -> None:
    serve(yes({"sessions": [{**INFO, "status": "archived"}]}))
    assert run("ls").out == (
        "no sessions yet; make one with: greenroom new\n"
        "and 1 archived; see them with: greenroom ls --all\n"
    )
    assert "aaaa" in run("ls", "--all").out


def test_show_tells_workers_settings_and_figures(run: Run, serve: Serve) -> None:
    answers = {"get-session": SESSION, "get-status": {}, "get-worktree": LOOK}
    daemon = serve(lambda r: yes(answers[r["type"]])(r))
    assert run("show", "Fix it").out == (
        "Fix it aaaa\n"
        "status    paused, desired paused\n"
        "type      worktree\n"
        "directory /work\n"
        "branch    fix/it\n"
        "git       on fix/it, 2 ahead and 1 behind of main, 3 modified, 1 untracked\n"
        "base      222222222222, main, 2 ahead, 1 behind\n"
        "created   x\n"
        "updated   y\n"
        "messages  3, 1 open request\n"
        "workers   \n"
        "  NAME   ID  TYPE      STATE\n"
        "  shell  w1  terminal  lost  the host went\n"
        "config    provider anthropic\n"
        "metrics   10 prompt tokens, 4 completion tokens, $0.5000, context 25% of 200000\n"
    )
    assert daemon.requests[0]["session"] == "Fix it"
    shown = json.loads(run("show", "Fix it", "--json").out)["data"]
    assert (shown["id"], shown["location"], shown["worktree"]) == ("aaaa", "there", LOOK)


def test_show_says_why_a_worker_was_started_again(run: Run, serve: Serve) -> None:
    why = "over the session's limit of 3 processes: 7 were seen, 7 of them of this worker"
    worker = {"id": "w1", "name": "shell", "type": "terminal", "status": "running", "restarts": 2}
    node = {"name": "w1", "state": "running", "last_error": why}
    tree = {"name": "supervisor", "children": [{"name": "aaaa", "children": [node]}]}
    answers = {
        "get-session": {**SESSION, "workers": [worker]},
        "list-workers": {"workers": [worker]},
        "get-status": {"tree": tree},
        "get-worktree": LOOK,
    }
    serve(lambda r: yes(answers[r["type"]])(r))
    for command in (("show", "aaaa"), ("worker", "ls", "aaaa")):
        line = next(line for line in run(*command).out.splitlines() if " w1 " in line)
        assert line.endswith(f"running  2 restarts, before: {why}")


def test_show_says_why_a_session_is_quarantined(run: Run, serve: Serve) -> None:
    failed = [{"session_id": "bbbb", "reason": "other"}, {"session_id": "aaaa", "reason": "torn"}]
    status = {"store": {"quarantined": failed}}
    answers = {"get-session": SESSION, "get-status": status, "get-worktree": None}
    serve(lambda r: yes(answers[r["type"]])(r))
    assert run("show", "a").out.splitlines()[-1] == "problem   torn"
    assert json.loads(run("show", "a", "--json").out)["data"]["id"] == "aaaa"


def test_a_session_that_is_not_there_is_status_1(run: Run, serve: Serve) -> None:
    serve(yes(None))
    outcome = run("show", "nope")
    assert (outcome.status, outcome.out) == (1, "")
    assert "session 'nope' not found" in outcome.err
    assert json.loads(run("show", "nope", "--json").out)["data"] is None


def test_history_tells_who_said_what_with_tool_calls(run: Run, serve: Serve) -> None:
    call = {"tool_call_id": "1", "name": "files.read", "args": {"path": "a"}, "status": "completed",
            "result": {"content": "line\nmore"}}  # fmt: skip
    turn = {"number": 1, "status": "completed", "model": "m", "usage": {}, "tool_calls": [call],
            "content": [{"type": "text", "text": "Reading.\nNow."}]}  # fmt: skip
    entry = {"id": "r", "status": "failed", "created_at": "then", "turns": [turn],
             "request": {"content": [{"type": "text", "text": "Look"}]},
             "failure": {"code": "provider-error", "message": "no key"}}  # fmt: skip
    serve(yes({"rounds": [entry]}))
    assert run("history", "a").out == (
        "you then\n"
        "  Look\n"
        "model m\n"
        "  Reading.\n"
        "  Now.\n"
        '  tool files.read {"path": "a"}: completed\n'
        "    line\n"
        "    more\n"
        "failed: no key\n"
        "\n"
    )


USED = {"prompt_tokens": 1}


def test_history_shows_a_summary_as_such_and_what_was_left_out(run: Run, serve: Serve) -> None:
    summary = {"role": "summary", "content": [{"type": "text", "text": "They talked."}],
               "metadata": {"summarized_messages": ["1", "2"]}}  # fmt: skip
    turn = {"number": 0, "status": "completed", "model": "m", "usage": USED, "cost": {"usd": "1"},
            "content": [{"type": "text", "text": "Yes."}], "left_out": ["dynamic context x: no"],
            "summaries": [{"message": summary, "usage": USED, "cost": {"usd": "0.5"}},
                          {"usage": USED, "cost": {"usd": "2"}}]}  # fmt: skip
    entry = {"id": "r", "status": "completed", "created_at": "then", "turns": [turn],
             "request": {"content": [{"type": "text", "text": "And?"}]}}  # fmt: skip
    serve(yes({"rounds": [entry]}))
    assert run("history", "a").out == (
        "you then\n"
        "  And?\n"
        "summary of 2 earlier messages, $0.5000\n"
        "  They talked.\n"
        "summary of no use, $2.0000\n"
        "  left out: dynamic context x: no\n"
        "model m, $1.0000\n"
        "  Yes.\n"
        "\n"
    )


def test_an_empty_history_says_how_to_begin(run: Run, serve: Serve) -> None:
    serve(yes({"rounds": []}))
    assert "greenroom send" in run("history", "a").out


def test_a_history_without_a_conversation_says_how_to_get_one(run: Run, serve: Serve) -> None:
    session = {"id": "aaaa", "workers": [{"type": "terminal"}]}
    serve(lambda r: yes(session if r["type"] == "get-session" else {"rounds": []})(r))
    said = run("history", "a").out
    assert "add one with: greenroom worker add aaaa --conversation" in said
    assert "greenroom send" not in said


def test_the_history_of_an_agent_is_on_its_screen(run: Run, serve: Serve) -> None:
    session = {"id": "aaaa", "workers": [{"type": "agent", "name": "fixer"}]}
    serve(lambda r: yes(session if r["type"] == "get-session" else {"rounds": []})(r))
    assert run("history", "a").out.endswith(": greenroom peek aaaa/fixer\n")


def test_messages_without_a_round_are_not_called_nothing(run: Run, serve: Serve) -> None:
    session = {"id": "aaaa", "workers": [], "message_count": 2}
    serve(lambda r: yes(session if r["type"] == "get-session" else {"rounds": []})(r))
    said = run("history", "a").out
    assert said.startswith("no model was asked yet (2 messages put in without one); ")


def test_a_failure_is_told_once_and_not_as_the_models_word(run: Run, serve: Serve) -> None:
    turn = {"number": 1, "status": "failed", "model": "m", "error": "no key", "content": []}
    entry = {"id": "r", "status": "failed", "created_at": "then", "turns": [turn],
             "request": {"content": "Look"},
             "failure": {"code": "api-key-missing", "message": "no key"}}  # fmt: skip
    serve(yes({"rounds": [entry]}))
    assert run("history", "a").out == "you then\n  Look\nfailed: no key\n\n"
