"""What Claude Code hands to its hooks, as recorded from it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.decisions import claude_hooks, left_reports
from actors.messages.agent_reports import AgentReport
from storage.records.agent import AgentDefinition

SAMPLES = Path(__file__).parents[2] / "samples" / "hooks"
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CONVERSATION = "11111111-2222-4333-8444-555555555555"

SAID = {
    "notification-idle": ("idle", "Claude is waiting for your input"),
    "notification-permission": ("asking", ""),
    "permission-request": ("asking", "Bash: touch /tmp/touched"),
    "permission-request-question": ("asking", "Which colour?"),
    "post-tool-use": ("working", ""),
    "pre-compact": ("working", ""),
    "pre-tool-use": ("working", "Bash: touch /tmp/touched"),
    "session-end": ("session-ended", ""),
    "session-end-clear": ("session-ended", ""),
    "session-end-unknown": ("session-ended", ""),
    "session-start": ("session-started", ""),
    "session-start-clear": ("session-started", ""),
    "session-start-resume": ("session-started", ""),
    "stop": ("idle", ""),
    "stop-failure": ("idle", "API Error: 400 bad thing"),
    "user-prompt-submit": ("prompt-accepted", "hi friend"),
}
NAMING = {"session-started", "prompt-accepted"}
OF_NO_INTEREST = {"post-tool-batch", "subagent-start", "subagent-stop"}


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def said(**fields: Any) -> AgentReport | None:
    return claude_hooks.report(json.dumps(fields).encode(), AT)


def words(**fields: Any) -> str:
    found = said(**fields)
    assert found is not None
    return found.text


# What they say.


def test_every_recorded_event_is_here() -> None:
    assert {path.stem for path in SAMPLES.iterdir()} == {*SAID, *OF_NO_INTEREST}


@pytest.mark.parametrize("name", SAID)
def test_a_recorded_event_says(name: str) -> None:
    found = claude_hooks.report(sample(name), AT)
    assert found is not None
    assert ((found.kind, found.text), found.at) == (SAID[name], AT)
    assert (found.conversation_id is not None) == (found.kind in NAMING)


@pytest.mark.parametrize("name", sorted(OF_NO_INTEREST))
def test_a_recorded_event_says_nothing(name: str) -> None:
    assert claude_hooks.report(sample(name), AT) is None


def test_after_a_clear_it_is_another_conversation() -> None:
    before = claude_hooks.report(sample("session-start"), AT)
    after = claude_hooks.report(sample("session-start-clear"), AT)
    assert before is not None
    assert after is not None
    assert before.conversation_id == CONVERSATION
    assert after.conversation_id not in {None, CONVERSATION}


def test_a_conversation_that_could_not_be_resumed_is_none() -> None:
    """The end names an id that was asked for and that nobody knows."""
    ended = claude_hooks.report(sample("session-end-unknown"), AT)
    assert ended is not None
    assert ended.conversation_id is None


@pytest.mark.parametrize("name", SAID)
def test_what_is_cut_off_says_as_much_as_came(name: str) -> None:
    whole = sample(name)
    named = whole.index(b'"hook_event_name"') + len(b'"hook_event_name":"PermissionRequest"')
    for length in range(named, len(whole)):
        found = claude_hooks.report(whole[:length], AT)
        assert found is None or found.kind == SAID[name][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"no json",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b'{"hook_event_name": 3}',
        b'{"hook_event_name": ""}',
    ],
)
def test_what_is_no_report_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="names no event"):
        claude_hooks.report(content, AT)


def test_fields_of_another_type_are_not_there() -> None:
    assert words(hook_event_name="UserPromptSubmit", prompt=["no", "text"]) == ""
    assert words(hook_event_name="PreToolUse", tool_name="T", tool_input="text") == "T"
    assert words(hook_event_name="PreToolUse", tool_name="T", tool_input={"command": 1}) == "T"
    strange = {"questions": ["Which?"]}
    assert words(hook_event_name="PermissionRequest", tool_name="T", tool_input=strange) == "T"


@pytest.mark.parametrize(
    "strange", ["", "--dangerous", "a b", "../x", "a\n", "{conversation}", "x" * 200, None, 5]
)
def test_what_could_not_stand_in_a_command_line_is_no_conversation(strange: object) -> None:
    found = said(hook_event_name="SessionStart", session_id=strange)
    assert found is not None
    assert found.conversation_id is None


def test_half_a_character_is_written_as_a_question_mark() -> None:
    raw = b'{"hook_event_name": "UserPromptSubmit", "prompt": "a\\ud800b"}'
    found = claude_hooks.report(raw, AT)
    assert found is not None
    assert found.text == "a?b"


def test_a_prompt_is_kept_as_it_is_and_all_else_is_one_short_line() -> None:
    long = "first\n  second " + "x" * 1000
    assert words(hook_event_name="UserPromptSubmit", prompt=long) == long
    shown = words(hook_event_name="StopFailure", last_assistant_message=long)
    assert shown.startswith("first second x")
    assert len(shown) == left_reports.LONGEST_TEXT


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"message": "Claude needs your permission to use Bash"}, "asking"),
        ({"message": "Claude is waiting for your input"}, "idle"),
        ({"message": "Something else"}, None),
        ({"notification_type": "auth_success", "message": "permission"}, None),
        ({"notification_type": "elicitation_dialog", "message": "Name?"}, "asking"),
    ],
)
def test_notifications_of_older_and_newer_programs(fields: dict[str, Any], kind: str) -> None:
    found = said(hook_event_name="Notification", **fields)
    assert (found.kind if found else None) == kind


# How they are asked for.


def definition(*args: str) -> AgentDefinition:
    return AgentDefinition(id="a", name="A", command="npx", args=args)


def test_the_settings_stand_behind_the_own_arguments() -> None:
    command = ("npx", "claude", "--resume", "id")
    found = claude_hooks.started_with("/s.json", command, definition("claude"))
    assert found == ("npx", "claude", "--settings", "/s.json", "--resume", "id")


@pytest.mark.parametrize("own", [("--settings", "mine.json"), ("--settings=mine.json",)])
def test_settings_of_the_user_stay(own: tuple[str, ...]) -> None:
    assert claude_hooks.started_with("/s.json", ("claude", *own), definition(*own)) == (
        "claude",
        *own,
    )
