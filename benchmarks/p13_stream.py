"""P13: from a model's stream to those who are shown it, many conversations at once.

Ours is the real daemon with its clients on the control socket, each shown its turn as it grows;
the reference the SDK alone, which hands every piece to an empty loop. Both read the same server.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from benchmarks.daemons import Daemon, daemon, good
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved, timed
from benchmarks.model_process import MODEL, PIECE, model_process
from benchmarks.sdk_process import sdk_process
from storage.data_dir import DEFAULT_WORKSPACE, DataDir


class Sizes(Struct, frozen=True):
    conversations: int = 20
    deltas: int = 3000
    rounds: int = 5


class Client(threading.Thread):
    """Sends one message and is shown its answer."""

    def __init__(self, running: Daemon, session_id: str, text: str) -> None:
        super().__init__(daemon=True)
        self._running = running
        self._request = {"type": "request", "session": session_id, "content": "go on"}
        self._text = text
        self._shown = ""
        self.problem: str | None = "it has not ended"

    def run(self) -> None:
        try:
            with self._running.connection() as connection:
                found = good(connection.ask(self._request, progress=self._show))
        except Exception as error:  # noqa: BLE001 - told to whoever measures
            self.problem = str(error)
            return
        whole = self._text in {found["text"], self._shown}
        self.problem = None if whole and self._shown else "the text is not whole"

    def _show(self, frame: dict[str, Any]) -> None:
        for block in (frame.get("turn") or {}).get("content") or ():
            self._shown = block["text"]


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    deltas = sizes.conversations * sizes.deltas
    with (
        model_process(sizes.deltas) as url,
        _greenroom(ground, url) as running,
        sdk_process(url, sizes.conversations, deltas) as sdk,
    ):
        ids = [_session(ground, running) for _ in range(sizes.conversations)]
        text = PIECE * sizes.deltas
        _ask_all(running, ids, text)
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: deltas / timed(lambda: _ask_all(running, ids, text)),
            lambda: deltas / sdk.seconds(),
        )
    return [
        figure(
            "P13",
            f"model streams shown to clients, {sizes.conversations} at once",
            unit="/s",
            against="the SDK alone, messages.stream",
            goal=Goal("at least", 0.7),
            rounds=rounds,
        )
    ]


@contextmanager
def _greenroom(ground: Ground, url: str) -> Iterator[Daemon]:
    data = DataDir(ground.fresh("p13") / "data")
    data.prepare()
    provider = {"base_url": url, "default_model": MODEL, "api_key_env": "BENCHMARK_KEY"}
    data.workspace_file(DEFAULT_WORKSPACE).write_text(
        json.dumps({"models": {"providers": {"anthropic": provider}}})
    )
    with daemon(data, BENCHMARK_KEY="a key") as running:
        yield running


def _session(ground: Ground, running: Daemon) -> str:
    made = running.ask(
        {
            "type": "create-session",
            "location_path": str(ground.root),
            "worker": {"type": "conversation"},
        }
    )
    return str(made["id"])


def _ask_all(running: Daemon, ids: list[str], text: str) -> None:
    clients = [Client(running, session_id, text) for session_id in ids]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
        if client.problem:
            raise RuntimeError(client.problem)
