import json
from pathlib import Path
from typing import Any

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes


@pytest.fixture
def workspace_file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "workspaces" / "default" / "workspace.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def listed(run: Run, data: Path) -> dict[str, Any]:
    outcome = run("agents", "--json", "--data", str(data))
    assert outcome.status == 0
    return {one["id"]: one for one in json.loads(outcome.out)["data"]["agents"]}


def test_the_agents_are_listed_with_where_they_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent))
    found = listed(run, tmp_path / "data")
    assert (found["claude"]["found"], found["codex"]["found"]) == (str(program), None)
    assert found["claude"]["resume_args"] == ["--resume", "{conversation}"]
    assert (found["claude"]["activity"], found["codex"]["activity"]) == ("hook", "screen")
    shown = run("agents", "--data", str(tmp_path / "data")).out
    assert str(program) in shown
    assert "Claude Code  activity by hook  " in shown
    assert "codex is not in PATH; npm install" in shown


def test_they_stand_in_columns_and_a_path_that_cannot_be_run_is_said(
    run: Run, tmp_path: Path, workspace_file: Path
) -> None:
    own = [{"id": "mine", "name": "A long name", "command": "/no/such"}]
    workspace_file.write_text(json.dumps({"agents": own}))
    lines = run("agents", "--data", str(tmp_path / "data")).out.splitlines()
    rows = [line for line in lines if "activity by" in line]
    assert len({line.index("activity by") for line in rows}) == 1
    assert rows[-1].endswith("activity by screen  /no/such cannot be run, your own")


def test_those_of_the_workspace_are_marked(run: Run, tmp_path: Path, workspace_file: Path) -> None:
    own = [{"id": "claude", "name": "Mine", "command": "mine"}]
    workspace_file.write_text(json.dumps({"agents": own}))
    found = listed(run, tmp_path / "data")
    assert (found["claude"]["own"], found["claude"]["name"]) == (True, "Mine")
    assert found["codex"]["own"] is False


def test_a_workspace_file_that_is_wrong_is_told_with_the_place(
    run: Run, tmp_path: Path, workspace_file: Path
) -> None:
    workspace_file.write_text('{"agents": [{"id": "x"}]}')
    outcome = run("agents", "--data", str(tmp_path / "data"))
    assert outcome.status == 1
    assert "$.agents[0]" in outcome.err


def test_a_daemon_is_asked_what_its_own_path_finds(run: Run, serve: Serve) -> None:
    told = {"id": "mine", "name": "Mine", "command": "mine", "found": "/its/bin/mine", "own": True,
            "activity": "screen"}  # fmt: skip
    daemon = serve(yes({"agents": [told]}))
    shown = run("agents").out
    assert "/its/bin/mine, your own" in shown
    assert "looked up in the PATH that the daemon was started with" in shown
    assert (daemon.requests[0]["type"], daemon.requests[0]["workspace"]) == (
        "list-agents", "default"
    )  # fmt: skip
    data = json.loads(run("agents", "--json").out)["data"]
    assert data == {"agents": [told], "path": "daemon"}


def test_with_a_daemon_a_wrong_file_is_told_beside_what_is_in_force(
    run: Run, serve: Serve, workspace_file: Path
) -> None:
    told = {"id": "mine", "name": "Mine", "command": "mine", "found": "/its/bin/mine", "own": True,
            "activity": "screen"}  # fmt: skip
    serve(yes({"agents": [told]}))
    workspace_file.write_text('{"agents": [{"id": "x"}]}')
    outcome = run("agents")
    assert (outcome.status, "/its/bin/mine" in outcome.out) == (0, True)
    assert "$.agents[0]; the last good one stays in force" in outcome.err


def test_without_a_daemon_it_says_whose_path_was_looked_through(run: Run, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert "looked up in your own PATH, as no daemon runs" in run("agents", "--data", data).out
    assert json.loads(run("agents", "--json", "--data", data).out)["data"]["path"] == "yours"
