"""What is changed in `sessions.json` by hand: fields of sessions and workers that are there."""

import random
from typing import Any

import pytest

from storage.journal.frame import LINE_LIMIT_BYTES
from storage.records import request as r
from storage.records.config import SessionConfig
from tests.actors.decisions.edits import OTHER, Edit, update, update_worker
from tests.actors.decisions.given import ID, terminal


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def test_another_layout_or_order_is_no_edit() -> None:
    edit = Edit()
    assert edit.asked() == []
    edit.theirs = shuffled(edit.theirs, random.Random(1))
    edit.theirs["sessions"].reverse()
    for entry in edit.theirs["sessions"]:
        entry["workers"].reverse()
        entry["metrics"]["prompt_tokens"] = 0.0
    assert edit.asked() == []


@pytest.mark.parametrize(
    ("field", "value"), [("title", "New"), ("desired", "stopped"), ("desired", "paused")]
)
def test_a_field_that_they_alone_changed_becomes_a_command(field: str, value: Any) -> None:
    edit = Edit()
    edit.one[field] = value
    assert edit.asked() == [update({field: value})]


def test_several_fields_of_a_session_are_one_command() -> None:
    edit = Edit()
    edit.two.update(title="New", metadata={"c": 3}, desired="stopped")
    updates = {"title": "New", "desired": "stopped", "metadata": {"c": 3}}
    assert edit.asked() == [update(updates, OTHER)]


def test_what_we_alone_changed_is_kept() -> None:
    edit = Edit()
    edit.we(title="Ours", desired="stopped", metadata={"z": 0}, config=None, message_count=9)
    assert edit.asked() == []


def test_the_same_change_by_both_is_made() -> None:
    edit = Edit()
    edit.one.update(title="New", metadata={"a": 1, "b": 3})
    edit.we(title="New", metadata={"a": 1, "b": 3})
    assert edit.asked() == []


@pytest.mark.parametrize(
    ("path", "theirs", "ours"),
    [
        ("title", {"title": "New"}, {"title": "Other"}),
        ("desired", {"desired": "paused"}, {"desired": "stopped"}),
        ("metadata.a", {"metadata": {"a": 5, "b": 2}}, {"metadata": {"a": 6, "b": 2}}),
        ("metadata.a", {"metadata": {"b": 2}}, {"metadata": {"a": 6, "b": 2}}),
        ("metadata.c", {"metadata": {"a": 1, "b": 2, "c": 1}}, {"metadata": {"c": True}}),
        ("config.model", {"config": {}}, {"config": SessionConfig(model="x")}),
    ],
)
def test_different_changes_by_both_are_a_conflict(path: str, theirs: Any, ours: Any) -> None:
    edit = Edit()
    edit.one.update(theirs)
    edit.we(**ours)
    refused = edit.refused()
    assert refused.path == f"$.sessions[0].{path}"
    assert "changed meanwhile" in refused.reason


def test_metadata_is_merged_by_key_and_sent_whole() -> None:
    edit = Edit()
    edit.one["metadata"] = {"b": True, "c": None}
    edit.we(metadata={"a": 1, "b": 2, "d": 4})
    assert edit.asked() == [update({"metadata": {"b": True, "c": None, "d": 4}})]


def test_metadata_can_be_emptied() -> None:
    edit = Edit()
    edit.one["metadata"] = {}
    assert edit.asked() == [update({"metadata": {}})]


def test_a_key_of_the_config_is_set_and_one_taken_out_is_unset() -> None:
    edit = Edit()
    edit.two["config"] = {"model": "known", "max_tokens": 5}
    edit.we(OTHER, config=SessionConfig(model="other", effort="low"))
    assert edit.asked() == [update({"config": {"effort": None, "max_tokens": 5}}, OTHER)]


def test_a_null_in_the_config_unsets_as_well() -> None:
    edit = Edit()
    edit.two["config"] = {"model": None, "effort": "low", "tools": None}
    assert edit.asked() == [update({"config": {"model": None}}, OTHER)]


def test_a_limit_that_is_taken_out_is_lifted() -> None:
    edit = Edit()
    limits = {"budget": {"tokens": 5}, "limits": {"processes": 5}}
    edit.one["config"] = {**edit.one["config"], **limits}
    none = dict.fromkeys(("usd", "tool_calls", "wall_seconds", "allow_unknown_prices"))
    asked = {"budget": {"tokens": 5, **none}, "limits": {"processes": 5, "memory_bytes": None}}
    assert edit.asked() == [update({"config": asked})]


def test_no_config_and_an_empty_one_are_the_same() -> None:
    edit = Edit()
    edit.before(config=None)
    edit.one["config"] = {}
    assert edit.asked() == []


@pytest.mark.parametrize(
    "name",
    [
        "n", "bytes", "crc", "type", "created_at", "updated_at", "metrics", "message_count",
        "location_path", "workspace", "archived", "open_requests", "parent_session_id",
        "permissions",
    ],
)  # fmt: skip
def test_every_other_field_is_read_only_and_must_be_there(name: str) -> None:
    edit = Edit()
    edit.one[name] = "x" if edit.one[name] != "x" else "y"
    refused = edit.refused()
    assert (refused.path, "read-only" in refused.reason) == (f"$.sessions[0].{name}", True)
    del edit.one[name]
    assert "missing" in edit.refused().reason


