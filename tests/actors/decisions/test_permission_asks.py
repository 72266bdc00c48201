"""Permission requests: what is shown of one, where it is shown, and those for servers."""

from typing import Any

from msgspec.structs import replace

from actors.decisions import permission_asks
from actors.decisions.decision import Draft
from actors.messages import outcomes as o
from storage.records import request as r
from storage.records.permission import hash_of
from storage.records.session import Session
from storage.state import SessionState
from tests.actors.decisions.given import ID, NOW, Play, call, talking


def asking(**arguments: Any) -> Play:
    play = talking()
    play.rules = ()
    play.asks()
    play.arrives(call("a", **arguments))
    return play


def test_short_arguments_are_shown_as_they_are() -> None:
    arguments = {"path": "/tmp", "lines": [1, {"x": None}], "deep": True}
    assert asking(**arguments).session.permissions[0].arguments == arguments


def test_of_a_long_argument_the_beginning_is_shown() -> None:
    limit = permission_asks.SHOWN_CHARACTERS
    shown = asking(text="x" * 100_000, more=list(range(10_000))).session.permissions[0].arguments
    assert shown["text"] == f"{'x' * limit}… (100000 characters)"
    assert shown["more"].startswith("[0,1,2")
    assert len(shown["more"]) < limit + 50


def test_of_many_arguments_some_are_shown_and_the_rest_is_counted() -> None:
    shown = asking(**{f"a{number}": 1 for number in range(80)}).session.permissions[0].arguments
    assert (len(shown), shown["…"]) == (permission_asks.SHOWN_ARGUMENTS + 1, "30 more")


def test_an_answer_is_bound_to_the_tool_its_arguments_and_its_description() -> None:
    asked = [
        hash_of("t", {"a": 1, "b": 2}, "d"),
        hash_of("u", {"a": 1, "b": 2}, "d"),
        hash_of("t", {"a": 1, "b": 3}, "d"),
        hash_of("t", {"a": 1, "b": "2"}, "d"),
        hash_of("t", {"a": 1, "b": 2}, "e"),
    ]
    assert len(set(asked)) == len(asked)
    assert hash_of("t", {"b": 2, "a": 1}, "d") == asked[0]


def test_its_id_names_its_session_also_when_that_has_hyphens() -> None:
    asked = asking().session.permissions[0]
    assert permission_asks.session_of(asked.id) == asked.session_id == ID
    assert permission_asks.session_of("abc-old-session-id") == "old-session-id"


# Servers.


def server_asked(play: Play, **arguments: Any) -> SessionState:
    draft = Draft(play.state, play.given)
    permission_asks.ask_for_server(draft, "git", arguments, "it stands in .mcp.json")
    return draft.state


def test_a_server_is_asked_about_and_found_again_by_what_it_would_start() -> None:
    play = talking()
    assert permission_asks.last_of_server(play.state, "git", {"command": "git"}) is None
    play = Play(server_asked(play, command="git"))
    found = permission_asks.last_of_server(play.state, "git", {"command": "git"})
    assert found is not None
    assert (found.kind, found.tool, found.state) == ("server", "git", "open")
    assert permission_asks.last_of_server(play.state, "git", {"command": "rm"}) is None
    play.decide(r.AnswerPermission(permission=found.id, decision="allow"))
    again = permission_asks.last_of_server(play.state, "git", {"command": "git"})
    assert again is not None
    assert again.state == "allowed"


def test_the_deadline_of_a_server_means_no() -> None:
    play = Play(server_asked(talking(), command="git"))
    play.decide(o.PermissionDue(play.session.permissions[0].id))
    found = permission_asks.last_of_server(play.state, "git", {"command": "git"})
    assert found is not None
    assert found.state == "expired"


def test_a_question_about_a_server_outlives_a_pause_and_no_stop() -> None:
    play = Play(server_asked(talking(), command="git"))
    play.decide(r.PauseSession(session=ID))
    assert len(play.session.permissions) == 1
    play.decide(r.StopSession(session=ID))
    assert not play.session.permissions


# Where they are shown.


def session(session_id: str, parent: str | None, asked_after: int | None = None) -> Session:
    play = asking()
    made = replace(play.session, id=session_id, title=session_id, parent_session_id=parent)
    if asked_after is None:
        return replace(made, permissions=())
    at = NOW.replace(minute=asked_after)
    asked = replace(made.permissions[0], id=f"ask-{session_id}", session_id=session_id, asked_at=at)
    return replace(made, permissions=(asked,))


def family() -> dict[str, Session]:
    members = [
        session("root", None),
        session("child", "root", 2),
        session("grandchild", "child", 1),
        session("stranger", "deleted", 3),
    ]
    return {one.id: one for one in members}


def ids(listed: list[dict[str, Any]]) -> list[str]:
    return [str(each["id"]) for each in listed]


def test_those_of_a_session_and_all_that_it_started_oldest_first() -> None:
    known = family()
    every = permission_asks.listed(known, {})
    assert ids(every) == ["ask-grandchild", "ask-child", "ask-stranger"]
    assert [each["shown_in"] for each in every] == [
        ["grandchild", "child", "root"], ["child", "root"], ["stranger"],
    ]  # fmt: skip
    assert ids(permission_asks.listed(known, {}, "root")) == ["ask-grandchild", "ask-child"]
    assert ids(permission_asks.listed(known, {}, "child")) == ["ask-grandchild", "ask-child"]
    assert ids(permission_asks.listed(known, {}, "grandchild")) == ["ask-grandchild"]
    assert ids(permission_asks.listed(known, {}, "stranger")) == ["ask-stranger"]


def test_those_of_one_turn_are_in_the_order_of_their_calls() -> None:
    one = session("one", None, 1)
    asked = tuple(replace(one.permissions[0], id=name) for name in ("z-one", "m-one", "a-one"))
    known = {"one": replace(one, permissions=asked)}
    assert ids(permission_asks.listed(known, {})) == ["z-one", "m-one", "a-one"]


def test_each_has_the_title_of_its_session_and_what_is_left_now() -> None:
    (first, *others) = permission_asks.listed(family(), {"ask-grandchild": 12.34})
    assert (first["title"], first["seconds_left"]) == ("grandchild", 12.3)
    assert {each["seconds_left"] for each in others} == {300.0}


def test_sessions_that_name_each_other_as_parents_are_no_circle() -> None:
    known = {one.id: one for one in (session("a", "b", 1), session("b", "a"))}
    assert permission_asks.listed(known, {})[0]["shown_in"] == ["a", "b"]
