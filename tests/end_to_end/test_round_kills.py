"""The daemon is killed with SIGKILL at every line of the journal of a round with two tool calls.

Model and tools are real servers: the Messages protocol over HTTP, which keeps what it was sent, and
an MCP server whose tools leave lines in a file outside. After each kill the round goes on; what is
sent is a valid history, no call that writes is made twice, and what nobody knows is said so.
"""

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from actors.cli.connection import Connection
from actors.cli.failures import CommandError
from actors.decisions.history import UNKNOWN_OUTCOME
from tests.end_to_end.conftest import ROOT, House
from tests.peers.message_streams import Answer, stream, text, tool_block
from tests.peers.messages_rules import blocks, broken_rule, results
from tests.peers.messages_server import MessagesServer

PEERS = ROOT / "tests" / "peers"
READER_AND_WRITER = ("look", "note")
MIXES: list[tuple[str, ...]] = [READER_AND_WRITER, ("note", "note"), ("look", "look")]
MOST_LINES = 60
"""A round with two calls takes a fraction of it."""
FIRST_CALLS_LINE = 3
"""Before it stand the request and the model's turn."""
PATIENCE_SECONDS = 60.0


class Model:
    """Asks for the tools of `mix`, each call under a number of its own, then says: done."""

    def __init__(self) -> None:
        self.mix: tuple[str, ...] = READER_AND_WRITER
        self._numbers = itertools.count(1)

    def __call__(self, body: dict[str, Any]) -> Answer:
        if any(block["type"] == "tool_result" for block in blocks(body["messages"][-1])):
            return text("done")
        calls = []
        for tool in self.mix:
            number = next(self._numbers)
            arguments = json.dumps({"text": f"number {number}"})
            calls.append(tool_block(f"ledger__{tool}", arguments, f"toolu_{number}"))
        return stream(calls, "tool_use")


class Rounds:
    """A session whose daemon can be told at which line it is to die. `faults`: of the next one."""

    def __init__(self, house: House, server: MessagesServer, model: Model) -> None:
        self.house = house
        self.server = server
        self.model = model
        self.ledger = house.home / "ledger"
        self.ledger.touch()
        self.faults: list[str] = []
        self._orders = house.home / "orders"
        self._order("nobody", 0, "before")
        house.environ["ANTHROPIC_API_KEY"] = "a key"
        provider = {"base_url": server.url, "default_model": "claude-sonnet-5-5"}
        tools = [str(PEERS / "mcp_ledger.py"), str(self.ledger)]
        house.workspace(
            {
                "models": {"providers": {"anthropic": provider}},
                "mcp_servers": {
                    "ledger": {
                        "command": sys.executable,
                        "args": tools,
                        "auto_approve": True,
                        "trust_hints": True,
                    }
                },
            }
        )
        self.running = self.start()
        self.session: str = house.data_of(
            {
                "type": "create-session",
                "location_path": str(house.home),
                "worker": {"type": "conversation"},
            }
        )["id"]

    def start(self) -> "subprocess.Popen[bytes]":
        script = [str(PEERS / "mortal_daemon.py"), str(self._orders), *self.faults]
        return self.house.daemon(*script)

    def _order(self, session: str, line: int, phase: str) -> None:
        fresh = self._orders.with_suffix(".new")
        fresh.write_text(json.dumps({"session": session, "line": line, "phase": phase}))
        fresh.rename(self._orders)

    def killed_at(self, line: int, phase: str) -> bool:
        """A request during which the daemon dies there, and the next daemon; False if the round
        came to its end before that line.
        """
        self._order(self.session, line, phase)
        answer = self._ask("go on")
        self._order("nobody", 0, "before")
        if answer is not None:
            return False
        self.running.wait(PATIENCE_SECONDS)
        self.running = self.start()
        self.house.wait(self._is_at_rest, "the end of the round", PATIENCE_SECONDS)
        return True

    def _ask(self, content: str) -> dict[str, Any] | None:
        """The answer, None if the daemon died before it gave one."""
        request = {"type": "request", "session": self.session, "content": content}
        try:
            with Connection(str(self.house.data)) as connection:
                return connection.ask(request)
        except CommandError as error:
            if error.code == "connection-lost":
                return None
            raise

    def _is_at_rest(self) -> bool:
        record = self.house.data_of({"type": "get-session", "session": self.session})
        return bool(record["open_requests"] == 0)

    def history(self) -> list[Any]:
        asked = {"type": "get-history", "session": self.session}
        found: list[Any] = self.house.data_of(asked)["rounds"]
        return found

    # What must hold.

    def assert_sound(self) -> None:
        for request in self.server.requests:
            assert broken_rule(request.body) is None
        rounds = self.history()
        noted = Counter(self.ledger.read_text().splitlines())
        calls = _calls(rounds)
        told = results(self.server.requests[-1].body)
        for call in calls:
            self._assert_honest(call, noted, told)
        assert set(noted) <= {_line(call) for call in calls}
        for one in rounds:
            _assert_ended(one)
        self._assert_numbers(rounds)

    def _assert_honest(
        self, call: Any, noted: Counter[str], told: dict[str, tuple[str, bool]]
    ) -> None:
        line = _line(call)
        result = (call["result"]["content"], call["result"].get("is_error", False))
        if call["tool_call_id"] in told:
            assert told[call["tool_call_id"]] == result
        if call["status"] == "unknown":
            assert line.startswith("note")
            assert noted[line] <= 1
            assert result == (UNKNOWN_OUTCOME, True)
        else:
            assert call["status"] == "completed"
            assert noted[line] == 1 or (line.startswith("look") and noted[line] == 2)

    def unknown_writes(self) -> set[int]:
        """How often calls were made whose outcome is not known."""
        noted = Counter(self.ledger.read_text().splitlines())
        return {
            noted[_line(call)] for call in _calls(self.history()) if call["status"] == "unknown"
        }

    def _assert_numbers(self, rounds: list[Any]) -> None:
        used = [turn["usage"] for one in rounds for turn in one["turns"]]
        record = self.house.data_of({"type": "get-session", "session": self.session})
        for kind in ("prompt_tokens", "completion_tokens"):
            assert record["metrics"][kind] == sum(usage[kind] for usage in used)
        (worker,) = record["workers"]
        assert (record["status"], worker["status"]) == ("active", "running")