@pytest.mark.parametrize("name", ["title", "desired", "config", "metadata", "workers"])
def test_a_field_that_can_be_set_must_be_there_too(name: str) -> None:
    edit = Edit()
    del edit.one[name]
    refused = edit.refused()
    assert (refused.path, "missing" in refused.reason) == (f"$.sessions[0].{name}", True)


def test_status_is_derived_and_says_what_to_set() -> None:
    edit = Edit()
    edit.two["status"] = "paused"
    assert edit.refused().path == "$.sessions[1].status"
    assert "set `desired`" in edit.refused().reason
    edit = Edit()
    edit.one["workers"][0]["status"] = "stopped"
    assert edit.refused().path == "$.sessions[0].workers[0].status"
    assert "set `desired`" in edit.refused().reason


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": ""}, "title"),
        ({"title": ["x"]}, "title"),
        ({"desired": "walk"}, "desired"),
        ({"desired": None}, "desired"),
        ({"colour": "red"}, "colour"),
        ({"config": None}, "config"),
        ({"config": [1]}, "config"),
        ({"config": {"model": 5}}, "config.model"),
        ({"config": {"model": "known", "temperature": 7}}, "config.temperature"),
        ({"config": {"model": "known", "modle": "x"}}, "config.modle"),
        ({"config": {"model": "known", "budget": {"tokens": -1}}}, "config.budget.tokens"),
        ({"config": {"model": "known", "budget": {"tokns": 1}}}, "config.budget.tokns"),
        ({"config": {"model": "known", "budget": 5}}, "config.budget"),
        ({"config": {"model": "known", "limits": {"processes": 0}}}, "config.limits.processes"),
        ({"config": {"model": "known", "limits": {"forks": 1}}}, "config.limits.forks"),
        ({"config": {"model": "known", "limits": [5]}}, "config.limits"),
        ({"metadata": None}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"workers": None}, "workers"),
        ({"workers": {}}, "workers"),
        ({"workers": [5]}, "workers[0]"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change: Any, path: str) -> None:
    edit = Edit()
    edit.one.update(change)
    assert edit.refused().path == f"$.sessions[0].{path}"


def test_what_no_journal_line_can_hold_refuses_the_whole_edit() -> None:
    edit = Edit()
    edit.one["title"] = "Good"
    edit.two["metadata"] = {"much": "x" * LINE_LIMIT_BYTES}
    refused = edit.refused()
    assert refused.path == "$.sessions[1]"
    assert "put in less" in refused.reason
    edit.two["metadata"] = {"much": "x" * (LINE_LIMIT_BYTES - 8192)}
    assert len(edit.asked()) == 2


def test_one_wrong_value_refuses_the_whole_edit() -> None:
    edit = Edit()
    edit.one["title"] = "New"
    edit.two["title"] = 7
    assert edit.refused().path == "$.sessions[1].title"


@pytest.mark.parametrize("name", ["version", "revision", "digest"])
def test_the_head_of_the_file_must_be_as_it_was(name: str) -> None:
    edit = Edit()
    edit.theirs[name] = None
    assert edit.refused().path == f"$.{name}"
    del edit.theirs[name]
    assert edit.refused().path == f"$.{name}"


def test_what_is_no_such_file_is_refused() -> None:
    edit = Edit()
    assert edit.refused(theirs=[edit.one]).path == "$"
    assert edit.refused(theirs={**edit.theirs, "more": 1}).path == "$.more"
    assert edit.refused(theirs={**edit.theirs, "version": 2}).path == "$.version"
    for wrong in (None, {}, "x", 5, {"session": edit.one}):
        assert edit.refused(theirs={**edit.theirs, "sessions": wrong}).path == "$.sessions"
    assert edit.refused(theirs={**edit.theirs, "sessions": [None]}).path == "$.sessions[0]"


def test_the_same_id_twice_is_refused() -> None:
    edit = Edit()
    edit.theirs["sessions"].append(edit.one)
    assert edit.refused().path == "$.sessions[2].id"
    edit = Edit()
    edit.one["workers"].append(edit.one["workers"][0])
    assert edit.refused().path == "$.sessions[0].workers[2].id"


@pytest.mark.parametrize("wrong", [5, None, ["x"]])
def test_an_id_is_text(wrong: Any) -> None:
    edit = Edit()
    edit.one["id"] = wrong
    assert edit.refused().path == "$.sessions[0].id"


def test_an_archived_session_is_not_run_by_an_edit() -> None:
    edit = Edit()
    edit.before(archived=True, desired="stopped")
    edit.one["desired"] = "run"
    refused = edit.refused()
    assert refused.path == "$.sessions[0].desired"
    assert "unarchive" in refused.reason


