"""Budgets of the real daemon: through the command line and files, over a kill, at the model."""

import json
import signal
import subprocess
from typing import Any

from tests.end_to_end.conftest import House
from tests.peers import message_streams as streams
from tests.peers.messages_server import MessagesServer


def set_up(house: House, server: MessagesServer, **settings: Any) -> None:
    house.environ["ANTHROPIC_API_KEY"] = "key"
    providers = {"anthropic": {"base_url": server.url}}
    house.workspace({"models": {"providers": providers}, **settings})


def budget_of(house: House, session: str) -> Any:
    return house.data_of({"type": "get-budget", "session": session})


def kill(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()


def test_a_call_cut_off_by_a_kill_counts_and_is_not_made_again(house: House) -> None:
    with MessagesServer(lambda _: streams.text("Hello").slowly(30)) as server:
        set_up(house, server)
        daemon = house.daemon()
        house.run("new", str(house.home), "--conversation", "--title", "talk")
        house.run("budget", "talk", "--tokens", "9000")
        house.run("send", "talk", "hi", "--no-wait")
        house.wait(lambda: server.requests, "the call")
        kill(daemon)
        house.daemon()
        rounds = house.wait(
            lambda: [
                one
                for one in house.data_of({"type": "get-history", "session": "talk"})["rounds"]
                if one["status"] == "failed"
            ],
            "the end of the request",
        )
        counted = budget_of(house, "talk")
    assert rounds[0]["failure"]["code"] == "budget-exceeded"
    assert len(server.requests) == 1
    used = counted["spent"]["tokens"] + counted["reserved"]["tokens"]
    assert used == server.counted_tokens + server.requests[0].body["max_tokens"]


def test_a_budget_is_set_and_seen_from_a_file(house: House) -> None:
    with MessagesServer(lambda _: streams.text("Hello")) as server:
        set_up(house, server, budget={"tokens": 100})
        daemon = house.daemon()
        house.run("new", str(house.home), "--conversation", "--title", "talk")
        asked = {"type": "request", "session": "talk", "content": "hi"}
        refused = house.answer("first", asked)
        assert (refused["ok"], refused["error"]["code"]) == (False, "budget-exceeded")
        assert refused["error"]["data"]["text"] == ""
        assert server.requests == []
        changes = {"config": {"budget": {"tokens": 40_000, "usd": 2}}}
        update = {"type": "update-session", "session": "talk", "updates": changes}
        assert house.answer("raise", update)["ok"]
        assert house.answer("second", asked)["data"]["text"] == "Hello"
        kill(daemon)
        house.daemon()
        counted = budget_of(house, "talk")
        usage = counted["spent"]
        shown = house.json("budget", "talk", "--usd", "none")["data"]
        tree = house.run("status").stdout
    assert (usage["tokens"], usage["unpriced_calls"]) == (42, 0)
    assert 0 < usage["usd"] < 0.01
    assert shown["limits"]["usd"] is None
    assert shown["limits"]["tokens"] == 40_000
    assert "0 % of its tokens spent" in tree

    def stored() -> Any:
        file = json.loads((house.data / "workspaces/default/sessions.json").read_bytes())
        return file["sessions"][0]["spending"]["spent"]["tokens"] == 42

    house.wait(stored, "sessions.json")


def test_the_line_is_crossed_once_and_told(house: House) -> None:
    with MessagesServer(lambda _: streams.text("Hello")) as server:
        set_up(house, server)
        house.daemon()
        house.run("new", str(house.home), "--conversation", "--title", "talk")
        house.run("budget", "talk", "--tool-calls", "5", "--tokens", "1300")
        house.run("send", "talk", "hi")
        house.run("budget", "talk", "--tokens", "50")
        journal = next((house.data / "workspaces/default/sessions").glob("*/journal.jsonl"))
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
    events = [event for line in lines for event in line.get("events", [])]
    told = [event for event in events if event["type"] == "budget-warning"]
    assert told == [{"type": "budget-warning", "limit": "tokens", "share": 0.84}]
    refused = house.run("send", "talk", "more", expect=1)
    assert "raise it with: greenroom budget" in refused.stderr
    assert len(server.requests) == 1
