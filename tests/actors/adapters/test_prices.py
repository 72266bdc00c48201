from decimal import Decimal

from actors.adapters.prices import (
    calculate_cost,
    context_window,
    cost,
    get_context_window_size,
)
from storage.records.conversation import Usage

USAGE = Usage(prompt_tokens=22, completion_tokens=3, cache_read_tokens=7, cache_write_tokens=5)


def test_windows_come_from_the_offline_table() -> None:
    assert get_context_window_size("gpt-4") == 8192
    assert context_window("claude-sonnet-5-5", "anthropic") == 1_000_000


def test_an_unknown_model_or_provider_has_neither_window_nor_price() -> None:
    assert get_context_window_size("no-such-model") is None
    assert cost(USAGE, "no-such-model", "anthropic") is None
    assert cost(USAGE, "scripted", "scripted") is None
    assert calculate_cost(1, 1, "no-such-model") is None


def test_cached_tokens_are_part_of_the_prompt_cheaper_to_read_and_dearer_to_write() -> None:
    model, prompt = "claude-sonnet-5-5", 1_000_000
    plain = calculate_cost(prompt, 0, model)
    assert plain == Decimal(2)
    read = calculate_cost(prompt, 0, model, cache_read=prompt)
    written = calculate_cost(prompt, 0, model, cache_write=prompt)
    assert read is not None
    assert written is not None
    assert read < plain < written


def test_a_cost_names_its_table() -> None:
    known = cost(USAGE, "claude-sonnet-5-5", "anthropic")
    assert known is not None
    assert known.source.startswith("genai-prices 0.")


def test_the_public_function_asks_the_same_table() -> None:
    known = cost(USAGE, "claude-sonnet-5-5", "anthropic")
    assert known is not None
    assert calculate_cost(22, 3, "claude-sonnet-5-5", 7, 5) == known.usd
    assert calculate_cost(0, 0, "claude-sonnet-5-5") == 0
