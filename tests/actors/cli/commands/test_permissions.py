import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from actors.cli.permission_view import note_lines
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import Json, no, yes

ONE = {
    "id": "abcdefgh2345-sess", "session_id": "sess", "kind": "call", "tool": "files.write",
    "arguments": {"path": "/tmp/x"}, "reason": None, "seconds_left": 190.5, "title": "Shop",
    "shown_in": ["sess"], "state": "open",
}  # fmt: skip
OTHER = {**ONE, "id": "abzzzzzz2345-sess", "tool": "git.push", "arguments": {}}
ASKED = {"permissions": [ONE, OTHER]}


def answering(listed: Json, answer: Json) -> Callable[[Json], Sequence[Json]]:
    def script(request: Json) -> Sequence[Json]:
        is_list = request["type"] == "list-permissions"
        return yes(listed)(request) if is_list else yes(answer)(request)

    return script


def test_what_is_asked_is_a_table_with_how_to_answer(run: Run, serve: Serve) -> None:
    daemon = serve(yes(ASKED))
    assert run("asks").out == (
        "ID            SESSION  LEFT   TOOL\n"
        'abcdefgh2345  Shop     3 min  files.write  {"path": "/tmp/x"}\n'
        "abzzzzzz2345  Shop     3 min  git.push  {}\n"
        "answer with: greenroom answer ID allow|deny\n"
    )
    assert "session" not in daemon.requests[0]
    run("asks", "Shop")
    assert daemon.requests[2]["session"] == "Shop"


def test_that_nothing_is_asked_is_said(run: Run, serve: Serve) -> None:
    serve(yes({"permissions": []}))
    assert run("asks") == (0, "nothing is asked\n", "")


def test_json_is_the_answer_as_it_came(run: Run, serve: Serve) -> None:
    serve(yes(ASKED))
    assert json.loads(run("asks", "--json").out)["data"] == ASKED


def test_what_a_tool_says_cannot_touch_the_screen(run: Run, serve: Serve) -> None:
    bad = {
        **ONE,
        "tool": "a\x1b[2Jb",
        "arguments": {"x\x07": "\u202e"},
        "reason": "\x1b]0;t\x07new",
    }
    serve(yes({"permissions": [bad]}))
    out = run("asks").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out


def test_what_is_cut_is_said_with_what_shows_it_whole(run: Run, serve: Serve) -> None:
    serve(yes({"permissions": [{**ONE, "arguments": {"text": "x" * 300}}]}))
    assert "x…\nwhat was cut is shown whole by: greenroom asks ID\n" in run("asks").out


def test_one_is_shown_whole_with_every_line_of_its_arguments(run: Run, serve: Serve) -> None:
    text = "".join(f"line {n}\n" for n in range(300)) + "\trm -rf /\x1b[2J"
    kept = {"path": "a", "text": f"{text[:2000]}… ({len(text)} characters)"}
    asked = {**ONE, "response_id": "sess-r", "tool_call_id": "t", "arguments": kept}
    call = {"tool_call_id": "t", "args": {"path": "a", "text": text}}
    listed, found = yes({"permissions": [asked, OTHER]}), yes({"turns": [{"tool_calls": [call]}]})
    serve(lambda sent: (listed if sent["type"] == "list-permissions" else found)(sent))
    lines = run("asks", "abcd").out.splitlines()
    assert lines[0] == "may files.write run? 3 min left"
    assert lines[1] == f"id       {ONE['id']}"
    assert lines[-3:-1] == ["  | line 299", r"  |     rm -rf /\x1b[2J"]
    assert len(lines) == 308
    (told,) = json.loads(run("asks", "abcd", "--json").out)["data"]["permissions"]
    assert told["arguments"]["text"] == text


def test_why_it_is_asked_again_stands_behind_the_arguments(run: Run, serve: Serve) -> None:
    serve(yes({"permissions": [{**ONE, "reason": "it changed"}]}))
    assert 'files.write  {"path": "/tmp/x"} (it changed)' in run("asks").out


