"""`dispatch` and `subscribe`, the same by every way: daemon, tree, files, memory."""

from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.library.remote_way import RemoteWay
from actors.library.repository_way import RepositoryWay
from actors.library.tree_way import TreeWay
from storage import codec
from storage.data_dir import DataDir
from storage.journal import log
from storage.records import request as r
from tests.contract.ways import RUNNING, Caller

HELLO = {"role": "user", "content": "hello"}


def test_each_way_is_the_one_it_says(caller: Caller) -> None:
    kinds = {"daemon": RemoteWay, "tree": TreeWay}
    assert isinstance(caller.greenroom._way, kinds.get(caller.way, RepositoryWay))


def test_a_typed_command_and_its_json_are_the_same(caller: Caller) -> None:
    session_id = caller.gpt()
    typed = caller.greenroom.dispatch(r.GetSession(session=session_id, id="mine"))
    assert (typed.id, typed.type, typed.ok) == ("mine", "get-session", True)
    assert typed.data == caller.get(session_id)


def test_what_is_no_command_is_refused(caller: Caller) -> None:
    assert caller.refused("make-coffee").code == "unknown-type"
    assert caller.refused("get-session", session="x", colour=1).path == "$.colour"
    strange: Any = [1]
    answer = caller.greenroom.dispatch(strange)
    assert answer.error
    assert answer.error.code == "bad-request"
    answer = caller.greenroom.dispatch({"type": "get-session", "session": object()})
    assert answer.error
    assert answer.error.code == "bad-request"


def test_a_message_with_an_id_that_is_there_is_refused(caller: Caller) -> None:
    session_id = caller.gpt()
    caller.done("add-message", session=session_id, message={**HELLO, "id": "mine"})
    error = caller.refused("add-message", session=session_id, message={**HELLO, "id": "mine"})
    assert (error.code, error.path) == ("message-exists", "$.message.id")


def test_a_subscriber_hears_of_one_type_until_it_ends_that(caller: Caller) -> None:
    session_id = caller.gpt()
    heard: list[Any] = []
    subscription = caller.greenroom.subscribe("message-added", heard.append)
    caller.done("add-message", session=session_id, message=HELLO)
    caller.done("update-session", session=session_id, updates={"title": "x"})
    assert caller.greenroom.drain()
    assert [event["type"] for event in heard] == ["message-added"]
    subscription.unsubscribe()
    caller.done("add-message", session=session_id, message=HELLO)
    assert caller.types(session_id).count("message-added") == 2
    assert len(heard) == 1


def test_a_type_that_no_event_has_is_no_subscription(caller: Caller) -> None:
    with pytest.raises(ValueError, match="message-added"):
        caller.greenroom.subscribe("message-aded", print)


def test_what_comes_back_is_the_callers_own(caller: Caller) -> None:
    session_id = caller.gpt()
    first: list[Any] = []
    second: list[Any] = []
    caller.greenroom.subscribe("session-updated", lambda event: _spoil(event, first))
    caller.greenroom.subscribe("session-updated", second.append)
    metadata = {"a": {"b": 1}}
    answered = caller.done("update-session", session=session_id, updates={"metadata": metadata})
    metadata["a"]["b"] = 2
    answered["metadata"]["a"]["b"] = 3
    caller.get(session_id)["metadata"]["a"]["b"] = 4
    assert caller.greenroom.drain()
    assert first[0]["updates"] == {}
    assert second[0]["updates"]["metadata"] == {"a": {"b": 1}}
    assert caller.get(session_id)["metadata"] == {"a": {"b": 1}}


