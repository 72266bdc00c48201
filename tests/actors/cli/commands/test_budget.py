from typing import Any

import pytest

from storage.records.config import GREATEST
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

NOTHING = {"tokens": 0, "usd": 0, "tool_calls": 0, "wall_seconds": 0.0, "unpriced_calls": 0}
BUDGET: dict[str, Any] = {
    "session_id": "abcd",
    "title": "T",
    "limits": {
        "tokens": 9000,
        "usd": None,
        "tool_calls": 5,
        "wall_seconds": None,
        "allow_unknown_prices": True,
    },
    "limits_from": "session",
    "spent": {**NOTHING, "tokens": 7650, "usd": 0.25, "unpriced_calls": 1},
    "own": {**NOTHING, "tokens": 650},
    "reserved": {**NOTHING, "tokens": 100, "wall_seconds": 1.5},
    "used": {"tokens": 1650, "usd": "0.25"},
    "limit": "tokens",
    "share": 0.85,
    "above": [{"session_id": "root", "title": "R", "limit": "usd", "share": 0.1}],
}
USED = (
    "used by itself so far: 1,650 tokens, $0.2500;"
    " calls, seconds and what it starts are counted once it has a limit"
)


def test_a_budget_is_a_table(run: Run, serve: Serve) -> None:
    daemon = serve(yes(BUDGET))
    outcome = run("budget", "T")
    assert [request["type"] for request in daemon.requests] == ["get-budget"]
    assert outcome.out.splitlines() == [
        "T abcd its own budget, 85 % of its tokens spent",
        "            LIMIT  LEFT   SPENT   OWN     BY OTHERS  SET ASIDE",
        "tokens      9,000  1,250  7,650   650     7,000      100",
        "US dollars  none          0.2500  0.0000  0.2500     0.0000",
        "tool calls  5      5      0       0       0          0",
        "seconds     none          0.0     0.0     0.0        1.5",
        "not in the dollars: 1 call of unknown price",
        "models of unknown price are allowed",
        "counts against R root, 10 % of its US dollars spent",
    ]


def test_a_session_without_one_says_so(run: Run, serve: Serve) -> None:
    nothing: dict[str, Any] = {
        "limits": None,
        "limits_from": None,
        "limit": None,
        "share": None,
        "above": [],
    }
    serve(yes({**BUDGET, **nothing}))
    assert run("budget", "T").out.splitlines() == ["T abcd no budget: nothing is limited", USED]


def test_a_session_that_was_never_asked_anything_has_used_nothing(run: Run, serve: Serve) -> None:
    unused: dict[str, Any] = {"limits": None, "above": [], "used": {"tokens": 0, "usd": None}}
    serve(yes({**BUDGET, **unused}))
    assert "used by itself so far: 0 tokens; calls," in run("budget", "T").out


def test_a_session_that_only_others_limit_says_which(run: Run, serve: Serve) -> None:
    nothing: dict[str, Any] = {"limits": None, "limits_from": None, "limit": None, "share": None}
    serve(yes({**BUDGET, **nothing}))
    assert run("budget", "T").out.splitlines() == [
        "T abcd no budget of its own",
        "counts against R root, 10 % of its US dollars spent",
        USED,
    ]


def test_what_it_counts_against_is_whole_also_before_anything_is_spent(
    run: Run, serve: Serve
) -> None:
    above = [{"session_id": "root", "title": "R", "limit": None, "share": None}]
    serve(yes({**BUDGET, "above": above}))
    assert run("budget", "T").out.splitlines()[-1] == "counts against R root"


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (("--tokens", "5000"), {"tokens": 5000}),
        (("--usd", "2.50", "--tool-calls", "0"), {"usd": "2.50", "tool_calls": 0}),
        (("--wall-seconds=90.5", "--tokens", "none"), {"wall_seconds": 90.5, "tokens": None}),
        (("--allow-unknown-prices",), {"allow_unknown_prices": True}),
        (("--refuse-unknown-prices",), {"allow_unknown_prices": False}),
    ],
)
def test_limits_are_set_and_lifted(
    run: Run, serve: Serve, words: tuple[str, ...], changes: dict[str, Any]
) -> None:
    daemon = serve(yes(BUDGET))
    assert run("budget", "T", *words).status == 0
    change, look = daemon.requests
    assert (change["type"], look["type"]) == ("update-session", "get-budget")
    assert change["updates"] == {"config": {"budget": changes}}


@pytest.mark.parametrize(
    "words",
    [
        ("--tokens", "many"),
        ("--usd", "five"),
        ("--allow-unknown-prices", "--refuse-unknown-prices"),
        ("",),
    ],
)
def test_what_is_no_limit_is_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("budget", *(words if words == ("",) else ("T", *words))).status == 2


@pytest.mark.parametrize("limit", GREATEST)
@pytest.mark.parametrize("number", ["9" * 400, "-1"])
def test_a_limit_beyond_what_can_be_asked_for_is_not_sent(
    run: Run, limit: str, number: str
) -> None:
    outcome = run("budget", "T", f"--{limit.replace('_', '-')}={number}")
    assert outcome.status == 2
    assert f"from 0 to {GREATEST[limit]:,}, or none to lift it" in outcome.err


def test_a_session_that_is_not_there_is_status_1(run: Run, serve: Serve) -> None:
    serve(no("session-not-found", "Session not found with ID: T"))
    outcome = run("budget", "T")
    assert (outcome.status, outcome.out) == (1, "")
    assert "Session not found" in outcome.err
