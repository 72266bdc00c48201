"""What is saved as `sessions.json`, in whatever way, is done, or refused whole and kept."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.records.worker import AgentWorker
from tests.actors.edits.conftest import Desk
from tests.fakes.actors import eventually
from tests.fakes.editors import STYLES, Save, by_rename, changed, in_place


def titled(title: str, place: int = 0) -> Callable[[Any], object]:
    return lambda told: told["sessions"][place].update(title=title)


@pytest.mark.parametrize("style", STYLES)
def test_every_way_of_saving_is_taken(desk: Desk, style: str) -> None:
    (session_id,) = desk.create()
    desk.edit(titled("Saved"), STYLES[style])
    desk.until(lambda: desk.title(session_id) == "Saved")
    desk.until(lambda: (desk.shown(session_id) or {}).get("title") == "Saved")
    desk.at_rest()
    assert desk.house.rejected == []


def test_sed_is_taken(desk: Desk) -> None:
    (session_id,) = desk.create()
    subprocess.run(["sed", "-i", "s/Session 0/By sed/", str(desk.path)], check=True)
    assert desk.until(lambda: desk.title(session_id) == "By sed")


@pytest.mark.parametrize("style", STYLES)
def test_what_was_saved_while_it_did_not_run_is_taken(desk: Desk, style: str) -> None:
    (session_id,) = desk.create()
    desk.house.stop()
    desk.edit(titled("Saved"), STYLES[style])
    desk.house.start()
    desk.until(lambda: desk.title(session_id) == "Saved")
    desk.at_rest()
    assert desk.house.rejected == []


def test_what_was_changed_since_by_others_stays(desk: Desk) -> None:
    first, second = desk.create(2)
    text = changed(desk.path, titled("By hand"))
    desk.house.get("update-session", session=first, updates={"metadata": {"a": 1}})
    desk.house.get("update-session", session=second, updates={"title": "By command"})
    third = desk.create(1)[0]
    by_rename(desk.path, text)
    desk.until(lambda: desk.title(first) == "By hand")
    desk.at_rest()
    assert desk.house.record(first).metadata == {"a": 1}
    assert [desk.title(each) for each in (second, third)] == ["By command", "Session 0"]


def test_a_session_can_be_added_and_another_deleted(desk: Desk) -> None:
    first, second = desk.create(2)

    def change(told: Any) -> None:
        told["sessions"] = [told["sessions"][1], {"location_path": str(desk.house.place)}]

    desk.edit(change)
    desk.until(lambda: desk.house.refused("get-worker", session=first, worker="x"))
    desk.until(lambda: len(desk.house.get("list-sessions")["sessions"]) == 2)
    desk.at_rest()
    ids = [one["id"] for one in desk.house.get("list-sessions")["sessions"]]
    assert second in ids
    assert first not in ids
    assert desk.house.rejected == []


def test_saving_the_same_again_changes_nothing_more(desk: Desk) -> None:
    desk.create()
    added = {"location_path": str(desk.house.place), "title": "Once"}
    text = desk.edit(lambda told: told["sessions"].append(added))
    desk.until(lambda: len(desk.house.get("list-sessions")["sessions"]) == 2)
    by_rename(desk.path, text)
    desk.at_rest()
    assert len(desk.house.get("list-sessions")["sessions"]) == 2
    assert desk.house.rejected == []


def test_a_worker_can_be_added_and_stopped(desk: Desk) -> None:
    (session_id,) = desk.create()
    shell = {"type": "terminal", "name": "shell"}
    desk.edit(lambda told: told["sessions"][0].update(workers=[shell]))
    desk.until(lambda: desk.house.record(session_id).workers)
    (worker,) = desk.house.record(session_id).workers
    desk.house.becomes(session_id, worker.id, "running")
    desk.until(lambda: desk.shown(session_id)["workers"][0]["status"] == "running")
    desk.edit(lambda told: told["sessions"][0]["workers"][0].update(desired="stopped"))
    eventually(lambda: desk.house.worker(session_id, worker.id).status != "running")
    desk.at_rest()
    assert desk.house.rejected == []


def test_two_workers_can_exchange_their_names(desk: Desk) -> None:
    (session_id,) = desk.create()
    for name in ("left", "right"):
        worker = {"type": "terminal", "name": name, "desired": "stopped"}
        desk.house.get("create-worker", session=session_id, worker=worker)
    desk.until(lambda: len(desk.shown(session_id)["workers"]) == 2)

    def exchange(told: Any) -> None:
        one, other = told["sessions"][0]["workers"]
        one["name"], other["name"] = other["name"], one["name"]

    desk.edit(exchange)
    desk.until(lambda: [w["name"] for w in desk.shown(session_id)["workers"]] == ["right", "left"])
    desk.at_rest()
    assert desk.house.rejected == []


def conflict(desk: Desk, session_id: str) -> str:
    text = changed(desk.path, titled("By hand"))
    desk.house.get("update-session", session=session_id, updates={"title": "By command"})
    by_rename(desk.path, text)
    return text


def unknown_revision(desk: Desk, _: str) -> str:
    return desk.edit(lambda told: told.update(revision=9999))


def wrong(change: Callable[[Any], object]) -> Callable[[Desk, str], str]:
    return lambda desk, _: desk.edit(change)


WRONG: dict[str, tuple[Callable[[Desk, str], str], str, str | None]] = {
    "conflict": (conflict, "meanwhile", "$.sessions[0].title"),
    "read-only": (
        wrong(lambda told: told["sessions"][0].update(created_at="2020-01-01T00:00:00Z")),
        "read-only",
        "$.sessions[0].created_at",
    ),
    "status": (
        wrong(lambda told: told["sessions"][0].update(status="paused")),
        "desired",
        "$.sessions[0].status",
    ),
    "unknown field": (
        wrong(lambda told: told["sessions"][0].update(colour="red")),
        "colour",
        "$.sessions[0].colour",
    ),
    "type": (
        wrong(lambda told: told["sessions"][0].update(title=7)),
        "str",
        "$.sessions[0].title",
    ),
    "field of the file": (wrong(lambda told: told.update(colour="red")), "colour", "$.colour"),
    "no list": (wrong(lambda told: told.update(sessions={})), "", "$.sessions"),
    "none left": (wrong(lambda told: told.update(sessions=[])), "", "$.sessions"),
    "revision": (unknown_revision, "revision 9999", "$.revision"),
    "digest": (wrong(lambda told: told.update(digest="sha256:00")), "not known", "$.revision"),
    "no revision": (wrong(lambda told: told.pop("revision")), "revision", "$"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_edit_is_refused_whole_and_kept(desk: Desk, kind: str) -> None:
    save, reason, path = WRONG[kind]
    first, second = desk.create(2)
    before = desk.title(second)
    text = save(desk, first)
    why = desk.refusal()
    assert reason in why["reason"]
    assert why["path"] == path
    assert why["line"] >= 1
    desk.at_rest()
    assert desk.refused_texts() == [text]
    assert desk.title(second) == before
    assert len(desk.house.get("list-sessions")["sessions"]) == 2
    (shown,) = desk.house.get("get-status")["store"]["rejected_edits"]
    assert f"line {why['line']}" in shown["reason"]


def test_the_line_is_that_of_the_wrong_value(desk: Desk) -> None:
    desk.create(3)
    text = desk.edit(lambda told: told["sessions"][2].update(created_at="changed"))
    assert '"changed"' in text.splitlines()[desk.refusal()["line"] - 1]


def test_nothing_of_a_refused_edit_is_done(desk: Desk) -> None:
    first, _ = desk.create(2)

    def change(told: Any) -> None:
        told["sessions"][0]["title"] = "Good"
        told["sessions"][1]["created_at"] = "bad"

    desk.edit(change)
    desk.refusal()
    assert desk.title(first) == "Session 0"


@pytest.mark.parametrize("text", ["{", '{"version": 1, "version": 1}', "null", '{"a": NaN}'])
@pytest.mark.parametrize("save", [by_rename, in_place])
def test_what_is_no_json_of_ours_is_refused(desk: Desk, text: str, save: Save) -> None:
    (session_id,) = desk.create()
    save(desk.path, text)
    assert desk.refusal()["reason"]
    desk.at_rest()
    assert desk.refused_texts() == [text]
    assert desk.shown(session_id)


@pytest.mark.parametrize("content", ["", "\0" * 5000])
@pytest.mark.parametrize("while_it_runs", [True, False])
def test_an_emptied_file_is_made_anew(desk: Desk, content: str, *, while_it_runs: bool) -> None:
    (session_id,) = desk.create()
    if not while_it_runs:
        desk.house.stop()
    desk.path.write_text(content)
    if not while_it_runs:
        desk.house.start()
    desk.until(lambda: desk.shown(session_id))
    assert "made anew" in desk.refusal()["reason"]
    assert desk.refused_texts() == [content]


@pytest.mark.parametrize("while_it_runs", [True, False])
def test_a_removed_file_is_made_anew(desk: Desk, *, while_it_runs: bool) -> None:
    (session_id,) = desk.create()
    if not while_it_runs:
        desk.house.stop()
    desk.path.unlink()
    if not while_it_runs:
        desk.house.start()
    desk.until(lambda: desk.path.exists() and desk.shown(session_id))
    desk.at_rest()
    assert desk.house.rejected == []


def test_a_link_or_a_directory_in_its_place_is_refused(desk: Desk, tmp_path: Path) -> None:
    (session_id,) = desk.create()
    (tmp_path / "real.json").write_text("{}")
    desk.path.unlink()
    desk.path.symlink_to(tmp_path / "real.json")
    desk.until(lambda: desk.house.rejected and desk.shown(session_id))
    desk.at_rest()
    desk.path.unlink()
    desk.path.mkdir()
    desk.until(lambda: len(desk.house.rejected) == 4 and desk.shown(session_id))
    desk.at_rest()
    assert (tmp_path / "real.json").read_text() == "{}"


def test_another_layout_is_no_edit(desk: Desk) -> None:
    desk.create()
    number = json.loads(desk.path.read_text())["revision"]
    desk.edit(lambda _: None)
    desk.until(lambda: json.loads(desk.path.read_text())["revision"] > number)
    desk.at_rest()
    assert desk.house.rejected == []


def test_a_file_that_is_being_written_is_not_judged_before_its_time(desk: Desk) -> None:
    (session_id,) = desk.create()
    text = changed(desk.path, titled("Slowly"))
    with desk.path.open("w") as file:
        for start in range(0, len(text), 100):
            file.write(text[start : start + 100])
            file.flush()
            desk.house.get("update-session", session=session_id, updates={"metadata": {"a": start}})
    desk.until(lambda: desk.title(session_id) == "Slowly")
    desk.at_rest()
    assert desk.house.rejected == []


def test_the_front_starts_again_and_goes_on(desk: Desk) -> None:
    (session_id,) = desk.create()
    ref = desk.house.room.around.edits.ref
    assert ref is not None
    ref.tell("a message that nobody knows")
    eventually(lambda: desk.house.room.around.edits.ref is not ref)
    desk.edit(titled("After"))
    desk.until(lambda: desk.title(session_id) == "After")


def test_a_workspace_made_while_it_runs_is_followed(desk: Desk) -> None:
    data = desk.house.data
    data.workspace("new").mkdir()
    made = desk.house.create(workspace="new")["id"]
    path = data.sessions_file("new")
    desk.until(path.exists)
    by_rename(path, changed(path, titled("There")))
    assert desk.until(lambda: desk.title(made) == "There")


def test_an_agent_of_an_older_file_that_is_not_here_is_no_shell_instead(desk: Desk) -> None:
    desk.house.environ["PATH"] = "/nowhere"
    by_rename(desk.path, json.dumps(OLD))
    desk.until(lambda: desk.shown("old-1"))
    (agent,) = desk.house.record("old-1").workers
    assert desk.house.get("start-session", session="old-1")["status"] == "inactive"
    for kind in ("start-worker", "restart-worker"):
        code = desk.house.refused(kind, session="old-1", worker=agent.id)
        assert code == "spawn-failed"
    (agent,) = desk.house.record("old-1").workers
    assert isinstance(agent, AgentWorker)
    assert (agent.status, agent.command) == ("stopped", ("claude", "--continue"))
    assert "install Claude Code" in (agent.last_error or "")


OLD = [
    {
        "id": f"old-{number}",
        "worktreePath": "/tmp",
        "repositoryId": "r",
        "pid": number,
        "createdAt": f"2025-12-0{number}T00:00:00Z",
    }
    for number in (1, 2)
]


@pytest.mark.parametrize("how", ["dropped", "found", "new workspace"])
def test_an_older_file_is_taken_over(desk: Desk, how: str) -> None:
    (session_id,) = desk.create()
    workspace = "other" if how == "new workspace" else "default"
    path = desk.house.data.sessions_file(workspace)
    if how == "found":
        desk.house.stop()
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(OLD, indent=2)
    by_rename(path, text)
    if how == "found":
        desk.house.start()
    desk.until(lambda: desk.house.get("get-session", session="old-2"))
    desk.until(lambda: json.loads(path.read_text())["version"] == 1)
    assert desk.house.record("old-1").workspace == workspace
    (kept,) = path.parent.glob("sessions.json.before-migration-*")
    assert kept.read_text() == text
    assert desk.house.get("get-session", session=session_id)
    count = len(desk.house.get("list-sessions")["sessions"])
    by_rename(path, text)
    desk.until(lambda: json.loads(path.read_text())["version"] == 1)
    eventually(lambda: not list((path.parent / ".edits").iterdir()))
    assert len(desk.house.get("list-sessions")["sessions"]) == count
    assert desk.house.rejected == []


def test_another_older_file_is_kept_though_it_adds_nothing(desk: Desk) -> None:
    texts = [json.dumps(OLD, indent=indent) for indent in (1, 2, 1)]
    for text in texts:
        by_rename(desk.path, text)
        desk.until(lambda: desk.shown("old-1"))
        desk.at_rest()
    kept = desk.path.parent.glob("sessions.json.before-migration-*")
    assert sorted(path.read_text() for path in kept) == sorted(texts[:2])


@pytest.mark.parametrize("text", ["[]", '[{"id": "x"}]', "[1]", "[", json.dumps([*OLD, {}])])
def test_a_broken_older_file_is_refused_whole_and_kept(desk: Desk, text: str) -> None:
    desk.create()
    by_rename(desk.path, text)
    assert desk.refusal()["reason"]
    desk.at_rest()
    assert desk.refused_texts() == [text]
    assert len(desk.house.get("list-sessions")["sessions"]) == 1
    assert not list(desk.path.parent.glob("*.before-migration-*"))
