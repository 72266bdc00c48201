from typing import Any

import pytest

from actors.cli.turn_phrases import cost_phrase, end_phrase, waiting_phrase


def test_a_call_that_waits_says_until_when_and_why() -> None:
    waiting = {"waits_until": "2026-11-21T12:00:05Z", "error": "It is overloaded."}
    phrase = waiting_phrase(waiting)
    assert phrase.startswith("asked again at 2026-11-2")
    assert phrase.endswith(":05: It is overloaded.")
    assert waiting_phrase({"until": waiting["waits_until"], "error": "x"}).startswith("asked again")
    assert waiting_phrase({"error": "x"}) == ""


@pytest.mark.parametrize(
    ("turn", "phrase"),
    [
        ({}, ""),
        ({"usage": {"prompt_tokens": 1}}, "cost unknown"),
        ({"usage": {"prompt_tokens": 1}, "cost": {"usd": 0.5}}, "$0.5000"),
        (
            {"usage": {"prompt_tokens": 1}, "estimated": True, "retries": 2},
            "cost unknown, estimated, asked 3 times",
        ),
    ],
)
def test_the_cost_is_known_unknown_or_an_estimate(turn: dict[str, Any], phrase: str) -> None:
    assert cost_phrase(turn) == phrase


@pytest.mark.parametrize(
    ("reason", "said"),
    [("max_tokens", "output limit"), ("refusal", "refused"), ("end_turn", ""), (None, "")],
)
def test_an_end_is_told_where_it_is_not_the_models_own(reason: str | None, said: str) -> None:
    phrase = end_phrase({"stop_reason": reason})
    assert said in phrase
    assert bool(phrase) is bool(said)
