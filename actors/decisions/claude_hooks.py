"""PURE: how Claude Code is made to tell of itself, and what its hooks are handed.

Its settings file asks for the hooks; what it takes as meaning something is their output and their
code, so they have none. Where the files lie, and who reads them, is for others.
"""

import json
from collections.abc import Callable
from datetime import datetime

from actors.decisions import left_reports as left
from actors.decisions.left_reports import Fields
from actors.messages.agent_reports import AgentReport, ReportKind
from storage.records.agent import AgentDefinition

MOST_TOOLS = 1000
"""While so many reports wait to be read, a tool's are not left: the last of them say as much."""
TIMEOUT_SECONDS = 5

_KINDS: dict[str, ReportKind] = {
    "SessionStart": "session-started",
    "UserPromptSubmit": "prompt-accepted",
    "PreToolUse": "working",
    "PostToolUse": "working",
    "PostToolUseFailure": "working",
    "PreCompact": "working",
    "ElicitationResult": "working",
    "PermissionRequest": "asking",
    "Elicitation": "asking",
    "Stop": "idle",
    "StopFailure": "idle",
    "SessionEnd": "session-ended",
}
_NOTICES: dict[str, ReportKind] = {
    "permission_prompt": "asking",
    "elicitation_dialog": "asking",
    "idle_prompt": "idle",
}
_GENERIC = "Claude needs your permission"
"""Comes some seconds after the question itself, and says less."""
_OF_TOOLS = frozenset({"PreToolUse", "PostToolUse", "PostToolUseFailure"})
_TELLING = ("command", "file_path", "path", "url", "pattern", "query", "description")
"""What of a tool's input says best what it is about."""
_SETTINGS = "--settings"


def settings(reports: str) -> bytes:
    """The settings file: every hook of interest leaves its report in this directory."""
    hooks = {
        event: [{"hooks": [_hook(command(reports, event))]}] for event in (*_KINDS, "Notification")
    }
    return json.dumps({"hooks": hooks}, indent=1).encode()


def started_with(
    settings_file: str, command: tuple[str, ...], definition: AgentDefinition
) -> tuple[str, ...]:
    """The command line with the settings file, behind the definition's own arguments.

    As it was where those name one: the program takes one alone, and that is the user's.
    """
    if any(each.partition("=")[0] == _SETTINGS for each in definition.args):
        return command
    at = 1 + len(definition.args)
    return (*command[:at], _SETTINGS, settings_file, *command[at:])


def command(reports: str, event: str) -> str:
    """What the hook of this event runs."""
    is_prompt = event == "UserPromptSubmit"
    return left.command(
        reports,
        limit_bytes=left.LONGEST_PROMPT_BYTES if is_prompt else left.LONGEST_BYTES,
        most=MOST_TOOLS if event in _OF_TOOLS else None,
    )


def report(content: bytes, at: datetime) -> AgentReport | None:
    """What a hook was handed, or the beginning of that. None: it says nothing of interest.

    ValueError for what is no report at all.
    """
    said = left.fields(content)
    event = left.text(said, "hook_event_name")
    if not event:
        raise ValueError("it names no event")
    kind = _notice(said) if event == "Notification" else _KINDS.get(event)
    if kind is None:
        return None
    words = _TEXTS.get(event, _nothing)(said)
    return AgentReport(
        kind=kind,
        at=at,
        conversation_id=left.conversation(said, "session_id") if kind in _NAMING else None,
        text=words if kind == "prompt-accepted" else left.short(words),
    )


_NAMING = frozenset({"session-started", "prompt-accepted"})
"""Others may be late, and of the conversation before; the end of one that could not be resumed
names what was asked for.
"""


def _hook(line: str) -> Fields:
    return {"type": "command", "command": line, "timeout": TIMEOUT_SECONDS}


def _notice(said: Fields) -> ReportKind | None:
    """Older programs give no type, but say it."""
    notice, message = left.text(said, "notification_type"), left.text(said, "message")
    if notice:
        return _NOTICES.get(notice)
    if "permission" in message:
        return "asking"
    return "idle" if "waiting for your input" in message else None


def _nothing(_: Fields) -> str:
    return ""


def _tool(said: Fields) -> str:
    """Its name and what it is about, or the question that it asks."""
    name, given = left.text(said, "tool_name"), said.get("tool_input")
    given = given if isinstance(given, dict) else {}
    questions = given.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    if isinstance(first, dict) and left.text(first, "question"):
        return left.text(first, "question")
    about = next((left.text(given, key) for key in _TELLING if left.text(given, key)), "")
    return f"{name}: {about}" if about else name


def _message(said: Fields) -> str:
    message = left.text(said, "message")
    return "" if message == _GENERIC else message


_TEXTS: dict[str, Callable[[Fields], str]] = {
    "UserPromptSubmit": lambda said: left.text(said, "prompt"),
    "PreToolUse": _tool,
    "PermissionRequest": _tool,
    "Elicitation": _message,
    "Notification": _message,
    "StopFailure": lambda said: left.text(said, "last_assistant_message"),
}
