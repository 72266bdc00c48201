import json
from pathlib import Path

from actors.cli.stored_status import stored_status


def test_sessions_are_told_as_last_known(tmp_path: Path) -> None:
    workspace = tmp_path / "workspaces" / "default"
    workspace.mkdir(parents=True)
    worker = {"id": "w", "name": "shell", "type": "terminal", "status": "running", "desired": "run",
              "restarts": 1, "process": {"pid": 5, "boot_id": "b", "start_ticks": 1}}  # fmt: skip
    session = {"id": "a", "title": "T", "type": "quick", "status": "active", "desired": "run",
               "workers": [worker], "config": {"model": "m"}}  # fmt: skip
    (workspace / "sessions.json").write_text(json.dumps({"version": 1, "sessions": [session]}))
    status = stored_status(str(tmp_path))
    assert status["daemon"]["state"] == "stopped"
    (told,) = status["sessions"]
    assert {key: told[key] for key in ("id", "title", "status")} == {
        "id": "a", "title": "T", "status": "active"
    }  # fmt: skip
    unknown = {"memory_bytes": None, "cpu_percent": None, "processes": None}
    assert told["workers"][0]["process"] == {"pid": 5, **unknown}
    assert (told["activity"], told["workers"][0]["writer"]) == (None, None)
    assert told["workers"][0]["restarts"] == 1


def test_the_share_of_a_budget_is_told_of_a_session_with_one_of_its_own(tmp_path: Path) -> None:
    spending = {"spent": {"tokens": 60, "usd": 0.5}, "reserved": {"tokens": 7}}
    sessions = [
        {"id": "a", "config": {"budget": {"tokens": 100, "usd": 5}}, "spending": spending},
        {"id": "b", "config": {"budget": {"tool_calls": 0}}, "spending": None},
        {"id": "c", "config": None, "spending": spending},
    ]
    (tmp_path / "workspaces" / "default").mkdir(parents=True)
    (tmp_path / "workspaces" / "default" / "sessions.json").write_text(json.dumps(sessions))
    first, second, third = (each["budget"] for each in stored_status(str(tmp_path))["sessions"])
    assert (first["limit"], first["share"], first["reserved"]) == ("tokens", 0.6, {"tokens": 7})
    assert (second["limits"], second["share"]) == ({"tool_calls": 0}, None)
    assert third is None


def test_a_broken_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    for name, text in (("bad", "{"), ("odd", '{"sessions": [3]}'), ("good", '[{"id": "x"}]')):
        (tmp_path / "workspaces" / name).mkdir(parents=True)
        (tmp_path / "workspaces" / name / "sessions.json").write_text(text)
    status = stored_status(str(tmp_path))
    assert [session["id"] for session in status["sessions"]] == ["x"]
    unreadable = [Path(each["path"]).parent.name for each in status["store"]["unreadable"]]
    assert unreadable == ["bad", "odd"]


def test_what_waits_and_was_answered_is_counted(tmp_path: Path) -> None:
    for path in ("inbox/a.json", "inbox/b.json", "inbox/.c.json", "inbox/.claimed/1-c.json",
                 "outbox/d.json", "outbox/d.jsonl", "rejected/e.json",
                 "rejected/e.json.why.json"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    counts = stored_status(str(tmp_path))["inbox"]
    assert counts == {"waiting": 2, "running": 1, "answered": 1, "rejected": 1}


def test_refused_edits_are_told_as_by_a_daemon(tmp_path: Path) -> None:
    (tmp_path / "rejected").mkdir()
    why = tmp_path / "rejected" / "sessions-7.json.why.json"
    why.write_text('{"line": 3, "path": "$.sessions[0].id", "reason": "is read-only"}')
    (told,) = stored_status(str(tmp_path))["store"]["rejected_edits"]
    assert told["path"] == str(why).removesuffix(".why.json")
    assert told["reason"] == "line 3, $.sessions[0].id: is read-only"


def test_nothing_there_is_nothing_known(tmp_path: Path) -> None:
    assert stored_status(str(tmp_path / "none"))["sessions"] == []


def test_open_permission_requests_are_told_with_where_they_are_shown(tmp_path: Path) -> None:
    workspace = tmp_path / "workspaces" / "default"
    workspace.mkdir(parents=True)
    asked = {"id": "ask-child", "asked_at": "2026-11-21T12:00:00Z", "seconds_left": 5.0}
    sessions = [
        {"id": "root", "title": "Root", "parent_session_id": "child"},
        {"id": "child", "title": "Child", "parent_session_id": "root", "permissions": [asked]},
    ]
    (workspace / "sessions.json").write_text(json.dumps({"version": 1, "sessions": sessions}))
    status = stored_status(str(tmp_path))
    (told,) = status["permissions"]
    assert told == {**asked, "title": "Child", "shown_in": ["child", "root"]}
    assert all("permissions" not in session for session in status["sessions"])
    sessions = [
        {"id": "root", "title": "Root"},
        {"id": "child", "title": "Child", "ancestors": ["gone", "root"], "permissions": [asked]},
    ]
    (workspace / "sessions.json").write_text(json.dumps({"version": 1, "sessions": sessions}))
    (told,) = stored_status(str(tmp_path))["permissions"]
    assert told["shown_in"] == ["child", "root"]
