import json
from pathlib import Path

from tests.actors.cli.conftest import Run


def test_what_is_no_directory_is_one_line(run: Run, data: Path) -> None:
    for way in ("absent", "file"):
        if way == "file":
            data.write_text("a file")
        outcome = run("verify")
        assert (outcome.status, outcome.out) == (1, "")
        assert outcome.err.startswith(f"greenroom: {data} cannot be verified: ")
        assert len(outcome.err.splitlines()) == 1
        assert json.loads(run("verify", "--json").out)["ok"] is False


def test_a_place_that_cannot_be_read_is_one_line_too(run: Run, data: Path) -> None:
    sessions = data / "workspaces" / "default" / "sessions"
    sessions.parent.mkdir(parents=True)
    sessions.write_text("a file")
    outcome = run("verify")
    assert outcome == (1, "", f"greenroom: {sessions}: Not a directory\n")
    assert json.loads(run("verify", "--json").out)["error"]["code"] == "failed"


def test_a_workspace_without_sessions_is_whole(run: Run, data: Path) -> None:
    (data / "workspaces" / "default").mkdir(parents=True)
    outcome = run("verify")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("0 sessions")
