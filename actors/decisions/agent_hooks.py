"""PURE: the ways in which agent programs tell of themselves, one per `hooks` of a definition.

What each of them asks for and says is known to its own module; who reads it, to others.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from actors.decisions import claude_hooks, codex_hooks
from actors.messages.agent_reports import AgentReport
from storage.records.agent import AgentDefinition, HooksKind


class Places(NamedTuple):
    """Absolute paths: of the settings file, and of the directory for reports."""

    settings: str
    reports: str


class Hooks(NamedTuple):
    """`settings`: what stands in the settings file, if there is one. `started_with`: the command
    line of a start. `report`: what a report says, None if nothing; ValueError for what is none.
    """

    settings: Callable[[Places], bytes]
    started_with: Callable[[Places, tuple[str, ...], AgentDefinition], tuple[str, ...]]
    report: Callable[[bytes, datetime], AgentReport | None]


HOOKS: dict[HooksKind, Hooks] = {
    "claude-code": Hooks(
        settings=lambda places: claude_hooks.settings(places.reports),
        started_with=lambda places, command, definition: claude_hooks.started_with(
            places.settings, command, definition
        ),
        report=claude_hooks.report,
    ),
    "codex": Hooks(
        settings=lambda _: b"",
        started_with=lambda places, command, definition: codex_hooks.started_with(
            places.reports, command, definition
        ),
        report=codex_hooks.report,
    ),
}
