"""A workspace in a program's hands: its file, its parts, and who may use them together."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.library.remote_way import RemoteWay
from actors.library.tree_way import TreeWay
from storage.errors import AlreadyRunning, FileRefused
from tests.fakes.greenroom import House

ENVIRON = {"PATH": os.environ["PATH"]}


def in_workspace(
    data: Path, steps: Callable[[library.Workspace], Awaitable[Any]], name: str = "default"
) -> Any:
    async def all_of_it() -> Any:
        async with library.Workspace(data, name, environ=ENVIRON) as workspace:
            return await steps(workspace)

    return asyncio.run(all_of_it())


def written(workspace: library.Workspace) -> Any:
    return json.loads(workspace.paths.settings.read_text())


def test_it_is_made_and_described_and_says_where_it_lies(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> None:
        await workspace.init("For tests.")
        assert isinstance(workspace.greenroom._way, TreeWay)
        assert (workspace.metadata.name, workspace.metadata.description) == ("side", "For tests.")
        assert workspace.metadata.path == workspace.paths.workspace == tmp_path / "workspaces/side"
        assert workspace.paths.data == tmp_path
        await workspace.init()
        assert workspace.metadata.description == "For tests."
        made = await workspace.sessions.create_session("One")
        assert (made.workspace, made.location_path) == ("side", str(Path.cwd()))
        assert workspace.paths.sessions.parent == workspace.paths.workspace

    in_workspace(tmp_path, steps, "side")


def test_the_lock_is_held_until_it_is_closed(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> None:
        with pytest.raises(AlreadyRunning):
            workspace.greenroom._way.data_dir.lock()  # type: ignore[union-attr]  # it has one
        await workspace.close()
        workspace._data.lock().release()
        with pytest.raises(RuntimeError, match="init"):
            await workspace.sessions.create_session()

    in_workspace(tmp_path, steps)


def test_where_a_daemon_has_the_data_it_is_asked(open_greenroom: House) -> None:
    async def steps(workspace: library.Workspace) -> str:
        assert isinstance(workspace.greenroom._way, RemoteWay)
        await workspace.models.update_provider("anthropic", default_model="claude-x")
        return (await workspace.sessions.create_session("Mine")).id

    session_id = in_workspace(open_greenroom.data.root, steps)
    assert open_greenroom.record(session_id).title == "Mine"
    settings = open_greenroom.room.around.workspaces.settings("default")
    assert settings.models.providers["anthropic"].default_model == "claude-x"


def test_each_part_shows_the_file_and_changes_it(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> None:
        await workspace.prompt.update(instructions="Be brief.", include_date_time=False)
        await workspace.prompt.update(rules="Never guess.")
        assert workspace.prompt.settings.instructions == "Be brief."
        assert workspace.prompt.settings.rules == "Never guess."
        await workspace.models.update_provider("anthropic", base_url="http://127.0.0.1:1")
        await workspace.models.update_provider("anthropic", active=False, default_model="m")
        await workspace.models.update_provider("scripted", active=False, script="s.jsonl")
        models = workspace.models.settings
        assert (models.active, sorted(models.providers)) == ("anthropic", ["anthropic", "scripted"])
        assert models.providers["anthropic"].base_url == "http://127.0.0.1:1"
        for content in ("old", "new"):
            await workspace.files.put("notes", content=content)
        await workspace.files.put("other", content="x")
        await workspace.files.remove("other")
        assert [(file.name, file.content) for file in workspace.files.settings] == [
            ("notes", "new")
        ]
        await workspace.dynamic_context.put("now", server="time", tool="now")
        assert [entry.id for entry in workspace.dynamic_context.settings] == ["now"]
        await workspace.dynamic_context.remove("now")
        assert workspace.dynamic_context.settings == ()

    in_workspace(tmp_path, steps)


def test_servers_that_were_started_go_and_what_was_there_comes_back(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> None:
        await workspace.mcp.cleanup()
        await workspace.mcp.start_server("kept", command="before")
        workspace.mcp._before = {}  # as if somebody else had
        await workspace.mcp.start_server("kept", command="first")
        await workspace.mcp.start_server("kept", command="second")
        await workspace.mcp.start_server("new", url="http://127.0.0.1:1/mcp", scope="workspace")
        servers = workspace.mcp.settings
        assert (servers["kept"].command, servers["new"].scope) == ("second", "workspace")
        await workspace.mcp.cleanup()
        assert {name: one.command for name, one in workspace.mcp.settings.items()} == {
            "kept": "before"
        }

    in_workspace(tmp_path, steps)


def test_a_setting_that_there_is_not_is_refused_and_nothing_written(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> None:
        before = written(workspace)
        for wrong in (
            workspace.models.update_provider("anthropic", api_key="secret"),
            workspace.mcp.start_server("neither"),
            workspace.files.put("notes", contents="x"),
        ):
            with pytest.raises(FileRefused):
                await wrong
        assert written(workspace) == before

    in_workspace(tmp_path, steps)


def test_a_session_in_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async def steps(workspace: library.Workspace) -> str:
        with pytest.raises(library.ConversationError) as caught:
            await workspace.sessions.create_session(location_path=tmp_path / "nowhere")
        return caught.value.code

    assert in_workspace(tmp_path / "data", steps) == "bad-location"


def test_parts_of_two_workspaces_make_no_coordinator(tmp_path: Path) -> None:
    one, two = library.Workspace(tmp_path, "one"), library.Workspace(tmp_path, "two")
    with pytest.raises(ValueError, match="one, two"):
        library.SessionCoordinator(
            one.metadata, one.prompt, one.sessions, one.mcp, two.models, logger=None
        )


def test_a_name_that_could_lead_elsewhere_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        library.Workspace(tmp_path, "../elsewhere")


@pytest.mark.parametrize("content", ["{", '{"name": "mine", "modles": {}}'])
def test_settings_that_cannot_be_used_are_told_and_nothing_is_held(
    content: str, tmp_path: Path
) -> None:
    workspace = library.Workspace(tmp_path, "mine", environ=ENVIRON)
    workspace.paths.workspace.mkdir(parents=True)
    workspace.paths.settings.write_text(content)

    async def steps() -> None:
        with pytest.raises(FileRefused):
            async with workspace:
                pass

    asyncio.run(steps())
    assert workspace.paths.settings.read_text() == content
    workspace._data.lock().release()


def test_a_request_that_a_close_cut_off_is_told_so_and_goes_on_when_it_is_open_again(
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.jsonl"
    line = {"reply": [{"text": "late"}], "delay_seconds": 60}
    script.write_text(json.dumps(line))

    async def steps(workspace: library.Workspace) -> tuple[str, list[str]]:
        await workspace.models.update_provider("scripted", script=str(script))
        session = await workspace.sessions.create_session("One", location_path=tmp_path)
        coordinator = workspace.coordinator()
        response_id, completion = await coordinator.handle_request(session.id, "hello")
        await workspace.close()
        with pytest.raises(library.ConversationError) as caught:
            await completion
        script.write_text(json.dumps({"reply": [{"text": "at last"}]}))
        await workspace.init()
        await (await coordinator.handle_request(session.id, "hello?"))[1]  # answered in order
        found = await coordinator.get_round_by_response_id(response_id)
        return caught.value.code, [f"{turn.status}: {turn.text}" for turn in found.turns]

    code, turns = in_workspace(tmp_path / "data", steps)
    assert code == "interrupted"
    assert turns == ["interrupted: ", "completed: at last"]
