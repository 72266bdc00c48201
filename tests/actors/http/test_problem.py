"""Every code of docs/protocol.md has a status that somebody chose."""

import re

from actors.http.problem import RETRY_SECONDS, STATUSES, problem, status_of
from tests.architecture.source_tree import ROOT

CONFLICTS = {
    "ambiguous",
    "base-not-found",
    "branch-exists",
    "branch-in-use",
    "budget-exceeded",
    "cancelled",
    "context-limit",
    "conversation-exists",
    "detached",
    "directory-missing",
    "exited",
    "input-full",
    "input-held",
    "loop-detected",
    "message-exists",
    "no-conversation",
    "no-terminal",
    "not-a-terminal",
    "number-passed",
    "outcome-unknown",
    "output-limit",
    "over-budget",
    "permission-answered",
    "price-unknown",
    "prompt-not-accepted",
    "session-archived",
    "session-exists",
    "session-quarantined",
    "session-stopped",
    "settings-unreadable",
    "spawn-failed",
    "too-late",
    "too-deep",
    "too-many-timers",
    "tool-name-clash",
    "turn-limit",
    "worker-name-taken",
    "worker-not-running",
    "worktree-failed",
    "worktree-not-restored",
    "worktree-not-safe",
    "write-failed",
}
"""With how things are: 409."""


def documented() -> set[str]:
    section = (ROOT / "docs" / "protocol.md").read_text().split("## Error codes")[1]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    failed = section.split("Codes of a request that failed:")[1].split(". ")[0]
    return set(re.findall(r"`([a-z-]+)`", " ".join([*rows, failed])))


def test_every_code_has_a_status_that_somebody_chose() -> None:
    assert documented() - STATUSES.keys() - CONFLICTS == set()
    assert {status_of(code) for code in CONFLICTS - STATUSES.keys()} == {409}


def test_whoever_reached_a_limit_is_told_when_to_come_again() -> None:
    for code in STATUSES:
        told = problem(status_of(code), code, "later")
        is_limit = told.status_code == 429
        assert is_limit <= (int(told.headers.get("retry-after", "0")) > 0)


def test_every_code_with_a_status_is_documented() -> None:
    assert (STATUSES.keys() | CONFLICTS | RETRY_SECONDS.keys()) - documented() == set()
