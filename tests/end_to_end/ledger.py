"""Clients of the real daemon that write down, outside of it, what they asked and what it confirmed.

Each has sessions of its own. What it was told is done must be there at the end, once; what it was
not told may be there, once at most.
"""

import random
import threading
from typing import Any

from actors.cli.connection import Connection
from actors.cli.failures import CommandError


class Client(threading.Thread):
    """Asks until `over` is set; waits while there is no daemon."""

    def __init__(self, data: str, place: str, number: int, over: threading.Event) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._data = data
        self._place = place
        self._over = over
        self._random = random.Random(number)
        self._mark = f"c{number}"
        self._count = 0
        self.confirmed: dict[str, set[str]] = {}
        self.asked: dict[str, set[str]] = {}
        self.created_unsure: set[str] = set()
        self.deleted: set[str] = set()
        self.deleting: set[str] = set()
        self.strange: list[Any] = []

    def run(self) -> None:
        while not self._over.is_set():
            try:
                with Connection(self._data) as connection:
                    while not self._over.is_set():
                        self._act(connection)
            except CommandError:
                self._over.wait(0.01)

    def _act(self, connection: Connection) -> None:
        living = [one for one in self.confirmed if one not in self.deleting]
        if not living or (len(living) < 5 and self._random.random() < 0.1):
            self._create(connection)
        elif len(living) > 2 and self._random.random() < 0.03:
            self._delete(connection, self._random.choice(living))
        else:
            self._add(connection, self._random.choice(living))

    def _next(self) -> str:
        self._count += 1
        return f"{self._mark}-{self._count}"

    def _create(self, connection: Connection) -> None:
        title = self._next()
        self.created_unsure.add(title)
        request = {"type": "create-session", "location_path": self._place, "title": title}
        made = self._done(connection.ask(request))
        if made:
            self.created_unsure.discard(title)
            self.confirmed[made["id"]] = set()
            self.asked[made["id"]] = set()

    def _add(self, connection: Connection, session_id: str) -> None:
        text = self._next()
        self.asked[session_id].add(text)
        message = {"role": "user", "content": text}
        request = {"type": "add-message", "session": session_id, "message": message}
        if self._done(connection.ask(request)):
            self.confirmed[session_id].add(text)

    def _delete(self, connection: Connection, session_id: str) -> None:
        self.deleting.add(session_id)
        if self._done(connection.ask({"type": "delete-session", "session": session_id})):
            self.deleted.add(session_id)

    def _done(self, answer: dict[str, Any]) -> Any:
        """Its data. The one refusal that a crash explains is that the daemon is just going."""
        if answer["ok"]:
            return answer["data"]
        if answer["error"]["code"] not in {"interrupted", "starting"}:
            self.strange.append(answer)
        return None


def compare(clients: list[Client], connection: Connection) -> tuple[int, int]:
    """How many confirmed messages there were, and how many more sessions than were confirmed.

    AssertionError for anything lost or done twice.
    """
    listed = connection.ask({"type": "list-sessions"})["data"]["sessions"]
    there = {one["id"]: one["title"] for one in listed}
    titles = list(there.values())
    assert len(titles) == len(set(titles)), "a session was created twice"
    messages = 0
    for client in clients:
        assert client.strange == []
        assert client.deleted.isdisjoint(there), "a deleted session came back"
        for session_id in client.confirmed.keys() - client.deleting:
            assert session_id in there, f"session {session_id} is lost"
        for session_id in client.confirmed.keys() & there.keys():
            request = {"type": "get-messages", "session": session_id}
            found = connection.ask(request)["data"]["messages"]
            texts = [one["content"][0]["text"] for one in found]
            assert len(texts) == len(set(texts)), f"a message of {session_id} is there twice"
            assert client.confirmed[session_id] <= set(texts), f"messages of {session_id} are lost"
            assert set(texts) <= client.asked[session_id]
            messages += len(client.confirmed[session_id])
    confirmed = {one for client in clients for one in client.confirmed}
    unsure = {title for client in clients for title in client.created_unsure}
    more = {title for session_id, title in there.items() if session_id not in confirmed}
    assert more <= unsure
    return messages, len(more)
