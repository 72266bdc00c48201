"""What changes a session's state, the same by every way: updates, numbers, beginnings, configs."""

from typing import Any

import pytest

from actors import library
from tests.contract.ways import Caller

HELLO = {"role": "user", "content": "hello"}


# 7. Updates.


@pytest.mark.parametrize("field", ["id", "created_at", "messages", "workers"])
def test_some_fields_cannot_be_set(caller: Caller, field: str) -> None:
    session_id = caller.gpt()
    error = caller.refused("update-session", session=session_id, updates={field: "x", "title": "y"})
    assert (error.code, error.path) == ("read-only-field", f"$.updates.{field}")
    assert caller.get(session_id)["title"] != "y"


def test_config_and_metrics_are_merged_one_level_deep_and_metadata_is_replaced(
    caller: Caller,
) -> None:
    session_id = caller.gpt(effort="low")
    updates = {
        "config": {"effort": None, "temperature": 0.5},
        "metrics": {"prompt_tokens": 5},
        "metadata": {"a": {"b": 1}},
    }
    caller.done("update-session", session=session_id, updates=updates)
    found = caller.done("update-session", session=session_id, updates={"metadata": {"c": 2}})
    assert found["config"] == {"provider": "openai", "model": "gpt-4", "temperature": 0.5}
    assert (found["metrics"]["prompt_tokens"], found["metrics"]["total_tokens"]) == (5, 5)
    assert found["metadata"] == {"c": 2}


def test_every_write_moves_the_time_of_the_last_change(caller: Caller) -> None:
    session_id = caller.gpt()
    times = [caller.get(session_id)["updated_at"]]
    writes: list[tuple[str, dict[str, Any]]] = [
        ("update-session", {"updates": {"title": "x"}}),
        ("add-message", {"message": {**HELLO, "id": "mine"}}),
        ("update-message", {"message_id": "mine", "updates": {"metadata": {"seen": True}}}),
        ("update-token-metrics", {"prompt_tokens": 1}),
    ]
    for kind, fields in writes:
        times.append(caller.done(kind, session=session_id, **fields)["updated_at"])
    assert times == sorted(set(times))


# 8. Numbers.


def test_tokens_add_up_and_the_last_call_alone_fills_the_window(caller: Caller) -> None:
    session_id = caller.gpt()
    caller.done(
        "update-token-metrics", session=session_id, prompt_tokens=4000, completion_tokens=80
    )
    metrics = caller.done("update-token-metrics", session=session_id, prompt_tokens=4096)["metrics"]
    assert (metrics["prompt_tokens"], metrics["completion_tokens"]) == (8096, 80)
    assert metrics["total_tokens"] == 8176
    assert (metrics["context_utilization"], metrics["max_context_window"]) == (0.5, 8192)
    expected = library.calculate_cost(8096, 80, "gpt-4")
    assert expected is not None
    assert metrics["estimated_cost"] == pytest.approx(float(expected))
    assert metrics["price_source"].startswith("genai-prices")
    assert caller.types(session_id).count("context-window-critical") == 0


def test_a_full_window_is_told_once_per_crossing(caller: Caller) -> None:
    session_id = caller.gpt()
    seen = []
    for percent in (80, 81, 95, 76, 90, 74, 85):
        tokens = 8192 * percent // 100
        kinds = caller.new_types(session_id, "update-token-metrics", prompt_tokens=tokens)
        seen.append((percent, kinds[1:]))
    critical = ["context-window-critical"]
    assert seen == [
        (80, []),
        (81, critical),
        (95, []),
        (76, []),
        (90, []),
        (74, []),
        (85, critical),
    ]


def test_counts_below_zero_are_refused(caller: Caller) -> None:
    error = caller.refused("update-token-metrics", session=caller.gpt(), prompt_tokens=-1)
    assert (error.code, error.path) == ("bad-request", "$.prompt_tokens")


# 9. How a session begins.


@pytest.mark.parametrize(("prompt", "count"), [({"system_prompt": "be brief"}, 1), ({}, 0)])
def test_a_session_begins_with_its_system_prompt_alone(
    caller: Caller, prompt: dict[str, str], count: int
) -> None:
    session_id = caller.gpt(**prompt)
    messages = caller.done("get-messages", session=session_id)["messages"]
    assert [message["role"] for message in messages] == ["system"] * count
    assert caller.types(session_id) == ["session-created"]
    metrics = caller.get(session_id)["metrics"]
    assert not any(metrics.values())


# 11. What is not known is null.


def test_an_unknown_model_has_no_window_no_price_and_no_alarm(caller: Caller) -> None:
    made = caller.create(config={"provider": "openai", "model": "no-such-model"})
    kinds = caller.new_types(made["id"], "update-token-metrics", prompt_tokens=10**6)
    assert kinds == ["token-metrics-updated"]
    metrics = caller.get(made["id"])["metrics"]
    assert metrics["prompt_tokens"] == 10**6
    unknown = ("context_utilization", "max_context_window", "estimated_cost", "price_source")
    assert [metrics[name] for name in unknown] == [None] * 4


# 12. Configs.


@pytest.mark.parametrize("temperature", [-0.1, 1.1])
def test_a_temperature_outside_its_range_is_refused(caller: Caller, temperature: float) -> None:
    config = {"temperature": temperature}
    error = caller.refused("create-session", location_path=str(caller.place), config=config)
    assert (error.code, error.path) == ("bad-request", "$.config.temperature")
    session_id = caller.gpt()
    error = caller.refused("update-session", session=session_id, updates={"config": config})
    assert (error.code, error.path) == ("bad-request", "$.updates.config.temperature")
    assert "temperature" not in caller.get(session_id)["config"]


@pytest.mark.parametrize(
    ("config", "path"),
    [({"provder": "x"}, "$.config.provder"), ({"budget": {"euros": 1}}, "$.config.budget.euros")],
)
def test_a_config_field_that_there_is_not_is_refused(
    caller: Caller, config: dict[str, Any], path: str
) -> None:
    error = caller.refused("create-session", location_path=str(caller.place), config=config)
    assert (error.code, error.path) == ("bad-request", path)


def test_no_tools_is_not_all_tools(caller: Caller) -> None:
    assert caller.get(caller.gpt(tools=[]))["config"]["tools"] == []
    assert "tools" not in caller.get(caller.gpt())["config"]
