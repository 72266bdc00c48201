"""What was last seen of the directories of sessions, remembered for some seconds.

Asking never waits longer than it says, whatever the disks do: what is older, and whose directory
came, went or was replaced, is looked at again, and shown as it was if that takes longer than a
moment. The more there is to look at, the longer it is
remembered, so that looking takes little of the machine however often somebody asks.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from actors.git import look
from actors.git.command import Git
from actors.loose_threads import HELD_UP_SECONDS, LooseThreads
from actors.ports import Clock
from storage.records.session import Session, WorktreeSession
from storage.records.worktree_look import WorktreeLook

T = TypeVar("T")

FIRST_SECONDS = 0.5
"""So long a first look is waited for, and one that takes the place of a very old one."""
AGAIN_SECONDS = 0.1
"""So long any other is."""
FRESH_SECONDS = 2.0
OLD_SECONDS = 60.0
SHARE = 0.05
"""Of the time of one core, that looking takes at most."""
THREADS = 3
MOST_THREADS = 24
_FORGOTTEN_SECONDS = 600.0
_ROOT = Path("/")


_Told = list["Future[WorktreeLook]"]


_Stamp = tuple[tuple[int, int] | None, ...]
"""Which directory stands there, which `.git` in it, and which repository a worktree is of; None for
what is not there.
"""


class _Seen(Struct, frozen=True):
    look: WorktreeLook
    at: float
    took: float
    session: Session
    stamp: _Stamp


class Looks:
    """Every method may be called from any thread."""

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        self._git = Git(_ROOT, environ)
        self._clock = clock
        self._lookers = LooseThreads(
            clock.monotonic, name="looker", threads=THREADS, most=MOST_THREADS
        )
        self._changing = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._under_way: dict[str, tuple[Future[WorktreeLook], float]] = {}
        self._comparing: Future[None] | None = None

    def fresh(self, session: Session) -> "Future[WorktreeLook]":
        """All that can be seen of it from now on; it may never come."""
        with self._changing:
            before = self._under_way.get(f"whole {session.id}")
        if before and self._clock.monotonic() - before[1] >= HELD_UP_SECONDS:
            return before[0]  # one thread is enough where nothing answers
        key = f"whole {session.id}"
        return self._look(key, session, lambda at: look.look(session, self._git, at))

    def run(self, job: Callable[[], T]) -> "Future[T]":
        """Other work in directories of users, in a thread that may be held up there."""
        return self._lookers.submit(job)

    def git(self, directory: Path) -> Git:
        return self._git.at(directory)

    def known(
        self, sessions: Iterable[Session], seconds: float = FIRST_SECONDS
    ) -> dict[str, WorktreeLook]:
        """By the session's id what is known; of one that is no worktree, whether it is there.

        Waits `seconds` at most for what was not looked at for long, and a moment for the rest.
        """
        of = {session.id: (_key(session), session) for session in sessions}
        wanted = dict(of.values())
        self._forget_replaced(wanted)
        first, again = self._refresh(wanted)
        if first:
            wait(first, seconds)
        if again:
            wait(again, min(seconds, AGAIN_SECONDS))
        return {id_: self._shown(key, session) for id_, (key, session) in of.items()}

    def _forget_replaced(self, wanted: Mapping[str, Session]) -> None:
        """Those whose directory is not the one that was looked at; where a disk does not say so in
        a moment, what was seen of it and the rest stays. One thread at most is held up by it.
        """
        with self._changing:
            if self._comparing is not None and not self._comparing.done():
                return
            seen = [(key, self._seen[key]) for key in wanted if key in self._seen]
        if seen:
            self._comparing = self._lookers.submit(self._compare, seen)
            wait([self._comparing], AGAIN_SECONDS)

    def _compare(self, seen: Iterable[tuple[str, _Seen]]) -> None:
        for key, each in seen:
            if _stamp_of(each.session) != each.stamp:
                with self._changing:
                    if self._seen.get(key) is each:
                        del self._seen[key]

    def _refresh(self, wanted: Mapping[str, Session]) -> tuple[_Told, _Told]:
        """Looks again at what is old; the looks under way that are worth to be waited for: of what
        is not known, or only from long ago, and of the rest.
        """
        now = self._clock.monotonic()
        with self._changing:
            seen = {key: self._seen.get(key) for key in wanted}
            if len(self._seen) > 2 * len(wanted):
                self._forget(now)
            under_way = {key: told for key, told in self._under_way.items() if key in wanted}
        cost = sum(each.took for each in seen.values() if each)
        oldest = now - max(FRESH_SECONDS, cost / SHARE)
        first: _Told = []
        again: _Told = []
        for key, session in wanted.items():
            known = seen[key]
            told, since = under_way.get(key, (None, now))
            if told is None and (known is None or known.at < oldest):
                told = self._look(key, session, _look_of(session, self._git))
            if told is not None and now - since < FIRST_SECONDS:
                is_new = known is None or now - known.at > OLD_SECONDS
                (first if is_new else again).append(told)
        return first, again

    def _forget(self, now: float) -> None:
        for key in [key for key, each in self._seen.items() if now - each.at > _FORGOTTEN_SECONDS]:
            del self._seen[key]

    def _look(
        self, key: str, session: Session, see: Callable[[datetime], WorktreeLook]
    ) -> "Future[WorktreeLook]":
        told = self._lookers.submit(lambda: self._see(key, session, see))
        with self._changing:
            self._under_way[key] = (told, self._clock.monotonic())
        told.add_done_callback(lambda done: self._looked(key, done))
        return told

    def _see(
        self, key: str, session: Session, see: Callable[[datetime], WorktreeLook]
    ) -> WorktreeLook:
        at = self._clock.monotonic()
        stamp = _stamp_of(session)
        found = see(self._clock.now())
        seen = _Seen(found, at, self._clock.monotonic() - at, session, stamp)
        with self._changing:
            before = self._seen.get(key)
            if before is None or before.at <= at:
                self._seen[key] = seen
        return found

    def _looked(self, key: str, done: "Future[Any]") -> None:
        with self._changing:
            if self._under_way.get(key, (None,))[0] is done:
                del self._under_way[key]

    def _shown(self, key: str, session: Session) -> WorktreeLook:
        with self._changing:
            seen, under_way = self._seen.get(key), self._under_way.get(key)
        since = self._clock.monotonic() - under_way[1] if under_way else 0.0
        if seen and since < HELD_UP_SECONDS:
            return seen.look
        return unanswered(session, since, self._clock)


def _stamp_of(session: Session) -> _Stamp:
    path = look.directory_of(session)
    repository = [session.repository] if isinstance(session, WorktreeSession) else []
    return tuple(map(_number_of, [path, f"{path}/.git", *repository]))


def _number_of(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each of hundreds costs more
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def shown_of(session: Session, found: WorktreeLook) -> dict[str, Any]:
    """The fields of a session in a listing that say how its directory was seen."""
    is_worktree = isinstance(session, WorktreeSession)
    return {"location": found.location, "worktree": found if is_worktree else None}


def unanswered(session: Session, seconds: float, clock: Clock) -> WorktreeLook:
    """In place of a look that does not come."""
    path = look.directory_of(session)
    slow = seconds >= HELD_UP_SECONDS
    text = f"{path} did not answer for {seconds:.0f} s: is its file system there?" if slow else None
    return WorktreeLook(path=path, location="unknown", problem=text, looked_at=clock.now())


def _key(session: Session) -> str:
    """Sessions that are no worktrees share what is known of their directory."""
    is_worktree = isinstance(session, WorktreeSession)
    return f"whole {session.id}" if is_worktree else f"directory {session.location_path}"


def _look_of(session: Session, git: Git) -> Callable[[datetime], WorktreeLook]:
    if isinstance(session, WorktreeSession):
        return lambda at: look.look(session, git, at)
    return lambda at: look.location(session.location_path, at)
