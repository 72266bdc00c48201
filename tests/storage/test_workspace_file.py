"""Settings by hand: defaults, strictness with a place, paths from the file's own directory."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from storage import workspace_file
from storage.errors import FileRefused
from storage.records.workspace import ActivityTimes, WorkspaceSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace.json"


def read(path: Path, **told: Any) -> WorkspaceSettings:
    path.write_text(json.dumps(told))
    return workspace_file.read(path)


def test_no_file_means_the_defaults(path: Path) -> None:
    assert workspace_file.read(path) == WorkspaceSettings()


def test_an_empty_object_means_the_defaults_too(path: Path) -> None:
    assert read(path) == WorkspaceSettings()


def test_what_stands_there_is_read(path: Path) -> None:
    found = read(path, name="mine", permissions={"deadline_seconds": 5}, budget={"usd": 2.5})
    assert (found.name, found.permissions.deadline_seconds) == ("mine", 5.0)
    assert found.budget is not None
    assert str(found.budget.usd) == "2.5"


def test_relative_paths_start_at_the_file(path: Path, tmp_path: Path) -> None:
    found = read(
        path,
        files=[
            {"name": "a", "path": "notes/a.md"},
            {"name": "b", "path": "/etc/b"},
            {"name": "c", "content": "text"},
        ],
        models={"providers": {"scripted": {"script": "../play.jsonl"}, "anthropic": {}}},
        mcp_servers={"one": {"command": "x", "cwd": "tools"}, "two": {"url": "http://127.0.0.1"}},
    )
    assert [file.path for file in found.files] == [str(tmp_path / "notes/a.md"), "/etc/b", None]
    assert found.models.providers["scripted"].script == f"{tmp_path}/../play.jsonl"
    assert found.models.providers["anthropic"].script is None
    assert found.mcp_servers["one"].cwd == str(tmp_path / "tools")
    assert found.mcp_servers["two"].cwd is None


def test_paths_are_absolute_also_when_the_file_is_named_relatively(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(path, files=[{"name": "a", "path": "a.md"}])
    monkeypatch.chdir(tmp_path)
    found = workspace_file.read(path.relative_to(tmp_path))
    assert found.files[0].path == str(tmp_path / "a.md")


def test_a_placeholder_for_the_session_s_directory_is_left_to_the_session(path: Path) -> None:
    found = read(path, mcp_servers={"one": {"command": "x", "cwd": "{{location_path}}/sub"}})
    assert found.mcp_servers["one"].cwd == "{{location_path}}/sub"


def test_a_wrong_value_is_refused_with_line_path_and_reason(path: Path) -> None:
    path.write_text('{"name": "a",\n "permissions":\n {"deadline_seconds": 0}}')
    with pytest.raises(FileRefused, match=r"Expected `float` > 0\.0") as caught:
        workspace_file.read(path)
    assert (caught.value.line, caught.value.path) == (3, "$.permissions.deadline_seconds")


def test_a_slip_of_the_pen_is_refused_with_its_line(path: Path) -> None:
    path.write_text('{"name": "a"\n "description": "b"}')
    with pytest.raises(FileRefused) as caught:
        workspace_file.read(path)
    assert caught.value.line == 2


def test_what_is_no_file_is_refused_without_waiting(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(FileRefused, match="not a regular file"):
        workspace_file.read(path)


def test_a_huge_file_is_refused(path: Path) -> None:
    path.write_bytes(b" " * (workspace_file.SIZE_LIMIT_BYTES + 1))
    with pytest.raises(FileRefused, match="larger than"):
        workspace_file.read(path)


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    read(tmp_path / "real.json", name="linked")
    path.symlink_to(tmp_path / "real.json")
    assert workspace_file.read(path).name == "linked"


OWN = {"id": "mine", "name": "Mine", "command": "mine"}


def test_agents_of_ones_own_are_read(path: Path) -> None:
    (found,) = read(path, agents=[{**OWN, "resume_args": ["-r{conversation}"]}]).agents
    assert (found.id, found.resume_args, found.initial_prompt) == (
        "mine",
        ("-r{conversation}",),
        "typed",
    )


@pytest.mark.parametrize(
    ("agents", "place"),
    [
        ([{**OWN, "colour": "red"}], "$.agents[0]"),
        ([{"id": "x", "name": "X"}], "$.agents[0]"),
        ([{**OWN, "id": "a b"}], "$.agents[0].id"),
        ([{**OWN, "command": ""}], "$.agents[0].command"),
        ([OWN, OWN], "$.agents[1].id"),
        ([{**OWN, "resume_args": ["--resume"]}], "$.agents[0].resume_args"),
        ([{**OWN, "session_id_args": ["{prompt}"]}], "$.agents[0].session_id_args"),
        ([{**OWN, "prompt_args": ["-p"]}], "$.agents[0].prompt_args"),
        ([{**OWN, "env": ["A", "GREENROOM_TOKEN"]}], "$.agents[0].env[1]"),
        ([{**OWN, "hooks": "other"}], "$.agents[0].hooks"),
    ],
)
def test_a_wrong_agent_is_refused_with_the_place(path: Path, agents: Any, place: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(path, agents=agents)
    assert str(refused.value.path).startswith(place)


# Dynamic context.


def test_an_id_of_a_dynamic_context_is_used_once(path: Path) -> None:
    entry = {"id": "status", "server": "git", "tool": "git_status"}
    assert len(read(path, dynamic_context=[entry, {**entry, "id": "log"}]).dynamic_context) == 2
    with pytest.raises(FileRefused, match="a second dynamic context with the id status") as refused:
        read(path, dynamic_context=[entry, entry])
    assert refused.value.path == "$.dynamic_context[1].id"


# Times of activity.


def test_times_of_activity_are_read_and_the_others_keep_their_defaults(path: Path) -> None:
    found = read(path, activity={"silence_seconds": 9, "active_bytes": 100}).activity
    assert found == ActivityTimes(silence_seconds=9.0, active_bytes=100)


@pytest.mark.parametrize(
    ("times", "place", "said"),
    [
        ({"silence_seconds": 0}, "silence_seconds", "> 0.0"),
        ({"look_seconds": 1e9}, "look_seconds", "<= 3600"),
        ({"active_bytes": 0}, "active_bytes", ">= 1"),
        ({"echo_seconds": "soon"}, "echo_seconds", "float"),
        ({"sustained_seconds": 2}, "sustained_seconds", "must be below rate_seconds (2)"),
        ({"quiet_seconds": 2}, "activity", "quiet_seconds"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_sentence(
    path: Path, times: dict[str, Any], place: str, said: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        read(path, activity=times)
    assert said in str(refused.value)
    assert place in str(refused.value.path)


def test_the_page_of_agents_shows_every_time_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
    (block,) = [text for text in page.split("```json\n") if '"activity": {' in text]
    shown = json.loads(block.split("```")[0])["activity"]
    assert shown == {name: getattr(ActivityTimes(), name) for name in shown}
    assert shown.keys() == set(ActivityTimes.__struct_fields__)


@pytest.mark.parametrize("url", ["notaurl", "", "ftp://host/x", "http://", "http:///mcp", "//host"])
def test_what_is_no_url_is_refused_with_its_line(path: Path, url: str) -> None:
    for section, field in (("mcp_servers", "url"), ("models.providers", "base_url")):
        outer, _, inner = section.partition(".")
        entries = {"fine": {field: "https://host:1/mcp"}, "wrong": {field: url}}
        told = {outer: {inner: entries} if inner else entries}
        path.write_text(json.dumps(told, indent=1))
        with pytest.raises(FileRefused, match="begins with http:// or https://") as caught:
            workspace_file.read(path)
        assert caught.value.path == f"$.{section}.wrong.{field}"
        assert caught.value.line is not None
        assert field in path.read_text().splitlines()[caught.value.line - 1]


def test_a_provider_that_there_is_not_cannot_be_the_active_one(path: Path) -> None:
    raw = b'{"models": {\n"active": "nope"}}'
    assert workspace_file.parsed(raw, path.parent).models.active == "nope"
    with pytest.raises(FileRefused) as caught:
        workspace_file.parsed(raw, path.parent, ["scripted", "anthropic"])
    assert (caught.value.line, caught.value.path) == (2, "$.models.active")
    assert str(caught.value) == "'nope' is none of: anthropic, scripted"
