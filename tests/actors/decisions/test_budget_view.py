from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from actors.decisions.budget_view import in_full, shown
from storage.records.budget import Amounts, Spending
from storage.records.config import Budget, SessionConfig, StrictBudget, TokenMetrics
from storage.records.session import Session
from storage.records.workspace import WorkspaceSettings
from tests.actors.decisions.given import Play

SPENT = Amounts(tokens=750, usd=Decimal("0.5"), tool_calls=3)


def session(budget: Budget | None = None, **fields: Any) -> Session:
    fields = {"config": SessionConfig(budget=budget), "spending": Spending(spent=SPENT), **fields}
    return replace(Play.of().session, **fields)


def test_the_limit_that_is_nearest_to_its_end_is_named() -> None:
    view = shown(session(Budget(tokens=1000, usd=Decimal(1), tool_calls=0)), WorkspaceSettings())
    assert (view["limit"], view["share"], view["limits_from"]) == ("tokens", 0.75, "session")
    assert view["spent"]["tokens"] == 750
    assert view["own"] == {
        "tokens": 0, "usd": 0, "tool_calls": 0, "wall_seconds": 0.0, "unpriced_calls": 0
    }  # fmt: skip


def test_a_limit_of_the_workspace_is_said_to_be_one() -> None:
    settings = WorkspaceSettings(budget=StrictBudget(tool_calls=4))
    view = shown(session(spending=None), settings)
    assert (view["limit"], view["share"], view["limits_from"]) == ("tool_calls", 0.0, "workspace")


def test_without_limits_there_is_no_share() -> None:
    view = shown(session(), WorkspaceSettings())
    assert (view["limits"], view["limits_from"], view["share"]) == (None, None, None)
    assert shown(session(Budget()), WorkspaceSettings())["share"] is None


def test_what_it_used_itself_is_told_also_where_nothing_is_limited() -> None:
    metrics = TokenMetrics(total_tokens=12, estimated_cost=Decimal("0.25"))
    view = shown(session(metrics=metrics, spending=None), WorkspaceSettings())
    assert view["used"] == {"tokens": 12, "usd": Decimal("0.25")}


def test_budgets_above_are_those_of_sessions_that_have_one() -> None:
    nothing = WorkspaceSettings()
    line = [
        (session(id="a"), nothing),
        (session(id="b"), nothing),
        (session(Budget(tokens=1500), id="c", title="C"), nothing),
    ]
    view = in_full(line)
    assert (view["session_id"], view["limits"]) == ("a", None)
    assert [(each["session_id"], each["share"]) for each in view["above"]] == [("c", 0.5)]
