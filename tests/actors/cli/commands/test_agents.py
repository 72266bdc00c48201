import json
from pathlib import Path
from typing import Any

import pytest

from tests.actors.cli.conftest import Run


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
    shown = run("agents", "--data", str(tmp_path / "data")).out
    assert str(program) in shown
    assert "codex is not in PATH; npm install" in shown


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
