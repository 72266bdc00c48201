"""A running tree in this process, without fronts: commands go in through the gateway.

The interpreter is tuned as in the daemon, or figures would tell of another program.
"""

import gc
import itertools
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from actors.boot import RunningTree, boot
from actors.daemon import tune_interpreter
from benchmarks.stores import TEXT
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.records.request import Answer

ANSWER_SECONDS = 60.0
_STOP_SECONDS = 60.0


class Room:
    """`ask` waits for the answer; `flow` keeps many commands going."""

    def __init__(self, tree: RunningTree) -> None:
        self._gateway = tree.gateway
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def ask(self, request: dict[str, Any]) -> Answer:
        """One request, handed in and waited for; RuntimeError when it was refused."""
        self._gateway.hand_in(request, self._answers.put)
        return _good(self._answers.get(timeout=ANSWER_SECONDS))

    def create(self, count: int) -> list[str]:
        """So many new sessions; their ids."""
        request = {"type": "create-session", "location_path": "/"}
        return [self.ask(request).data.id for _ in range(count)]

    def add_message(self, session_id: str) -> Answer:
        return self.ask(_message_to(session_id))

    def wake(self, session_id: str) -> None:
        """Answered by the session's actor, which must have read its journal for that."""
        self.ask({"type": "get-history", "session": session_id})

    def flow(self, chains: Sequence[Sequence[str]], commands: int) -> float:
        """Seconds for so many commands. Each chain goes round its sessions, one at a time."""
        flow = _Flow(self._gateway, commands)
        began = time.perf_counter()
        for chain in chains:
            flow.next(itertools.cycle(chain))
        flow.wait()
        return time.perf_counter() - began


class _Flow:
    """An answer sends the next command of its chain, in the thread that brought it."""

    def __init__(self, gateway: Any, commands: int) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._unsent = self._unanswered = commands
        self._over = threading.Event()
        self._refused: Answer | None = None

    def next(self, chain: Iterator[str]) -> None:
        with self._lock:
            if self._unsent == 0:
                return
            self._unsent -= 1
        self._gateway.hand_in(_message_to(next(chain)), lambda answer: self._heard(answer, chain))

    def wait(self) -> None:
        if not self._over.wait(ANSWER_SECONDS):
            raise RuntimeError(f"{self._unanswered} commands are not answered")
        if self._refused:
            _good(self._refused)

    def _heard(self, answer: Answer, chain: Iterator[str]) -> None:
        with self._lock:
            self._unanswered -= 1
            self._refused = self._refused or (None if answer.ok else answer)
            is_over = self._unanswered == 0
        if is_over:
            self._over.set()
        else:
            self.next(chain)


@contextmanager
def running(data: DataDir) -> Iterator[Room]:
    """The tree on `data`, ready for commands; stopped in order at the end."""
    before = sys.getswitchinterval(), gc.get_threshold()
    tune_interpreter()
    lock = data.lock()
    try:
        data.prepare()
        tree = boot(data, {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"})
        room = Room(tree)
        room.ask({"type": "get-session", "session": "nobody"})
        yield room
        tree.root.stop(_STOP_SECONDS)
    finally:
        lock.release()
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])


def session_ids(data: DataDir) -> list[str]:
    """Of all sessions that have a directory."""
    return sorted(path.name for path in data.sessions(DEFAULT_WORKSPACE).iterdir())


def _message_to(session_id: str) -> dict[str, Any]:
    message = {"role": "user", "content": TEXT}
    return {"type": "add-message", "session": session_id, "message": message}


def _good(answer: Answer) -> Answer:
    if not answer.ok:
        raise RuntimeError(f"{answer.type} was refused: {answer.error}")
    return answer
