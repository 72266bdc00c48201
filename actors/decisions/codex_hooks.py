"""PURE: how Codex is made to tell of the end of each turn, and what it says then.

Its `notify` command is given what happened as its last argument. It takes the place of one in the
user's own configuration, so an agent has it only if its definition says so.
"""

import json
from datetime import datetime

from actors.decisions import left_reports as left
from actors.messages.agent_reports import AgentReport
from storage.records.agent import AgentDefinition


def started_with(
    reports: str, command: tuple[str, ...], definition: AgentDefinition
) -> tuple[str, ...]:
    """The command line with it, behind the definition's own arguments."""
    at = 1 + len(definition.args)
    return (*command[:at], "-c", f"notify={_toml(_notify(reports))}", *command[at:])


def report(content: bytes, at: datetime) -> AgentReport | None:
    """None for anything but the end of a turn. ValueError for what is no report at all."""
    said = left.fields(content)
    event = left.text(said, "type")
    if not event:
        raise ValueError("it names no event")
    if event != "agent-turn-complete":
        return None
    return AgentReport(kind="idle", at=at, conversation_id=left.conversation(said, "thread-id"))


def _notify(reports: str) -> list[str]:
    """What is said comes behind `notify`, the shell's name for itself."""
    line = left.command(reports, given='printf %s "$1"')
    return ["/bin/sh", "-c", line, "notify"]


def _toml(words: list[str]) -> str:
    """The strings of JSON are strings of TOML, but for pairs of escapes."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
