"""Keeps the files as they were when a round ended, where they lie in a git repository.

Works in loose threads, one tree of a session at a time. The next round waits for it, but not for
ever: what takes longer is kept all the same, of files that may have changed by then.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from actors.git.command import Git, GitFailed
from actors.git.kept_trees import is_in_repository, keep_tree

_log = logging.getLogger(__name__)

WAIT_SECONDS = 10.0
"""How long the next round of a session, or a fork of it, waits for its last tree."""


class _Threads(Protocol):
    def submit(self, job: Callable[..., object], /, *given: Any) -> object: ...


class _Due(Struct, frozen=True):
    directory: Path
    session_id: str
    n: int


class TreeKeeping:
    """Every method may be called from any thread."""

    def __init__(self, pool: Callable[[], _Threads], environ: Mapping[str, str]) -> None:
        self._pool = pool
        self._environ = environ
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}
        self._due: dict[str, _Due] = {}

    def round_ended(self, session_id: str, directory: Path, n: int) -> None:
        """Keep the files of `directory`. While an earlier tree is made, the newest waits for it,
        and those between are left out: their files are not to be had any more.
        """
        with self._lock:
            self._due[session_id] = _Due(directory, session_id, n)
            if session_id in self._under_way:
                return
            done: Future[None] = Future()
            self._under_way[session_id] = done
        try:
            self._pool().submit(self._keep_all, session_id, done)
        except RuntimeError:  # greenroom ends
            self._end(session_id, done)

    async def settled(self, session_id: str) -> None:
        """Returns when nothing is to be kept any more, or the time is up."""
        done = self._under_way.get(session_id)
        if done is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(done)), WAIT_SECONDS)

    def wait(self, session_id: str) -> None:
        """The same for a thread that may be held up."""
        done = self._under_way.get(session_id)
        if done is not None:
            with suppress(TimeoutError):
                done.result(WAIT_SECONDS)

    def _keep_all(self, session_id: str, done: "Future[None]") -> None:
        try:
            while due := self._next(session_id):
                self._keep(due)
        finally:
            self._end(session_id, done)

    def _next(self, session_id: str) -> _Due | None:
        with self._lock:
            due = self._due.pop(session_id, None)
            if due is None:
                self._under_way.pop(session_id, None)
            return due

    def _end(self, session_id: str, done: "Future[None]") -> None:
        with self._lock:
            if self._under_way.get(session_id) is done:
                del self._under_way[session_id]
                self._due.pop(session_id, None)
        done.set_result(None)

    def _keep(self, due: _Due) -> None:
        try:
            if is_in_repository(due.directory):
                keep_tree(Git(due.directory, self._environ), due.session_id, due.n)
        except (GitFailed, OSError) as error:
            _log.warning("session %s: no tree of number %d: %s", due.session_id, due.n, error)
