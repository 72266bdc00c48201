import re
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.cli.drawing import width_of
from actors.cli.health import healthy
from actors.cli.printable import cells
from actors.cli.status_view import status_lines, worker_detail
from actors.cli.watch.frame import row_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def actor(name: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {"name": name, "kind": "actor", "state": "running", "restarts": 0, "last_error": None}
    return {**plain, "children": list(children), **more}


def status() -> dict[str, Any]:
    return {
        "daemon": {"state": "running", "pid": 11, "version": "0.1.0",
                   "started_at": "2026-11-21T10:00:00Z", "data": "/data"},
        "store": {"state": "ok", "quarantined": [], "rejected_edits": [
            {"at": "2026-11-21T11:58:00Z", "path": "$.sessions[0].id", "reason": "is read-only"}]},
        "tree": actor(
            "supervisor",
            actor("recorder", restarts=1, last_error="disk hiccup"),
            actor("sessions", actor("aaaa", actor("w1"), actor("files", state="quarantined"))),
            actor("inbox", since="2026-11-21T11:59:30Z"),
        ),
        "sessions": [
            {"id": "aaaa", "title": "Fix the login", "type": "worktree", "status": "active",
             "desired": "run", "workers": [
                 {"id": "w1", "name": "shell", "type": "terminal", "status": "running",
                  "desired": "run", "restarts": 2, "exit": None,
                  "process": {"pid": 99, "memory_bytes": 12_345_678, "cpu_percent": 3.4,
                              "processes": 4},
                  "writer": {"owner": "ann on pts/3", "since": "2026-11-21T11:57:00Z"},
                  "watchers": 2,
                  "activity": {"state": "idle", "source": "screen", "text": "$ make",
                               "since": "2026-11-21T11:57:00Z"}},
                 {"id": "w2", "name": "build", "type": "terminal", "status": "exited",
                  "desired": "run", "restarts": 0, "process": None, "activity": None,
                  "exit": {"code": 2, "signal": None, "at": "2026-11-21T11:00:00Z"}}]},
            {"id": "bbbb", "title": "Asleep", "type": "quick", "status": "paused",
             "desired": "paused", "workers": []},
            {"id": "cccc", "title": "Old", "type": "quick", "status": "archived", "workers": []},
        ],
        "inbox": {"waiting": 0, "running": 1, "answered": 12, "rejected": 0},
        "permissions": [],
        "http": {"url": None, "state": "stopped"},
        "keeper": {"pid": 10},
        "terminal_host": {"pid": 12, "terminals": 1},
    }  # fmt: skip


EXPECTED = """\
greenroom  running, pid 11, for 2 h, version 0.1.0
data       /data
store      ok
inbox      0 waiting, 1 running, 12 answered, 0 rejected
refused    $.sessions[0].id: is read-only (2 min ago)
given up   files is quarantined: it failed too often; it is tried again every minute
keeper     pid 10
terminals  pid 12, 1 terminal

supervisor                  running
|-- recorder                running, 1 restart, disk hiccup
|-- sessions                running
|   |-- Fix the login aaaa  active, worktree
|   |   |-- shell terminal  running  pid 99 (4 processes)  12 MB  3 % CPU  \
ann on pts/3 types, 1 watcher, 2 restarts, idle 3 min (screen): $ make
|   |   |-- build terminal  exited   exit code 2, 1 h ago
|   |   `-- files           quarantined, tried again every minute
|   |-- Asleep bbbb         paused
|   `-- and 1 archived
`-- inbox                   running, 30 s
"""


def rendered(value: dict[str, Any], *, boxes: bool = False) -> str:
    lines = status_lines(value, NOW, boxes=boxes)
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def test_the_tree_shows_actors_sessions_and_workers_in_place() -> None:
    assert rendered(status()) == EXPECTED


def test_the_part_of_a_budget_that_is_spent_stands_at_its_session() -> None:
    value = status()
    value["sessions"][0]["budget"] = {"limit": "usd", "share": 0.424}
    value["sessions"][1]["budget"] = {"limit": None, "share": None}
    told = rendered(value)
    assert "Fix the login aaaa  active, worktree, 42 % of its US dollars spent\n" in told
    assert "Asleep bbbb         paused\n" in told


def test_on_a_terminal_the_same_tree_has_boxes() -> None:
    boxes = EXPECTED.replace("|-- ", "├── ").replace("`-- ", "└── ").replace("|   ", "│   ")
    assert rendered(status(), boxes=True) == boxes


def test_what_a_program_asks_is_shown_and_cut_to_the_width_of_the_terminal() -> None:
    value = status()
    asking = {"state": "asking", "source": "hook", "since": "2026-11-21T11:57:00Z",
              "text": "\x1b[31mMay I\x07 " + "remove " * 40}  # fmt: skip
    value["sessions"][0]["workers"][0] |= {"activity": asking, "writer": None, "watchers": 0}
    lines = status_lines(value, NOW, boxes=False, columns=120)
    (line,) = [line for line in lines if any("asking" in text for text, _ in line)]
    assert width_of(line) == 120
    text = "".join(text for text, _ in line)
    assert "CPU  2 restarts, asking 3 min (hook): \\x1b[31mMay" in text
    assert text.endswith("…")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_on_a_narrow_terminal_long_titles_leave_room_for_how_it_is(columns: int) -> None:
    value = status()
    title = "a title that goes on and on 漢字漢字 \u202e and on, and further than that \x1b[31m"
    for session in value["sessions"]:
        session["title"] = title
    drawn = [
        row_of(line, columns, colour=False)
        for line in status_lines(value, NOW, boxes=True, columns=columns)
    ]
    assert max(map(cells, drawn)) <= columns
    shown = [each for each in value["sessions"] if each["status"] != "archived"]
    for session in shown:
        (row,) = [each for each in drawn if session["id"] in each]
        assert session["status"][:6] in row


def test_of_a_crash_loop_the_end_and_the_last_output_are_shown_in_one_line() -> None:
    value = status()
    said = (
        "ended by signal 9; its last output: " + "x\r\n" * 200 + "\x1b[1mno space left\x1b[0m\r\n"
    )
    value["sessions"][0]["workers"][1] |= {
        "status": "quarantined", "last_error": said,
        "exit": {"code": None, "signal": 9, "at": "2026-11-21T11:00:00Z"},
    }  # fmt: skip
    shown = rendered(value)
    (line,) = [line for line in shown.splitlines() if "build terminal" in line]
    assert "quarantined  ended by signal 9, 1 h ago, its last output: …" in line
    assert line.endswith("x x no space left")
    assert "given up   worker Fix the login/build is quarantined: ended by signal 9;" in shown


def test_how_a_process_before_this_one_ended_is_told_as_the_past() -> None:
    value = status()
    node = value["tree"]["children"][1]["children"][0]["children"][0]
    node["last_error"] = "lost together with the terminal host"
    assert "2 restarts, before: lost together with the terminal host, idle" in rendered(value)
    worker = value["sessions"][0]["workers"][0]
    worker |= {"status": "exited", "process": None, "activity": None,
               "exit": {"code": 0, "signal": None, "at": "2026-11-21T11:00:00Z"}}  # fmt: skip
    assert "lost together" not in rendered(value)


def test_a_worker_that_waits_for_its_restart_says_so() -> None:
    value = status()
    value["sessions"][0]["workers"][0] |= {"status": "lost", "process": None, "activity": None,
                                           "writer": None, "watchers": 0}  # fmt: skip
    value["tree"]["children"][1]["children"][0]["children"][0]["state"] = "starting"
    assert "lost    2 restarts, starts again in a moment\n" in rendered(value)


def test_without_a_tree_the_sessions_stand_alone() -> None:
    value = {**status(), "tree": None}
    assert "sessions\n|-- Fix the login aaaa  " in rendered(value)


def test_of_many_refused_edits_the_newest_are_shown_and_the_others_counted() -> None:
    edits = [{"at": "2026-11-21T11:58:00Z", "path": f"{n}.json", "reason": "no"} for n in range(8)]
    lines = rendered({"store": {"state": "ok", "rejected_edits": edits}}).splitlines()
    refused = [line.removeprefix("refused    ") for line in lines if line.startswith("refused")]
    assert refused[0] == "3 older edits in the last day; see rejected/"
    assert [line.split(".json")[0] for line in refused[1:]] == ["3", "4", "5", "6", "7"]


def test_files_that_the_inbox_leaves_alone_are_counted_when_there_are_any() -> None:
    value = {**status(), "inbox": {"waiting": 1, "ignored": 2}}
    assert "0 rejected, 2 left alone (no .json at the end)\n" in rendered(value)


def test_refused_workspace_settings_stand_in_the_head_and_are_healthy() -> None:
    problem = "/data/workspace.json:3: expected a comma (the last good one stays in force)"
    value = {
        "daemon": {"state": "running"},
        "workspaces": [{"name": "default", "problem": problem}, {"name": "b", "problem": None}],
    }
    said = f"workspace  default: {problem}\n"
    assert said in rendered(value)
    assert "b:" not in rendered(value)
    assert healthy(value)
    styles = [style for line in status_lines(value, NOW, boxes=False) for text, style in line
              if problem in text]  # fmt: skip
    assert styles == ["warn"]


def test_whatever_makes_it_unhealthy_is_named_with_its_last_error() -> None:
    worker = {"id": "w1", "name": "shell", "type": "terminal", "status": "quarantined",
              "last_error": "no such program"}  # fmt: skip
    value = {
        "sessions": [{"id": "aaaa", "title": "Login", "workers": [worker]}],
        "store": {"state": "ok", "quarantined": [{"session_id": "cccc", "reason": "bad"}]},
        "tree": actor(
            "supervisor",
            actor(
                "mcp_servers",
                actor("default:files", state="quarantined", last_error="it does not speak MCP"),
            ),
            actor("aaaa", actor("mcp:crash", state="quarantined", last_error="no database")),
            actor("cccc", state="quarantined", last_error="bad"),
        ),
    }
    head = rendered(value).partition("\n\n")[0]
    again = "; it is tried again every minute\n"
    shared = "tool server files of workspace default is quarantined: it does not speak MCP"
    assert f"given up   {shared}{again}" in head
    own = "tool server crash of session Login is quarantined: no database"
    assert f"given up   {own}{again}" in head
    assert head.endswith("given up   worker Login/shell is quarantined: no such program")
    assert head.count("cccc") == 1
    assert not healthy(value)


def test_without_a_daemon_nothing_is_said_to_run() -> None:
    chat = {"id": "w3", "name": "chat", "type": "conversation", "status": "running"}
    value = status()
    value["sessions"][0]["workers"].append(chat)
    value |= {"tree": None, "daemon": {"state": "stopped"}}
    _, _, aligned = rendered(value).partition("\n\n")
    told = re.sub(" {2,}", "  ", aligned)
    assert told.startswith("sessions  as last known\n")
    assert "Fix the login aaaa  was active, worktree\n" in told
    assert "shell terminal  was running  pid 99" in told
    assert "build terminal  exited  exit code 2, 1 h ago\n" in told
    assert "chat conversation\n" in told
    assert "Asleep bbbb  paused\n" in told
    spans = [span for line in status_lines(value, NOW, boxes=False) for span in line]
    assert "good" not in {style for text, style in spans if "running" in text or "active" in text}


def test_no_keeper_is_said() -> None:
    assert "keeper     none: a crashed daemon is not brought back\n" in rendered(
        {**status(), "keeper": None}
    )


def test_a_terminal_host_that_does_not_answer_is_said() -> None:
    host = {"pid": 8, "terminals": 2, "problem": "the terminal host (pid 8) does not answer"}
    shown = rendered({**status(), "terminal_host": host})
    assert "terminals  pid 8\nterminals  the terminal host (pid 8) does not answer\n" in shown


def test_a_status_with_next_to_nothing_in_it_is_shown() -> None:
    assert rendered({}).startswith("greenroom  unknown\n")


def test_a_quarantined_leaf_is_not_healthy() -> None:
    assert not healthy(status())


def test_refused_edits_and_ended_workers_are_healthy() -> None:
    assert healthy({**status(), "tree": actor("supervisor")})


def test_a_quarantined_worker_or_session_and_a_degraded_store_are_not() -> None:
    worker = {"id": "w", "status": "quarantined"}
    assert not healthy({"sessions": [{"id": "a", "workers": [worker]}]})
    assert not healthy({"store": {"state": "ok", "quarantined": [{"session_id": "a"}]}})
    assert not healthy({"store": {"state": "degraded"}})


@pytest.mark.parametrize(
    ("delivery", "shown"),
    [
        (None, ""),
        ({"state": "accepted"}, ""),
        ({"state": "typing"}, "prompt typing"),
        ({"state": "failed", "code": "prompt-not-accepted"}, "prompt failed (prompt-not-accepted)"),
    ],
)
def test_a_prompt_that_is_open_or_failed_is_shown(delivery: Any, shown: str) -> None:
    worker = {"name": "a", "status": "running", "delivery": delivery}
    text = "".join(part for part, _ in worker_detail(worker, {}, NOW).rest)
    assert ("prompt" in text) == bool(shown)
    assert shown in text


def test_open_permission_requests_stand_at_their_session_and_at_its_parent() -> None:
    value = status()
    asked = {"id": "ask1-bbbb", "session_id": "bbbb", "title": "Asleep", "kind": "call",
             "tool": "files.write", "seconds_left": 130, "shown_in": ["bbbb", "aaaa"]}  # fmt: skip
    value["permissions"] = [asked]
    lines = ["".join(text for text, _ in line) for line in status_lines(value, NOW, boxes=False)]
    assert "asking     1 open permission request; see: greenroom asks" in lines
    told = [line for line in lines if "asks files.write" in line]
    assert [line.partition("greenroom answer ask1 ")[2] for line in told] == [
        "allow|deny in Asleep, 2 min left", "allow|deny, 2 min left"
    ]  # fmt: skip


def test_what_is_wrong_with_tool_servers_stands_in_the_head() -> None:
    shared = {"name": "git", "session_id": None, "problem": "exited with status 1\x1b[2J"}
    own = {
        "name": "files",
        "session_id": "aaaa",
        "problem": None,
        "left_out": ["'odd': a second tool of this name"],
        "clashes": ["files.a.b"],
    }
    text = rendered({**status(), "mcp_servers": [shared, own, {"name": "fine"}]})
    assert "tools      git: exited with status 1" in text
    assert "tools      files of session aaaa: left out 'odd': a second tool of this name" in text
    assert "the name of files.a.b is that of another for a model; rename one" in text
    assert "fine" not in text


def test_a_call_of_a_model_that_waits_says_until_when_and_why() -> None:
    value = status()
    waiting = {"response_id": "x", "until": "2026-11-21T12:00:05Z", "error": "It is used up."}
    value["sessions"][0]["waiting"] = [waiting]
    assert re.search(r"asked again at 2026-11-2\d \d\d:\d\d:05: It is used up\.", rendered(value))
