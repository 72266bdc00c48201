"""A prompt reaches an agent's program once, whoever is killed meanwhile, or it is said."""

import json
from functools import partial
from typing import Any

import pytest

from tests.end_to_end.conftest import House
from tests.peers.agents import TypedAgent

TEXT = "Fix the login form, please; nobody knows why it is broken since yesterday."


def started(house: House, *options: str) -> TypedAgent:
    agent = TypedAgent(house.home / "said")
    house.workspace({"agents": [agent.definition(*options)]})
    house.run("start")
    house.run("new", "--agent", "typed", "--title", "fix")
    return agent


def delivery(house: House) -> Any:
    return house.worker("fix", "agent-1")["delivery"]


def over(house: House) -> Any:
    told = delivery(house)
    return told if told["state"] in {"accepted", "failed"} else None


def is_at_least(state: str, wanted: str) -> bool:
    """Some states last for milliseconds alone."""
    order = ("queued", "typing", "typed", "submitting", "submitted", "accepted", "failed")
    return order.index(state) >= order.index(wanted)


def _has_come_to(house: House, state: str) -> bool:
    return is_at_least(delivery(house)["state"], state)


def test_send_says_what_was_seen_and_fails_without_it(house: House) -> None:
    agent = started(house, "--plain")
    sent = house.run("send", "fix", TEXT)
    assert sent.stdout.startswith("accepted: it left the input line")
    assert "heard" in sent.stdout
    refused = house.run("send", "fix/agent-1", "two\nlines", expect=1)
    assert "the prompt was not accepted: nothing was typed" in refused.stderr
    assert "greenroom peek" in refused.stderr
    assert "prompt failed (prompt-not-accepted)" in house.run("status").stdout
    told = house.answer("sixth", {"type": "request", "session": "fix", "content": "And now?"})
    assert told["data"]["delivery"]["state"] == "accepted"
    queued = house.run("send", "fix", "--no-wait", "Once more.")
    assert queued.stdout.startswith("queued as ")
    house.wait(lambda: len(agent.said()) == 3, "the last one")
    assert agent.said() == [TEXT, "And now?", "Once more."]


@pytest.mark.parametrize("state", ["queued", "typing", "submitted"])
def test_a_daemon_that_is_killed_delivers_once(house: House, state: str) -> None:
    agent = started(house, "--slow", "1")
    answer = house.drop("job", {"type": "request", "session": "fix", "content": TEXT})
    house.wait(lambda: delivery(house)["state"] == state, state)
    house.kill_daemon()
    house.wait(answer.exists, "the answer")
    told = json.loads(answer.read_bytes())
    assert told["ok"], told
    assert told["data"]["delivery"]["state"] == "accepted"
    assert agent.said() == [TEXT]
    assert house.run("verify").returncode == 0


def test_whenever_it_is_killed_no_prompt_is_there_twice(house: House) -> None:
    agent = started(house, "--slow", "0.2")
    for number, state in enumerate(("queued", "typing", "typed", "submitting", "submitted")):
        text = f"This is the prompt with the number {number}."
        house.run("send", "fix", "--no-wait", text)
        house.wait(partial(_has_come_to, house, state), state)
        house.kill_daemon()
        told = house.wait(lambda: over(house), "the end of the delivery")
        times = {"accepted": {1}, "failed": {0}}[told["state"]]
        allowed = {0, 1} if told["code"] == "outcome-unknown" else times
        assert agent.said().count(text) in allowed, told
    assert len(agent.said()) == len(set(agent.said()))