@pytest.mark.parametrize(
    ("field", "value"), [("name", "middle"), ("desired", "stopped"), ("restart", "never")]
)
def test_what_can_be_set_of_a_worker(field: str, value: str) -> None:
    edit = Edit()
    worker = edit.one["workers"][1]
    worker[field] = value
    assert edit.asked() == [update_worker(worker["id"], **{field: value})]


@pytest.mark.parametrize(
    "name", ["type", "restarts", "process", "exit", "last_error", "created_at", "command", "env"]
)
def test_the_rest_of_a_worker_is_read_only_and_must_be_there(name: str) -> None:
    edit = Edit()
    worker = edit.one["workers"][0]
    worker[name] = "x"
    assert edit.refused().path == f"$.sessions[0].workers[0].{name}"
    del worker[name]
    assert edit.refused().path == f"$.sessions[0].workers[0].{name}"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "right"}, "name"),
        ({"desired": "paused"}, "desired"),
        ({"restart": True}, "restart"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_value_of_a_worker_is_refused_with_its_place(change: Any, path: str) -> None:
    edit = Edit()
    edit.one["workers"].reverse()
    edit.one["workers"][1].update(change)
    assert edit.refused().path == f"$.sessions[0].workers[1].{path}"


def test_a_worker_that_both_changed_is_a_conflict() -> None:
    edit = Edit()
    edit.one["workers"][0]["name"] = "new"
    edit.we_worker(name="other")
    assert edit.refused().path == "$.sessions[0].workers[0].name"
    edit.we_worker(name="new")
    assert edit.asked() == []
    edit.we_worker(name="left", restart="never")
    assert edit.asked() == [update_worker(edit.one["workers"][0]["id"], name="new")]


def test_names_can_go_round() -> None:
    edit = Edit()
    left, right = edit.one["workers"]
    left["name"], right["name"] = "right", "left"
    aside, second, third = edit.asked()
    assert isinstance(aside, r.UpdateWorker)
    passing = aside.updates.name
    assert passing is not None
    assert passing.startswith("renamed-")
    assert aside == update_worker(left["id"], name=passing)
    assert [second, third] == [
        update_worker(right["id"], name="left"),
        update_worker(left["id"], name="right"),
    ]
    edit.we_worker(name=passing)  # a crash came after the first
    assert edit.asked() == [second, third]


def test_a_name_is_taken_over_once_it_is_free() -> None:
    edit = Edit()
    left, right = edit.one["workers"]
    left["name"], right["name"] = "right", "new"
    assert edit.asked() == [
        update_worker(right["id"], name="new"),
        update_worker(left["id"], name="right"),
    ]
    edit.one["workers"].remove(right)
    assert edit.asked() == [
        r.DeleteWorker(session=ID, worker=right["id"]),
        update_worker(left["id"], name="right"),
    ]


def test_a_name_that_we_gave_to_another_meanwhile_is_taken() -> None:
    edit = Edit()
    edit.one["workers"][1]["name"] = "new"
    edit.we_worker(0, name="new")
    refused = edit.refused()
    assert refused.path == "$.sessions[0].workers[1].name"
    assert "choose another name" in refused.reason


def test_a_session_is_stopped_before_and_run_after_its_workers_are_changed() -> None:
    edit = Edit()
    worker = edit.one["workers"][0]
    worker["restart"] = "never"
    edit.one["workers"].append({"type": "terminal", "name": "new"})
    changed = update_worker(worker["id"], restart="never")
    added = r.CreateWorker(session=ID, worker=terminal(name="new"))
    edit.one["desired"] = "stopped"
    assert edit.asked() == [update({"desired": "stopped"}), changed, added]
    edit.before(desired="stopped")
    edit.one["workers"].append({"type": "terminal", "name": "new"})
    edit.one["workers"][0]["restart"] = "never"
    edit.one["desired"] = "run"
    assert edit.asked() == [changed, update({"desired": "run"}), added]


def test_every_change_has_a_number_of_its_own() -> None:
    edit = Edit()
    edit.one["title"] = edit.two["title"] = "New"
    for worker in edit.one["workers"]:
        worker["restart"] = "never"
    edit.one["workers"].append({"type": "terminal"})
    edit.add(location_path="/srv/new")
    whole = edit.merge()
    assert isinstance(whole, tuple)
    numbers = {change.position: change.request for change in whole}
    assert len(numbers) == len(whole) == 6
    edit.we(title="New")  # done already; the others keep theirs
    rest = edit.merge()
    assert isinstance(rest, tuple)
    assert len(rest) == 5
    assert all(numbers[change.position] == change.request for change in rest)


def test_what_no_decision_knows_is_asked_for_every_command() -> None:
    edit = Edit()
    edit.one["desired"] = "paused"
    edit.one["workers"].append({"type": "terminal"})
    seen: list[Any] = []

    def check(request: Any, session: Any) -> r.Refusal | None:
        seen.append((type(request), session.desired))
        if isinstance(request, r.CreateWorker):
            return r.Refusal(code="bad-location", message="no such place", path=None)
        return None

    refused = edit.refused(check=check)
    assert seen == [(r.UpdateSession, "run"), (r.CreateWorker, "paused")]
    assert (refused.path, refused.reason) == ("$.sessions[0].workers[2]", "no such place")
