"""What is added to `sessions.json` by hand: sessions, and workers of those that are there."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import session as decisions
from actors.decisions.decision import Decision
from storage import codec, fold
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.ids import derived_id
from storage.state import SessionState
from tests.actors.decisions.edits import KEY, OTHER, Edit, update
from tests.actors.decisions.given import ID, NOW, given, talker, terminal

NEW = derived_id(KEY, 2)


def create(**fields: Any) -> r.CreateSession:
    return r.CreateSession(**({"location_path": "/srv/new", "workspace": "default"} | fields))


def done(edit: Edit, request: r.AnyRequest) -> None:
    """The first command of an added session is carried out."""
    assert isinstance(request, r.CreateSession)
    verdict = decisions.create(request, NEW, given())
    assert isinstance(verdict, Decision)
    edit.ours[NEW] = fold.apply_all(SessionState(), verdict.events, NOW).record


def test_an_entry_without_id_creates_a_session_whose_id_follows_from_the_file() -> None:
    edit = Edit()
    edit.add(location_path="/srv/new", title="New", metadata={"a": 1}, type="quick")
    outcome = edit.merge()
    assert isinstance(outcome, tuple)
    (change,) = outcome
    assert change.request == create(title="New", metadata={"a": 1})
    assert change.allotted == NEW
    again = edit.merge(key="1" * 64)
    assert isinstance(again, tuple)
    assert again[0].allotted not in {None, NEW}


def test_creating_it_twice_is_once() -> None:
    edit = Edit()
    edit.add(location_path="/srv/new")
    done(edit, edit.asked()[0])
    assert edit.asked() == []
    del edit.ours[NEW]
    edit.used.add(NEW)  # it was deleted since
    assert edit.asked() == []


def test_an_id_of_their_own_is_allotted() -> None:
    edit = Edit()
    edit.add(id="mine", location_path="/srv/new")
    outcome = edit.merge()
    assert isinstance(outcome, tuple)
    assert (outcome[0].allotted, outcome[0].request) == ("mine", create())


@pytest.mark.parametrize("wrong", ["", "../x", "a b", "x" * 65, "ä"])
def test_an_id_that_cannot_be_one_is_refused(wrong: str) -> None:
    edit = Edit()
    edit.add(id=wrong, location_path="/srv/new")
    assert edit.refused().path == "$.sessions[2].id"


def test_an_id_that_was_ever_used_is_refused() -> None:
    edit = Edit()
    edit.add(id="old", location_path="/srv/new")
    edit.used.add("old")
    refused = edit.refused()
    assert (refused.path, "used before" in refused.reason) == ("$.sessions[2].id", True)


def test_an_id_of_their_own_that_was_created_when_a_crash_came_is_known_again() -> None:
    edit = Edit()
    edit.add(id="mine", location_path="/srv/new", config={"model": "known"}, title="New")
    made = replace(
        edit.ours[ID], id="mine", title="New", location_path="/srv/new", metadata={}, workers=()
    )
    edit.ours["mine"] = made
    assert edit.asked() == []
    for other in (
        {"location_path": "/srv"},
        {"title": "Other"},
        {"metadata": {"a": 1}},
        {"config": SessionConfig(model="x")},
    ):
        edit.ours["mine"] = replace(made, **other)
        assert edit.refused().path == "$.sessions[2].id"


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({}, "location_path"),
        ({"location_path": ""}, "location_path"),
        ({"location_path": 5}, "location_path"),
        ({"title": ""}, "title"),
        ({"type": "worktree", "location_path": "/srv/new"}, "location_path"),
        ({"branch": "x"}, "branch"),
        ({"type": "slow"}, "type"),
        ({"colour": "red"}, "colour"),
        ({"prompt": "hello"}, "prompt"),
        ({"status": "active"}, "status"),
        ({"n": 1}, "n"),
        ({"workspace": "garden"}, "workspace"),
        ({"desired": "walk"}, "desired"),
        ({"desired": None}, "desired"),
        ({"config": [1]}, "config"),
        ({"config": {"temperature": 5}}, "config.temperature"),
        ({"config": {"modle": 5}}, "config.modle"),
        ({"metadata": [1]}, "metadata"),
        ({"workers": None}, "workers"),
        ({"workers": {}}, "workers"),
        ({"workers": ["x"]}, "workers[0]"),
        ({"workers": [{}]}, "workers[0]"),
        ({"workers": [{"type": "robot"}]}, "workers[0].type"),
        ({"workers": [{"type": ["x"], "name": ["x"]}]}, "workers[0].type"),
        ({"workers": [{"type": "agent"}]}, "workers[0].agent"),
        ({"workers": [{"type": "terminal", "id": "x"}]}, "workers[0].id"),
        ({"workers": [{"type": "terminal", "command": []}]}, "workers[0].command"),
        ({"workers": [{"type": "terminal"}, {"type": "terminal", "name": ""}]}, "workers[1].name"),
        (
            {"workers": [{"type": "terminal", "name": "a"}, {"type": "terminal", "name": "a"}]},
            "workers[1].name",
        ),
        ({"workers": [{"type": "conversation"}, {"type": "conversation"}]}, "workers[1].type"),
        (
            {"workers": [{"type": "terminal"}, {"type": "terminal", "env": {"LD_X": "y"}}]},
            "workers[1].env.LD_X",
        ),
        ({"workers": [{"type": "conversation", "command": ["x"]}]}, "workers[0].command"),
    ],
)
def test_a_wrong_new_session_is_refused_with_the_place(entry: Any, path: str) -> None:
    edit = Edit()
    edit.one["title"] = "New"
    edit.add(**({} if path == "location_path" else {"location_path": "/srv/new"}), **entry)
    assert edit.refused().path == f"$.sessions[2].{path}"


def test_a_new_session_comes_with_its_workers() -> None:
    edit = Edit()
    workers = [
        {"type": "terminal"},
        {"type": "terminal", "command": ["make"], "restart": "never"},
        {"type": "terminal", "name": "terminal-1", "desired": "stopped"},
    ]
    edit.add(location_path="/srv/new", workers=workers)
    assert edit.asked() == [
        create(worker=terminal(name="terminal-2")),
        r.CreateWorker(
            session=NEW,
            worker=terminal(name="terminal-3", command=("make",), restart="never"),
        ),
        r.CreateWorker(session=NEW, worker=terminal(name="terminal-1", desired="stopped")),
    ]


def test_its_conversation_is_created_with_it() -> None:
    edit = Edit()
    workers = [{"type": "terminal"}, {"type": "conversation"}]
    edit.add(location_path="/srv/new", config={"model": "known"}, workers=workers)
    assert edit.asked() == [
        create(config=r.StrictConfig(model="known"), worker=talker()),
        r.CreateWorker(session=NEW, worker=terminal(name="terminal-1")),
    ]


def test_a_config_without_workers_is_a_conversation_unless_there_are_to_be_none() -> None:
    edit = Edit()
    edit.add(location_path="/srv/new", config={"model": "known", "effort": None})
    assert edit.asked() == [create(config=r.StrictConfig(model="known"))]
    edit.theirs["sessions"][2]["workers"] = []
    assert edit.asked() == [create(), update({"config": {"model": "known"}}, NEW)]


@pytest.mark.parametrize("desired", ["stopped", "paused"])
def test_a_session_that_is_to_wait_starts_nothing(desired: str) -> None:
    edit = Edit()
    edit.add(location_path="/srv/new", desired=desired, workers=[{"type": "terminal"}])
    asked = edit.asked()
    worker = r.CreateWorker(session=NEW, worker=terminal(name="terminal-1"))
    assert asked == [create(), update({"desired": desired}, NEW), worker]
    done(edit, asked[0])
    assert edit.asked() == asked[1:]


def test_a_worker_is_added() -> None:
    edit = Edit()
    edit.one["workers"].insert(0, {"type": "terminal", "name": "new", "cols": 100})
    edit.one["workers"].append({"type": "conversation"})
    assert edit.asked() == [
        r.CreateWorker(session=ID, worker=terminal(name="new", cols=100)),
        r.CreateWorker(session=ID, worker=talker()),
    ]


def test_a_worker_without_name_is_known_again_by_the_one_that_it_gets() -> None:
    edit = Edit()
    edit.one["workers"] += [{"type": "terminal"}, {"type": "terminal"}]
    first, second = edit.asked()
    assert isinstance(first, r.CreateWorker)
    assert isinstance(second, r.CreateWorker)
    assert first.worker.name != second.worker.name
    made = replace(edit.ours[ID].workers[0], id="made", name=str(first.worker.name))
    edit.we(workers=(*edit.ours[ID].workers, made))
    assert edit.asked() == [second]


def test_the_same_worker_added_by_both_is_one() -> None:
    edit = Edit()
    edit.one["workers"].append({"type": "terminal", "name": "new", "desired": "stopped"})
    made = replace(edit.ours[ID].workers[0], id="made", name="new")
    edit.we(workers=(*edit.base[ID].workers, made))
    assert edit.asked() == []
    edit.we(workers=(*edit.base[ID].workers, replace(made, command=("make",))))
    assert edit.refused().path == "$.sessions[0].workers[2]"
    edit.one["workers"][2]["cols"] = "wide"
    assert edit.refused().path == "$.sessions[0].workers[2].cols"


@pytest.mark.parametrize(
    ("worker", "path"),
    [
        ({"name": "new"}, ""),
        ({"type": "terminal", "name": "left"}, ".name"),
        ({"type": "terminal", "colour": "red"}, ".colour"),
        ({"type": "terminal", "id": "unknown"}, ".id"),
        ({"type": "terminal", "id": None}, ".id"),
        ({"type": "agent", "agent": "nobody"}, ".agent"),
        ({"type": "terminal", "env": {"PYTHONPATH": "x"}}, ".env.PYTHONPATH"),
    ],
)
def test_a_wrong_new_worker_is_refused_with_the_place(worker: Any, path: str) -> None:
    edit = Edit()
    edit.one["workers"].append(worker)
    assert edit.refused().path == f"$.sessions[0].workers[2]{path}"


def test_a_second_conversation_is_refused_also_if_we_added_the_first() -> None:
    edit = Edit()
    edit.two["workers"].append({"type": "conversation"})
    assert edit.refused().path == "$.sessions[1].workers[1].type"
    edit = Edit()
    edit.one["workers"].append({"type": "conversation", "name": "mine"})
    made = replace(edit.ours[OTHER].workers[0], id="made", name="ours")
    edit.we(workers=(*edit.base[ID].workers, made))
    assert edit.refused().path == "$.sessions[0].workers[2]"


@pytest.mark.parametrize("numbers", [(1, 2), (0, 0)])
def test_a_derived_id_has_the_form_of_an_id(numbers: tuple[int, int]) -> None:
    first, second = (derived_id(KEY, number) for number in numbers)
    assert (first == second) == (numbers[0] == numbers[1])
    for number in range(200):
        name = derived_id(KEY, number)
        assert len(name) == 12
        assert name[0].isalpha()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_nothing_that_was_handed_in_is_changed() -> None:
    edit = Edit()
    edit.one["metadata"]["new"] = {"x": 1}
    edit.one["workers"] += [{"type": "terminal"}]
    edit.add(location_path="/srv/new", workers=[{"type": "terminal"}])
    before = codec.encode([edit.theirs, edit.ours, edit.base])
    edit.asked()
    assert codec.encode([edit.theirs, edit.ours, edit.base]) == before
