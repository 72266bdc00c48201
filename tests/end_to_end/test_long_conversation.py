"""A conversation longer than its model's window, through a daemon that is killed in between."""

import signal
from typing import Any

from tests.end_to_end.conftest import House
from tests.peers.messages_rules import blocks, broken_rule
from tests.peers.narrow_model import NarrowModel

MOST_ROUNDS = 40


def texts(body: dict[str, Any]) -> str:
    said = [block for message in body["messages"] for block in blocks(message)]
    return "\n".join(block["text"] for block in said if block["type"] == "text")


def test_a_summary_is_used_again_after_a_kill(house: House) -> None:
    model = NarrowModel()
    with model.server() as server:
        house.environ["ANTHROPIC_API_KEY"] = "a key"
        house.workspace({"models": {"providers": {"anthropic": {"base_url": server.url}}}})
        running = house.daemon()
        config = {"max_tokens": 200, "context_strategy": "summarize"}
        made = {"location_path": str(house.home), "worker": {"type": "conversation"}}
        session = house.data_of({"type": "create-session", "config": config, **made})["id"]

        def ask(content: str) -> None:
            house.data_of({"type": "request", "session": session, "content": content})

        for number in range(MOST_ROUNDS):
            if not model.summaries:
                ask(f"question {number}: {'and then? ' * 30}")
        assert "question 1:" in texts(model.summaries[0])
        running.send_signal(signal.SIGKILL)
        running.wait()
        house.daemon()
        ask("and after the kill?")
        assert len(model.summaries) == 1
        sent = texts(model.asked[-1])
        for part in ("question 0:", "summary number 1", "and after the kill?"):
            assert part in sent
        assert "question 1:" not in sent
        assert [broken_rule(body) for body in model.asked] == [None] * len(model.asked)
        assert model.refused == 0
        shown = house.run("history", session).stdout
        assert "summary number 1" in shown
        assert house.run("verify").returncode == 0
