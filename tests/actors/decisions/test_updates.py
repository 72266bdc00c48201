from decimal import Decimal
from typing import Any

import pytest

from actors.decisions.decision import Draft
from actors.messages import effects as f
from storage.records import event as e
from storage.records import request as r
from storage.records.budget import Amounts, Spending
from storage.records.config import Budget, Limits, SessionConfig
from tests.actors.decisions.given import ID, WINDOW, Play, answer, talking, terminal


def update(play: Play, **updates: Any) -> Any:
    return answer(play.decide(r.UpdateSession(session=ID, updates=updates)), play.state)


@pytest.mark.parametrize(
    "name", ["id", "type", "created_at", "updated_at", "messages", "workers", "status"]
)
def test_what_is_given_once_cannot_be_set(name: str) -> None:
    refusal = talking().refused(r.UpdateSession(session=ID, updates={name: "x"}))
    assert (refusal.code, refusal.path) == ("read-only-field", f"$.updates.{name}")


@pytest.mark.parametrize(
    ("updates", "path"),
    [
        ({"colour": "red"}, "$.updates.colour"),
        ({"title": ""}, "$.updates.title"),
        ({"title": 5}, "$.updates.title"),
        ({"title": "x" * 201}, "$.updates.title"),
        ({"desired": "walk"}, "$.updates.desired"),
        ({"is_active": "yes"}, "$.updates.is_active"),
        ({"metadata": [1]}, "$.updates.metadata"),
        ({"config": None}, "$.updates.config"),
        ({"config": {"temperature": 1.5}}, "$.updates.config.temperature"),
        ({"config": {"budget": {"tokens": -1}}}, "$.updates.config.budget.tokens"),
        ({"config": {"limits": {"processes": 0}}}, "$.updates.config.limits.processes"),
        ({"config": {"limits": {"processes": 2.5}}}, "$.updates.config.limits.processes"),
        ({"config": {"limits": {"memory_bytes": 2}}}, "$.updates.config.limits"),
        ({"config": {"limits": {"forks": 2}}}, "$.updates.config.limits"),
        ({"config": {"limits": 2}}, "$.updates.config.limits"),
        ({"config": {"modle": "x"}}, "$.updates.config.modle"),
        ({"metrics": {"prompt_tokens": "many"}}, "$.updates.metrics.prompt_tokens"),
        ({"metrics": {"prompt_tokens": -1}}, "$.updates.metrics.prompt_tokens"),
        ({"metrics": {"tokens": 1}}, "$.updates.metrics.tokens"),
        ({"desired": "run", "is_active": True}, "$.updates.is_active"),
    ],
)
def test_what_is_unknown_or_of_a_wrong_type_is_refused_with_its_path(
    updates: dict[str, Any], path: str
) -> None:
    refusal = talking().refused(r.UpdateSession(session=ID, updates=updates))
    assert (refusal.code, refusal.path) == ("bad-request", path)


def test_a_word_that_may_not_stand_there_is_refused_with_those_that_may() -> None:
    updates = {"config": {"context_strategy": "sumarize"}}
    refusal = talking().refused(r.UpdateSession(session=ID, updates=updates))
    assert refusal.path == "$.updates.config.context_strategy"
    assert refusal.message == ("'sumarize' is none of: adaptive, relevance, summarize, truncate")


def test_one_wrong_field_refuses_the_whole_update() -> None:
    play = talking()
    play.refused(r.UpdateSession(session=ID, updates={"title": "new", "id": "x"}))
    assert play.events == []


def test_fields_are_set_in_one_event() -> None:
    play = talking()
    session = update(play, title="new", metadata={"a": 1})
    assert (session.title, session.metadata) == ("new", {"a": 1})
    assert play.events == [e.SessionUpdated({"title": "new", "metadata": {"a": 1}})]


def test_metadata_is_replaced_whole() -> None:
    play = talking()
    update(play, metadata={"a": {"x": 1}, "b": 2})
    assert update(play, metadata={"a": {"y": 1}}).metadata == {"a": {"y": 1}}
    assert update(play, metadata={}).metadata == {}


def test_config_is_merged_and_null_unsets() -> None:
    play = talking(effort="low")
    assert update(play, config={"effort": None, "max_tokens": 5}).config == SessionConfig(
        model="known", max_tokens=5
    )
    changes = {"effort": None, "max_tokens": 5}
    assert play.events == [
        e.SessionConfigUpdated(changes),
        e.SessionUpdated({"config": changes}),
    ]


def test_limits_are_changed_one_by_one_and_lifted_by_a_null() -> None:
    play = Play.of()
    update(play, config={"limits": {"processes": 5}})
    update(play, config={"limits": {"memory_bytes": 2**30}})
    assert play.session.config == SessionConfig(limits=Limits(processes=5, memory_bytes=2**30))
    update(play, config={"limits": {"processes": None}})
    assert play.session.config == SessionConfig(limits=Limits(memory_bytes=2**30))
    update(play, config={"limits": {"memory_bytes": None}})
    assert play.session.config == SessionConfig()