def _spoil(event: dict[str, Any], kept: list[Any]) -> None:
    event["updates"].clear()
    kept.append(event)


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_handler_that_raises_hurts_nobody(
    caller: Caller, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    def fail(_: dict[str, Any]) -> None:
        raise error

    heard: list[Any] = []
    caller.greenroom.subscribe("session-created", fail)
    caller.greenroom.subscribe("session-created", heard.append)
    session_id = caller.gpt()
    assert caller.greenroom.drain()
    assert [event["session_id"] for event in heard] == [session_id]
    assert "a handler of session-created failed" in caplog.text


def test_a_handler_may_dispatch(caller: Caller) -> None:
    found: list[Any] = []

    def look(event: dict[str, Any]) -> None:
        found.append(caller.get(event["session_id"]))

    caller.greenroom.subscribe("session-created", look)
    session_id = caller.gpt()
    assert caller.greenroom.drain()
    assert [each["id"] for each in found] == [session_id]


def test_after_its_end_nothing_is_taken(caller: Caller) -> None:
    caller.greenroom.close()
    caller.greenroom.close()
    with pytest.raises(RuntimeError, match="closed"):
        caller.done("list-sessions")
    with pytest.raises(RuntimeError, match="closed"):
        caller.greenroom.subscribe(None, print)


def test_nothing_is_heard_that_does_not_stand_in_the_journal(caller: Caller) -> None:
    """Each event is looked up on the disk at the moment at which it is heard of."""
    if caller.data is None:
        return
    missing: list[Any] = []
    heard: list[tuple[str, str]] = []

    def look(event: dict[str, Any]) -> None:
        assert caller.data
        line = (event["type"], event["timestamp"])
        heard.append(line)
        if line not in written(caller.data, event["session_id"]):
            missing.append(line)

    subscription = caller.greenroom.subscribe(None, look)
    session_id = caller.gpt(system_prompt="be brief")
    caller.done("add-message", session=session_id, message=HELLO)
    updates = {"title": "x", "config": {"effort": "low"}}
    caller.done("update-session", session=session_id, updates=updates)
    caller.done("update-token-metrics", session=session_id, prompt_tokens=7000)
    assert caller.greenroom.drain()
    subscription.unsubscribe()
    assert missing == []
    assert heard == written(caller.data, session_id)


def test_a_change_of_the_config_is_one_commit(caller: Caller) -> None:
    session_id = caller.gpt()
    updates = {"title": "x", "config": {"effort": "low"}}
    caller.done("update-session", session=session_id, updates=updates)
    found = caller.events(session_id)[-2:]
    assert [event["type"] for event in found] == ["session-config-updated", "session-updated"]
    assert len({event["timestamp"] for event in found}) == 1
    if caller.data:
        path = DataDir(caller.data).session("default", session_id)
        last = [type_of_event(event) for event in log.read(path).commits[-1].events]
        assert last == ["session-config-updated", "session-updated"]


def written(data: Path, session_id: str) -> list[tuple[str, str]]:
    """Type and time of each event in a session's journal, as it stands in the file now."""
    commits = log.read(DataDir(data).session("default", session_id)).commits
    return [
        (type_of_event(event), codec.builtins(commit.at))
        for commit in commits
        for event in commit.events
    ]


def type_of_event(event: Any) -> str:
    return str(event.__struct_config__.tag)


class Counted:
    """A repository of a program's own: nothing but the protocol, around another."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._kept: library.SessionRepository = library.MemorySessionRepository()

    def __getattr__(self, name: str) -> Any:
        if name not in dir(library.SessionRepository):
            raise AttributeError(name)
        self.calls.append(name)
        return getattr(self._kept, name)


def test_another_repository_may_stand_in_its_place(tmp_path: Path) -> None:
    repository: Any = Counted()
    with library.open(repository=repository) as greenroom:
        caller = Caller(greenroom, tmp_path, "own", None)
        session_id = caller.gpt()
        added = caller.done("add-message", session=session_id, message=HELLO)
        fields = {"message_id": added["message_id"], "updates": {"role": "assistant"}}
        caller.done("update-message", session=session_id, **fields)
        caller.done("update-session", session=session_id, updates={"title": "x"})
        caller.done("update-token-metrics", session=session_id, prompt_tokens=1)
        assert len(caller.done("get-messages", session=session_id)["messages"]) == 1
        assert [e["id"] for e in caller.done("list-sessions")["sessions"]] == [session_id]
        assert caller.get(session_id)["title"] == "x"
        assert caller.done("delete-session", session=session_id) == {"deleted": True}
        assert len(caller.types(session_id)) == 7
    assert repository.calls == [
        "subscribe",
        "create_session",
        "add_message",
        "update_message",
        "update_session",
        "update_token_metrics",
        "get_messages",
        "list_sessions",
        "get_session",
        "delete_session",
    ]


def test_a_session_names_all_that_are_above_it(caller: Caller) -> None:
    root = caller.create()["id"]
    middle = caller.create(parent=root)["id"]
    child = caller.create(parent=middle)
    assert (child["parent_session_id"], child["ancestors"]) == (middle, [middle, root])
    place = str(caller.place)
    refusal = caller.refused("create-session", location_path=place, parent="nobody")
    assert (refusal.code, refusal.path) == ("session-not-found", "$.parent")


def test_what_a_repository_cannot_do_is_refused(caller: Caller) -> None:
    session_id = caller.create()["id"]
    answer = caller.greenroom.dispatch({"type": "get-status"})
    if caller.way in RUNNING:
        assert answer.ok
        return
    assert answer.error
    assert answer.error.code == "not-available"
    terminal = {"type": "terminal"}
    wanted: list[dict[str, Any]] = [{"worker": terminal}, {"prompt": "hi"}, {"workspace": "other"}]
    place = str(caller.place)
    codes = [caller.refused("create-session", location_path=place, **each).code for each in wanted]
    assert codes == ["not-available", "not-available", "workspace-not-found"]
    assert caller.refused("stop-session", session=session_id).code == "not-available"
