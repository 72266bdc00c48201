"""The commands that agents run: each leaves one private file, and does nothing else."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.decisions import claude_hooks, left_reports


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    made = tmp_path / 'it\'s "a" $HOME `dir`'
    made.mkdir()
    return made


def run(reports: Path, event: str, said: bytes, **options: Any) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", claude_hooks.command(str(reports), event)],
        input=said,
        capture_output=True,
        check=False,
        **options,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def files(reports: Path) -> list[str]:
    return [path.read_text() for path in reports.iterdir()]


def test_every_hook_in_the_settings_leaves_one_private_file(reports: Path) -> None:
    settings = json.loads(claude_hooks.settings(str(reports)))
    assert {"SessionStart", "PermissionRequest", "Notification"} < settings["hooks"].keys()
    for number, (event, ((group,))) in enumerate(settings["hooks"].items()):
        (hook,) = group["hooks"]
        assert hook["command"] == claude_hooks.command(str(reports), event)
        run(reports, event, b'{"hook_event_name": "%d"}' % number)
    found = list(reports.iterdir())
    assert len(found) == len(settings["hooks"])
    assert all(path.suffix == ".json" and not path.name.startswith(".") for path in found)
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}


def test_many_at_once_each_leave_their_own(reports: Path) -> None:
    line = claude_hooks.command(str(reports), "Stop")
    made = [subprocess.Popen(["/bin/sh", "-c", line], stdin=subprocess.PIPE) for _ in range(20)]
    for number, process in enumerate(made):
        process.communicate(str(number).encode())
    assert sorted(map(int, files(reports))) == list(range(20))


def test_what_is_too_long_is_cut_and_read_to_its_end(reports: Path) -> None:
    run(reports, "PostToolUse", b"x" * 3_000_000)
    run(reports, "UserPromptSubmit", b"y" * 3_000_000)
    longest = {left_reports.LONGEST_BYTES, left_reports.LONGEST_PROMPT_BYTES}
    assert {len(text) for text in files(reports)} == longest


def test_tools_are_left_out_where_too_much_waits(reports: Path) -> None:
    for number in range(claude_hooks.MOST_TOOLS):
        (reports / str(number)).touch()
    run(reports, "PreToolUse", b"{}")
    assert len(files(reports)) == claude_hooks.MOST_TOOLS
    run(reports, "Stop", b"{}")
    assert len(files(reports)) == claude_hooks.MOST_TOOLS + 1


def test_without_its_directory_nothing_happens_anywhere(reports: Path, tmp_path: Path) -> None:
    shutil.rmtree(reports)
    other = tmp_path / "other"
    other.mkdir()
    (other / ".precious").write_text("stays")
    run(reports, "Stop", b"{}", cwd=other, env={**os.environ, "n": "precious"})
    assert [path.name for path in other.iterdir()] == [".precious"]
