"""Which servers are started and ended when, with a supervisor that only notes it."""

from pathlib import Path
from typing import Any

from actors.supervision import ChildSpec
from actors.tools.server_set import Place, ServerSet, of_scope
from actors.tools.tool_box import ToolBox
from storage.records.workspace import McpServerSettings

ONE = McpServerSettings(command="one")
CHANGED = McpServerSettings(command="one", args=("again",))


class Children:
    """A supervisor whose children end when the test says so."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.stopped: list[str] = []
        self.specs: list[ChildSpec] = []

    def add_child(self, spec: ChildSpec) -> None:
        assert spec.id not in self.there
        self.there.append(spec.id)
        self.specs.append(spec)

    def stop_child(self, child_id: str) -> bool:
        self.stopped.append(child_id)
        return child_id in self.there

    def children(self) -> tuple[str, ...]:
        return tuple(self.there)


class Stage:
    def __init__(self) -> None:
        self.supervisor = Children()
        self.box = ToolBox()
        io: Any = None
        place = Place(home="/data", location="/here", logs=Path("/logs"), instance="mark")
        self.set = ServerSet(self.supervisor, io, self.box, place, "mcp")

    def down(self, child_id: str) -> None:
        self.supervisor.there.remove(child_id)
        self.set.child_down(child_id)

    @property
    def problems(self) -> dict[str, str]:
        return self.box.problems


def test_what_is_wanted_is_started_once_and_waited_for() -> None:
    stage = Stage()
    stage.set.follow({"a": ONE, "off": McpServerSettings(command="x", disabled=True)})
    stage.set.follow({"a": ONE})
    assert stage.supervisor.there == ["mcp:a"]
    assert stage.supervisor.stopped == []
    assert stage.box._has_pending()


def test_keeping_ends_what_is_not_named_and_starts_and_changes_nothing() -> None:
    stage = Stage()
    stage.set.follow({"a": ONE, "b": ONE}, {"c": "denied", "d": "denied"})
    stage.set.keep({"b": CHANGED, "new": ONE, "a": McpServerSettings(command="x", disabled=True)},
                   {"d": "other words"})  # fmt: skip
    assert stage.supervisor.stopped == ["mcp:a"]
    assert stage.supervisor.there == ["mcp:a", "mcp:b"]
    assert stage.problems == {"d": "denied"}
    stage.set.keep({"b": CHANGED}, {"d": "denied"})
    assert stage.supervisor.stopped == ["mcp:a"]


def test_what_is_not_wanted_any_more_ends_and_is_forgotten() -> None:
    stage = Stage()
    stage.set.follow({"a": ONE})
    stage.set.follow({})
    stage.set.follow({})
    assert stage.supervisor.stopped == ["mcp:a"]
    assert stage.box.described() == ()
    stage.down("mcp:a")
    assert stage.supervisor.there == []


def test_one_that_changed_is_started_when_its_old_self_has_ended() -> None:
    stage = Stage()
    stage.set.follow({"a": ONE, "b": ONE})
    stage.set.follow({"a": CHANGED, "b": ONE})
    stage.set.follow({"a": CHANGED, "b": ONE})
    assert stage.supervisor.stopped == ["mcp:a"]
    assert len(stage.supervisor.specs) == 2
    assert stage.box._has_pending()
    stage.down("mcp:a")
    assert stage.supervisor.there == ["mcp:b", "mcp:a"]
    assert len(stage.supervisor.specs) == 3


def test_one_that_crashed_is_its_supervisors_to_start() -> None:
    stage = Stage()
    stage.set.follow({"a": ONE})
    stage.set.child_down("mcp:a")
    stage.set.child_down("a-worker")
    assert len(stage.supervisor.specs) == 1


def test_one_that_comes_back_while_it_ends_is_started_after_that() -> None:
    stage = Stage()
    for wanted in ({"a": ONE}, {}, {"a": ONE}):
        stage.set.follow(wanted)
    assert len(stage.supervisor.specs) == 1
    stage.down("mcp:a")
    assert len(stage.supervisor.specs) == 2


def test_what_is_refused_is_told_until_it_is_wanted_or_gone() -> None:
    stage = Stage()
    stage.set.follow({}, {"a": "nobody allowed it", "b": "a bad name"})
    assert stage.problems == {"a": "nobody allowed it", "b": "a bad name"}
    assert not stage.box._has_pending()
    stage.set.follow({"a": ONE}, {"b": "a bad name"})
    assert stage.problems == {"b": "a bad name"}
    assert stage.box._has_pending()
    stage.set.follow({}, {"a": "denied"})
    assert stage.problems == {"a": "denied"}
    assert stage.supervisor.stopped == ["mcp:a"]


def test_a_scope_has_its_own_servers() -> None:
    shared = McpServerSettings(command="x", scope="workspace")
    servers = {"one": ONE, "two": shared}
    assert of_scope(servers, "session") == {"one": ONE}
    assert of_scope(servers, "workspace") == {"two": shared}
