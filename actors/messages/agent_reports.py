"""What an agent program says of itself, not what is guessed from its screen."""

from typing import Literal

from msgspec import Struct

from storage.records.process import UtcTime

ReportKind = Literal[
    "session-started", "prompt-accepted", "working", "asking", "idle", "session-ended"
]


class AgentReport(Struct, frozen=True, kw_only=True):
    """To the worker's actor. `text`: the prompt, the question or the tool, as far as it says.

    `conversation_id` is the agent's own, where it says in which one it is from then on; `at` is
    when it said so, by its own machine's wall clock.
    """

    kind: ReportKind
    at: UtcTime
    conversation_id: str | None = None
    text: str = ""


class LookForReports(Struct, frozen=True):
    """To the worker's actor: its agent may have left reports."""


class WatchForReports(Struct, frozen=True):
    """To who watches files: other directories than before are to be watched for reports."""
