"""A session of a running tree whose model is a real server, which is told what to answer.

Also a server of tools whose calls leave lines in a file, `tests/peers/mcp_ledger.py`.
"""

import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from storage.records.request import Answer
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.peers.message_streams import Answer as Sent
from tests.peers.message_streams import text
from tests.peers.messages_rules import broken_rule
from tests.peers.messages_server import MessagesServer

PEERS = Path(__file__).parents[1] / "peers"
KEY = {"ANTHROPIC_API_KEY": "a key"}
HERE_AGAIN = "here again"


class Talk:
    """A session whose model is a server; `answers` are given to what is asked, in order."""

    def __init__(self, house: House) -> None:
        house.environ.update(KEY)
        self.house = house
        self.answers: list[Sent | Callable[[], Sent]] = []
        self.server = MessagesServer(self._respond)
        self.ledger = house.place / "ledger"
        self.ledger.touch()
        self.session = ""

    def _respond(self, _: dict[str, Any]) -> Sent:
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Sent) else answer()

    def settle(self, url: str | None = None, **settings: Any) -> None:
        """Write the workspace's settings, and make the session if there is none."""
        provider = {"base_url": url or self.server.url, "default_model": "claude-sonnet-5-5"}
        models = {"providers": {"anthropic": provider}}
        self.house.write_workspace({"models": models, **settings})
        if not self.session:
            self.session = self.house.create(worker={"type": "conversation"})["id"]

    def ledger_server(self, **settings: Any) -> dict[str, Any]:
        arguments = [str(PEERS / "mcp_ledger.py"), str(self.ledger)]
        return {"command": sys.executable, "args": arguments, **settings}

    def ask(self, content: str = "go on") -> "Future[Answer]":
        request = {"type": "request", "session": self.session, "content": content}
        return self.house.post(request)

    def rounds(self) -> list[Any]:
        found: list[Any] = self.house.get("get-history", session=self.session)["rounds"]
        return found

    def recorded(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.house.journal(self.session))

    def is_streaming(self) -> bool:
        rounds = self.rounds()
        turns = rounds[-1]["turns"] if rounds else []
        return bool(turns) and bool(turns[-1].get("content"))

    def noted(self, line: str) -> None:
        """Wait until the server of tools has left this line."""
        eventually(lambda: line in self.lines(), seconds=PATIENCE_SECONDS)

    def lines(self) -> list[str]:
        return self.ledger.read_text().splitlines()

    def cancel(self, asked: "Future[Answer]", number: int = -1) -> None:
        """Both are answered, whatever the request was waiting for."""
        assert not asked.done(), asked.result()
        response_id = self.rounds()[number]["id"]
        cancelled = self.house.get("cancel", response_id=response_id)
        assert cancelled == {"response_id": response_id, "status": "cancelled"}
        answer = asked.result(PATIENCE_SECONDS)
        assert answer.error is not None
        assert answer.error.code == "cancelled"

    def goes_on(self) -> str:
        """The answer to the next request; everything that was sent is a valid history."""
        self.answers = [text(HERE_AGAIN)]
        answer = self.ask("and now?").result(PATIENCE_SECONDS)
        assert answer.ok, answer.error
        assert [broken_rule(sent.body) for sent in self.server.requests if sent.body] == [
            None for _ in self.server.requests
        ]
        assert self.house.record(self.session).open_requests == 0
        written = self.house.room.around.written
        eventually(lambda: not written.contents() and not written.under_way())
        return str(answer.data["text"])
