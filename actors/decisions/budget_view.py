"""PURE: a budget as people and programs are shown it: limits, what is spent, what is set aside."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from actors.decisions import budget
from storage.records.budget import Spending, shares
from storage.records.session import Session
from storage.records.workspace import WorkspaceSettings


def shown(session: Session, settings: WorkspaceSettings) -> dict[str, Any]:
    """`limits` and `limits_from` (`session` or `workspace`) are None without a budget.

    `share` is the part that is spent of `limit`, the one that is nearest to its end. `used` is what
    the session itself has used since it began, counted also where nothing is limited.
    """
    limits = budget.in_force(session, settings)
    spending = session.spending or Spending()
    of_each = shares(limits, spending.spent) if limits else {}
    nearest = max(of_each, key=lambda limit: of_each[limit], default=None)
    own = session.config.budget if session.config else None
    return {
        "limits": asdict(limits) if limits else None,
        "limits_from": None if limits is None else "workspace" if own is None else "session",
        "spent": asdict(spending.spent),
        "own": asdict(spending.own),
        "reserved": asdict(spending.reserved),
        "used": {"tokens": session.metrics.total_tokens, "usd": session.metrics.estimated_cost},
        "limit": nearest,
        "share": of_each[nearest] if nearest else None,
    }


def in_full(line: Sequence[tuple[Session, WorkspaceSettings]]) -> dict[str, Any]:
    """`line`: a session, the one that started it, and so on. Those with a budget are `above`."""
    own, *others = [
        {"session_id": one.id, "title": one.title, **shown(one, settings)} for one, settings in line
    ]
    return {**own, "above": [other for other in others if other["limits"]]}
