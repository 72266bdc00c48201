"""What Codex is started with, and what its notification says."""

import json
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.decisions import codex_hooks
from actors.messages.agent_reports import AgentReport
from storage.records.agent import AgentDefinition

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEFINITION = AgentDefinition(id="a", name="A", command="npx", args=("codex",), hooks="codex")


def said(**fields: Any) -> bytes:
    whole = {"type": "agent-turn-complete", "thread-id": "t-1", "turn-id": "2", **fields}
    return json.dumps(whole).encode()


@pytest.mark.parametrize("name", ["plain", 'it\'s "a" $HOME `dir` \\ 木 😀 \x7f'])
def test_its_notification_leaves_a_report(tmp_path: Path, name: str) -> None:
    reports = tmp_path / name
    reports.mkdir()
    command = ("npx", "codex", "resume", "--last")
    words = codex_hooks.started_with(str(reports), command, DEFINITION)
    assert (words[:3], words[4:]) == (("npx", "codex", "-c"), ("resume", "--last"))
    notify = tomllib.loads(words[3])["notify"]
    message = said(**{"last-assistant-message": "%s \\ 'x' \"y\"\n"})
    done = subprocess.run([*notify, message], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (path,) = reports.iterdir()
    assert path.read_bytes() == message
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_end_of_a_turn_names_its_thread() -> None:
    found = codex_hooks.report(said(), AT)
    assert found == AgentReport(kind="idle", at=AT, conversation_id="t-1")


def test_one_that_was_cut_off_says_as_much() -> None:
    whole = said(**{"last-assistant-message": "x" * 100})
    assert codex_hooks.report(whole[:-50], AT) == codex_hooks.report(whole, AT)


def test_what_could_be_an_option_is_no_thread() -> None:
    found = codex_hooks.report(said(**{"thread-id": "--last"}), AT)
    assert found is not None
    assert found.conversation_id is None


def test_other_notifications_say_nothing_and_what_is_none_is_refused() -> None:
    assert codex_hooks.report(said(type="something-new"), AT) is None
    with pytest.raises(ValueError, match="names no event"):
        codex_hooks.report(b"[]", AT)