def _calls(rounds: list[Any]) -> list[Any]:
    return [call for one in rounds for turn in one["turns"] for call in turn.get("tool_calls", ())]


def _line(call: Any) -> str:
    """What it leaves in the ledger."""
    return f"{call['name'].partition('.')[2]} {call['args']['text']}"


def _assert_ended(one: Any) -> None:
    """A round that one crash has cut at most once is answered all the same."""
    assert one["status"] == "completed"
    assert one["turns"][-1]["content"][-1]["text"] == "done"
    cut = [turn for turn in one["turns"] if turn["status"] == "interrupted"]
    assert len(cut) == one.get("cuts", 0) <= 1
    assert all(turn["estimated"] and turn["usage"]["prompt_tokens"] for turn in cut)


@pytest.fixture
def rounds(house: House) -> Iterator[Rounds]:
    model = Model()
    with MessagesServer(model) as server:
        made = Rounds(house, server, model)
        yield made
        made.house.run("stop", expect=None)
        made.running.wait(PATIENCE_SECONDS)


def kill_at_each_line(rounds: Rounds, *phases: str) -> int:
    """In turn through the phases, until a round comes to its end; how many kills there were."""
    kills = 0
    for line in range(1, MOST_LINES):
        for phase in phases:
            if not rounds.killed_at(line, phase):
                return kills
            kills += 1
    raise AssertionError("the round comes to no end")


@pytest.mark.timeout(600)
def test_killed_at_each_line_of_a_round_that_reads_and_writes(rounds: Rounds) -> None:
    assert kill_at_each_line(rounds, "before") >= 6
    rounds.assert_sound()
    assert 1 in rounds.unknown_writes()


@pytest.mark.timeout(600)
def test_a_daemon_that_repeats_calls_which_it_may_not_would_be_found(rounds: Rounds) -> None:
    rounds.faults = ["repeats"]
    doubled: list[str] = []
    for line in range(FIRST_CALLS_LINE, MOST_LINES):
        if doubled or not rounds.killed_at(line, "before"):
            break
        noted = Counter(rounds.ledger.read_text().splitlines())
        doubled = [one for one, times in noted.items() if one.startswith("note") and times == 2]
    assert doubled
    with pytest.raises(AssertionError):
        rounds.assert_sound()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mix", MIXES)
def test_killed_before_and_after_each_line_and_sync(rounds: Rounds, mix: tuple[str, ...]) -> None:
    rounds.model.mix = mix
    assert kill_at_each_line(rounds, "before", "written", "synced") >= 18
    rounds.assert_sound()
    if "note" in mix:
        assert rounds.unknown_writes() == {0, 1}
