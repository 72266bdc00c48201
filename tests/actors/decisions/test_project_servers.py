"""Tool servers that a directory brings along: asked for once, as they are."""

import json
from typing import Any

from actors.decisions import project_servers
from actors.decisions.project_servers import Sorted
from actors.messages import outcomes as o
from actors.messages.effects import FollowServers
from storage.records import request as r
from storage.records.project_servers import ProjectServers
from storage.records.workspace import McpServerSettings
from tests.actors.decisions.given import Play, talking

ONE = McpServerSettings(command="./serve", args=("--all",), env={"KEY": "very-secret"})
WEB = McpServerSettings(
    url="https://me:very-secret@x.test/mcp?key=very-secret", headers={"A": "very-secret"}
)


def sorted_now(play: Play, *taken: str, **servers: McpServerSettings) -> Sorted:
    return project_servers.sort(
        play.state, ProjectServers(servers=servers), dict.fromkeys(taken, None)
    )


def asked(**servers: McpServerSettings) -> Play:
    play = talking()
    play.decide(o.ServersFound(servers))
    return play


def answer(play: Play, decision: Any) -> None:
    (open_one,) = play.session.permissions
    play.decide(r.AnswerPermission(permission=open_one.id, decision=decision))


def test_one_that_nobody_was_asked_about_is_to_be_asked_for() -> None:
    found = sorted_now(talking(), one=ONE)
    assert (found.allowed, found.unasked) == ({}, {"one": ONE})
    assert "about to be asked for" in found.refused["one"]


def test_it_is_asked_for_once_and_waits() -> None:
    play = asked(one=ONE)
    play.decide(o.ServersFound({"one": ONE}))
    assert len(play.session.permissions) == 1
    found = sorted_now(play, one=ONE)
    assert (found.allowed, found.unasked) == ({}, {})
    assert "greenroom asks" in found.refused["one"]


def test_an_answer_holds_for_the_settings_as_they_were() -> None:
    play = asked(one=ONE)
    answer(play, "allow")
    assert play.wanted(FollowServers)
    assert sorted_now(play, one=ONE) == Sorted(allowed={"one": ONE}, refused={}, unasked={})
    changed = McpServerSettings(command="./serve", args=("--all",), env={"KEY": "another"})
    assert sorted_now(play, one=changed).unasked == {"one": changed}


def test_a_no_stays_a_no() -> None:
    play = asked(one=ONE)
    answer(play, "deny")
    play.decide(o.ServersFound({"one": ONE}))
    assert not play.session.permissions
    found = sorted_now(play, one=ONE)
    assert (found.allowed, found.unasked) == ({}, {})
    assert "denied" in found.refused["one"]


def test_where_nobody_answered_the_next_request_asks_again() -> None:
    play = asked(one=ONE)
    play.decide(o.PermissionDue(play.session.permissions[0].id))
    assert play.wanted(FollowServers)
    assert sorted_now(play, one=ONE).unasked == {"one": ONE}
    play.decide(o.ServersFound({"one": ONE}))
    assert len(play.session.permissions) == 1


def test_a_question_about_one_that_is_not_named_any_more_is_withdrawn() -> None:
    play = asked(one=ONE, web=WEB)
    first, second = play.session.permissions
    assert sorted_now(play, one=ONE, web=WEB).gone == ()
    found = sorted_now(play, one=WEB, web=WEB)
    assert found.gone == (first.id,)
    play.decide(o.ServersGone(found.gone))
    assert play.session.permissions == (second,)
    assert sorted_now(play, one=ONE, web=WEB).unasked == {"one": ONE}


def test_a_file_that_cannot_be_read_withdraws_nothing() -> None:
    brought = ProjectServers(problems={".mcp.json": "line 3: no comma"})
    assert project_servers.sort(asked(one=ONE).state, brought, {}).gone == ()


def test_a_name_that_workspace_json_uses_is_refused_and_not_asked_for() -> None:
    found = sorted_now(talking(), "one", one=ONE)
    assert (found.allowed, found.unasked) == ({}, {})
    assert "workspace.json has a server of this name" in found.refused["one"]


def test_what_cannot_be_used_keeps_its_reason() -> None:
    brought = ProjectServers(problems={".mcp.json": "line 3: no comma"})
    found = project_servers.sort(talking().state, brought, {})
    assert found.refused == {".mcp.json": "line 3: no comma"}


def test_what_is_shown_has_names_for_secrets_and_tells_their_values_apart() -> None:
    for settings in (ONE, WEB):
        assert "very-secret" not in json.dumps(project_servers.shown(settings))
    shown = project_servers.shown(WEB)
    assert (shown["url"], shown["headers"]) == ("https://x.test/mcp", ["A"])
    other = McpServerSettings(url=WEB.url, headers={"A": "another"})
    assert project_servers.shown(other)["digest"] != shown["digest"]
