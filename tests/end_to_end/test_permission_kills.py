"""The daemon is killed with SIGKILL at every line of a round whose calls wait for permission.

Two calls that write are asked about and answered by files: each runs once, and only after its yes.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import ROOT, House
from tests.end_to_end.test_permissions import asked, create, prepare

PEER = ROOT / "tests" / "peers" / "mortal_daemon.py"
MOST_LINES = 30
"""A round with two questions takes a fraction of it."""
PATIENCE_SECONDS = 60.0
CALLS = [{"tool": "ledger.note", "parameters": {"text": f"{{{{1}}}}-{side}"}} for side in "ab"]
SCRIPT = [
    {"when": "twice (\\w+)", "reply": CALLS},
    {"when": "noted|unknown", "reply": [{"text": "done"}]},
]


class Rounds:
    """A session whose daemon can be told at which line it is to die; it is started anew then."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ledger: Path = prepare(house)
        self.ledger.touch()
        lines = "\n".join(json.dumps(line) for line in SCRIPT)
        (house.home / "script.jsonl").write_text(lines)
        self._orders = house.home / "orders"
        self._order("nobody", 0, "before")
        self.running = self._start()
        self.session = create(house, "talk")
        self.answers: list[Path] = []

    def _start(self) -> "subprocess.Popen[bytes]":
        return self.house.daemon(str(PEER), str(self._orders))

    def _order(self, session: str, line: int, phase: str) -> None:
        fresh = self._orders.with_suffix(".new")
        fresh.write_text(json.dumps({"session": session, "line": line, "phase": phase}))
        fresh.rename(self._orders)

    def killed_at(self, line: int, phase: str) -> bool:
        """A whole round with a death there; False if it came to its end before that line."""
        self._order(self.session, line, phase)
        name = f"{phase}{line}"
        told = self.house.drop(
            name, {"type": "request", "session": "talk", "content": f"twice {name}"}
        )
        was_killed = False
        answered: set[str] = set()

        def is_over() -> bool:
            nonlocal was_killed
            if self.running.poll() is not None:
                was_killed = True
                self._order("nobody", 0, "before")
                self.running = self._start()
            for question in asked(self.house):
                self._answer(question["id"], answered)
            return told.exists()

        self.house.wait(is_over, f"the answer of {name}", PATIENCE_SECONDS)
        self.answers.append(told)
        return was_killed

    def _answer(self, permission: str, answered: set[str]) -> None:
        """Once each; the file is dealt with through any kill."""
        if permission not in answered:
            answered.add(permission)
            request = {"type": "answer-permission", "permission": permission, "decision": "allow"}
            self.answers.append(self.house.drop(f"yes-{permission}", request))

    def history(self) -> list[Any]:
        request = {"type": "get-history", "session": self.session}
        found: list[Any] = self.house.data_of(request)["rounds"]
        return found

    def journal(self) -> list[dict[str, Any]]:
        place = self.house.data / "workspaces" / "default" / "sessions" / self.session
        lines = (place / "journal.jsonl").read_text().splitlines()[1:]
        return [event for line in lines for event in json.loads(line)["events"]]

    def assert_sound(self) -> None:
        self.house.wait(lambda: all(each.exists() for each in self.answers), "every answer")
        answers = [json.loads(each.read_bytes()) for each in self.answers]
        assert [answer for answer in answers if not answer["ok"]] == []
        noted = self.ledger.read_text().splitlines()
        assert len(noted) == len(set(noted))
        calls = [c for one in self.history() for t in one["turns"] for c in t.get("tool_calls", ())]
        for call in calls:
            if call["status"] != "unknown":
                assert call["status"] == "completed"
                assert f"note {call['args']['text']}" in noted
        assert asked(self.house) == []
        assert_started_after_a_yes(self.journal())


def assert_started_after_a_yes(events: list[dict[str, Any]]) -> None:
    waits: dict[str, str] = {}
    allowed = set()
    for event in events:
        if event["type"] == "permission-requested":
            waits[event["permission"]["tool_call_id"]] = event["permission"]["id"]
        elif event["type"] == "permission-answered":
            assert event["permission_id"] not in allowed
            allowed.add(event["permission_id"])
            assert (event["state"], event["answered_by"]) == ("allowed", "inbox")
        elif event["type"] == "tool-call-started":
            assert waits[event["tool_call_id"]] in allowed
    assert waits


@pytest.mark.timeout(600)
@pytest.mark.parametrize("phase", ["before", "synced"])
def test_killed_at_each_line_of_a_round_that_asks(house: House, phase: str) -> None:
    rounds = Rounds(house)
    kills = 0
    for line in range(1, MOST_LINES):
        if not rounds.killed_at(line, phase):
            break
        kills += 1
    assert 4 < kills < MOST_LINES - 1
    rounds.assert_sound()
    house.run("verify")
