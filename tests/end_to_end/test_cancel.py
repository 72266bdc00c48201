"""Ctrl-C of `send`: the model is left, the session goes on, and another `send` is answered."""

import json
import signal
import subprocess
import sys
from typing import Any

from tests.end_to_end.conftest import RUN, House
from tests.peers.message_streams import text
from tests.peers.messages_rules import broken_rule
from tests.peers.messages_server import MessagesServer

SECONDS = 60.0


def spawn_send(house: House, words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(RUN), "--data", str(house.data), "send", "talk", words],
        env=house.environ,
        cwd=house.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def talk(house: House, server: MessagesServer) -> None:
    house.environ["ANTHROPIC_API_KEY"] = "a key"
    provider = {"base_url": server.url, "default_model": "claude-sonnet-5-5"}
    house.workspace({"models": {"providers": {"anthropic": provider}}})
    house.run("start")
    house.run("new", str(house.home), "--conversation", "--title", "talk")


def test_ctrl_c_leaves_the_model_and_the_next_message_is_answered(house: House) -> None:
    line = "the first line\n"
    endless = text(line * 100).slowly(0.2)
    with MessagesServer([endless, text("here again")]) as server:
        talk(house, server)
        sending = spawn_send(house, "go on")
        assert sending.stdout is not None
        assert sending.stdout.readline() == line
        sending.send_signal(signal.SIGINT)
        _, said = sending.communicate(timeout=SECONDS)
        assert (sending.returncode, said.splitlines()[-1]) == (1, "greenroom: cancelled")
        assert server.cut_off.wait(SECONDS)
        assert house.run("send", "talk", "and now?").stdout == "here again\n"
        assert broken_rule(server.requests[-1].body) is None
        rounds: list[Any] = house.data_of({"type": "get-history", "session": "talk"})["rounds"]
        assert [one["status"] for one in rounds] == ["cancelled", "completed"]


def test_messages_wait_in_order_and_one_that_waits_can_be_taken_back(house: House) -> None:
    slowly = text("the first answer\n" * 20).slowly(0.4)
    with MessagesServer([slowly, text("the third answer")]) as server:
        talk(house, server)
        first = spawn_send(house, "one")
        house.wait(lambda: server.requests, "the first request")
        second = spawn_send(house, "two")
        house.wait(lambda: house.json("status")["sessions"][0]["open_requests"] == 2)
        third = spawn_send(house, "three")
        house.wait(lambda: house.json("status")["sessions"][0]["open_requests"] == 3)
        assert second.stderr is not None
        assert "queued; the session is busy" in second.stderr.readline()
        second.send_signal(signal.SIGINT)
        second.communicate(timeout=SECONDS)
        assert second.returncode == 1
        assert first.communicate(timeout=SECONDS)[0].startswith("the first answer")
        assert third.communicate(timeout=SECONDS)[0] == "the third answer\n"
        sent = [message["content"] for message in server.requests[-1].body["messages"]]
        assert "two" not in json.dumps(sent)