def test_a_budget_is_changed_limit_by_limit() -> None:
    play = talking()
    update(play, config={"budget": {"tokens": 500, "usd": "2.5"}})
    update(play, config={"budget": {"usd": None, "tool_calls": 0}})
    assert play.session.config is not None
    assert play.session.config.budget == Budget(tokens=500, tool_calls=0)
    assert play.events[-2] == e.SessionConfigUpdated({"budget": {"tokens": 500, "tool_calls": 0}})
    assert update(play, config={"budget": {}}).config == play.session.config
    assert update(play, config={"budget": None}).config == SessionConfig(model="known")


def test_what_was_used_before_there_was_a_budget_is_shown_from_the_start() -> None:
    play = talking()
    update(play, metrics={"prompt_tokens": 30, "completion_tokens": 5})
    assert update(play, config={"budget": {"tokens": 40}}).spending == Spending(
        spent=Amounts(tokens=35), own=Amounts(tokens=35)
    )
    assert play.events[-1] == e.BudgetWarning("tokens", 35 / 40)


@pytest.mark.parametrize(
    ("limit", "wrong", "path"),
    [
        ("usd", "NaN", "$.updates.config.budget"),
        ("usd", -1, "$.updates.config.budget"),
        ("tokens", -1, "$.updates.config.budget.tokens"),
        ("wall_seconds", -0.5, "$.updates.config.budget.wall_seconds"),
        ("usd", "1e400", "$.updates.config.budget"),
        ("usd", "1e9999999", "$.updates.config.budget"),
        ("tokens", 10**400, "$.updates.config.budget"),
        ("tool_calls", 2**53 + 1, "$.updates.config.budget"),
        ("wall_seconds", float("inf"), "$.updates.config.budget"),
        ("gold", 1, "$.updates.config.budget"),
    ],
)
def test_an_odd_limit_is_refused(limit: str, wrong: object, path: str) -> None:
    updates = {"config": {"budget": {limit: wrong}}}
    refusal = talking().refused(r.UpdateSession(session=ID, updates=updates))
    assert (refusal.code, refusal.path) == ("bad-request", path)


@pytest.mark.parametrize(("limit", "recorded"), [("usd", "1e400"), ("tokens", 10**400)])
def test_a_limit_beyond_reckoning_that_was_recorded_once_can_be_lifted(
    limit: str, recorded: object
) -> None:
    play = talking()
    draft = Draft(play.state, play.given)
    draft.add(e.SessionConfigUpdated({"budget": {limit: recorded, "tool_calls": 4}}))
    play = Play(draft.state)
    assert update(play, config={"budget": {limit: None}}).config.budget == Budget(tool_calls=4)


def test_a_session_without_conversation_takes_a_config() -> None:
    assert update(Play.of(), config={"model": "x"}).config == SessionConfig(model="x")


def test_metrics_are_merged_and_their_total_follows() -> None:
    play = talking()
    update(play, metrics={"prompt_tokens": 7, "completion_tokens": 3})
    update(play, metrics={"price_source": "my bill"})
    metrics = update(play, metrics={"prompt_tokens": 10, "estimated_cost": 0.5}).metrics
    assert metrics.price_source == "my bill"
    assert (metrics.total_tokens, metrics.completion_tokens) == (13, 3)
    assert metrics.estimated_cost == Decimal("0.5")
    assert play.events[-1] == e.SessionUpdated(
        {"metrics": {"prompt_tokens": 10, "estimated_cost": 0.5}}
    )


def test_metrics_set_by_hand_can_be_critical() -> None:
    play = talking()
    update(play, metrics={"context_utilization": 0.9, "max_context_window": WINDOW})
    assert play.told(e.ContextWindowCritical) == [e.ContextWindowCritical(0.9, WINDOW)]


@pytest.mark.parametrize("updates", [{}, {"config": {}}, {"metrics": {}}])
def test_an_empty_update_writes_nothing(updates: dict[str, Any]) -> None:
    play = talking()
    update(play, **updates)
    assert play.events == []


@pytest.mark.parametrize(
    ("updates", "desired", "status"),
    [
        ({"is_active": False}, "paused", "paused"),
        ({"is_active": True}, "run", "active"),
        ({"desired": "paused"}, "paused", "paused"),
        ({"desired": "stopped"}, "stopped", "inactive"),
    ],
)
def test_activity_is_what_the_user_wants(
    updates: dict[str, Any], desired: str, status: str
) -> None:
    session = update(talking(), **updates)
    assert (session.desired, session.status) == (desired, status)


def test_what_is_wanted_is_done() -> None:
    play = Play.of(terminal())
    update(play, title="off", desired="stopped")
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]


def test_an_archived_session_is_not_run_by_an_update() -> None:
    play = talking()
    play.decide(r.ArchiveSession(session=ID))
    refusal = play.refused(r.UpdateSession(session=ID, updates={"is_active": True}))
    assert refusal.code == "session-archived"
    assert update(play, title="kept").title == "kept"