def test_a_server_is_told_from_a_tool(run: Run, serve: Serve) -> None:
    arguments = {"command": "git", "digest": "0f0f"}
    serve(yes({"permissions": [{**ONE, "kind": "server", "tool": "git", "arguments": arguments}]}))
    assert 'the server git  {"command": "git"}\n' in run("asks").out


def test_the_beginning_of_an_id_is_enough_to_answer(run: Run, serve: Serve) -> None:
    daemon = serve(answering(ASKED, {**ONE, "state": "allowed"}))
    assert run("answer", "abcd", "allow") == (0, "files.write is allowed\n", "")
    request = daemon.requests[1]
    del request["id"]
    assert request == {
        "type": "answer-permission", "permission": ONE["id"], "decision": "allow"
    }  # fmt: skip
    run("answer", str(ONE["id"]), "deny", "--remember")
    assert daemon.requests[3]["decision"] == "deny"
    assert daemon.requests[3]["remember"] is True


def test_a_beginning_of_several_is_refused_with_them(run: Run, serve: Serve) -> None:
    daemon = serve(yes(ASKED))
    outcome = run("answer", "ab", "allow")
    assert outcome.status == 1
    assert "abcdefgh2345, abzzzzzz2345; write more of it" in outcome.err
    assert len(daemon.requests) == 1


def test_one_that_is_not_open_is_answered_by_the_daemon(run: Run, serve: Serve) -> None:
    def late(request: Json) -> Sequence[Json]:
        if request["type"] == "list-permissions":
            return yes({"permissions": []})(request)
        return no("permission-answered", "it was denied already")(request)

    daemon = serve(late)
    assert run("answer", "gone-sess", "allow") == (1, "", "greenroom: it was denied already\n")
    assert daemon.requests[1]["permission"] == "gone-sess"


@pytest.mark.parametrize("words", [("abcd", "maybe"), ("", "allow"), ("abcd",)])
def test_anything_but_allow_and_deny_is_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("answer", *words).status == 2


def recorded(data: Path, *sessions: dict[str, Any]) -> None:
    workspace = data / "workspaces" / "default"
    workspace.mkdir(parents=True)
    (workspace / "sessions.json").write_text(json.dumps({"sessions": sessions}))


def test_without_a_daemon_what_was_asked_last_is_told(run: Run, data: Path) -> None:
    asked = {key: value for key, value in ONE.items() if key not in {"title", "shown_in"}}
    recorded(data, {"id": "sess", "title": "Shop", "permissions": [asked]})
    outcome = run("asks")
    assert outcome.status == 3
    assert "abcdefgh2345  Shop     3 min  files.write" in outcome.out
    assert "greenroom start" in outcome.err
    assert json.loads(run("asks", "--json").out)["error"]["code"] == "no-daemon"
    assert run("asks", "Shop") == (3, "", outcome.err)


def test_send_says_once_what_waits_and_how_to_answer(run: Run, serve: Serve) -> None:
    def asking(request: Json) -> Sequence[Json]:
        calls = [{"tool_call_id": "a", "name": "files.write", "args": {}, "status": "pending"}]
        content = [{"type": "text", "text": "Well."}]
        turn = {"number": 0, "status": "completed", "content": content, "tool_calls": calls}
        frame = {"id": request["id"], "type": "request", "response_id": "r1", "turn": turn}
        answer = {"id": request["id"], "type": "request", "ok": True, "data": {"text": "done"}}
        return [{**frame, "permissions": [ONE]}, {**frame, "permissions": [ONE]}, frame, answer]

    serve(asking)
    outcome = run("send", "Shop", "x")
    assert (outcome.status, outcome.out) == (0, "Well.\n")
    assert outcome.err == (
        'asked: may files.write {"path": "/tmp/x"} run? (3 min left)\n'
        "answer it with: greenroom answer abcdefgh2345 allow\n"
        "            or: greenroom answer abcdefgh2345 deny\n"
    )


def test_what_does_not_fit_into_the_question_of_send_is_said() -> None:
    notes = note_lines({**ONE, "arguments": {"text": "x" * 300 + "rm"}})
    assert notes[1].endswith("see it whole with: greenroom asks abcdefgh2345")
    assert len(note_lines(ONE)) == 3
