"""The keeper of this very daemon, as the daemon sees it: who it is, and another when it was killed.

One that went in order, as `stop` has it, is not replaced; nor is systemd. A daemon tells a keeper
that it started itself how it ends, for that is not its parent: by a word through a pipe, which the
kernel closes if no word could be said.
"""

import logging
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from actors.entry import clean_environment, entry_command
from actors.keeper import REFUSED_STATUS, deaths_in_a_row, next_delay_seconds

_IN_ORDER = frozenset({0, REFUSED_STATUS, -signal.SIGTERM})
"""How one ends that was asked to, or may not keep this directory: another would be one too many."""

_log = logging.getLogger("greenroom")


class OwnKeeper:
    """Used by one thread, but for `pid`. `first`: our parent, if that is a keeper."""

    def __init__(self, data: str, first: int | None, *, is_systemd: bool = False) -> None:
        self._data = data
        self._first = first
        self._is_systemd = is_systemd
        self._started: subprocess.Popen[bytes] | None = None
        self._is_wanted = False
        self._deaths = 0
        self._since = time.monotonic()
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        """Of the one that lives, as far as is known."""
        started = self._started
        if started is not None:
            return started.pid if started.returncode is None else None
        return self._first if self._has_first else None

    def look(self) -> None:
        """Start another if there was one and it was killed; after several, at intervals."""
        now = time.monotonic()
        if not self._is_systemd and self._is_lost():
            self._deaths = deaths_in_a_row(self._deaths, now - self._since)
            self._due = now + next_delay_seconds(self._deaths)
        if self._is_wanted and now >= self._due:
            self._start(now)

    def tell(self, status: int) -> None:
        """How this daemon ends, as the last thing that it does."""
        if self._started and self._started.stdin:
            with suppress(OSError):
                os.write(self._started.stdin.fileno(), b"%d\n" % status)

    @property
    def _has_first(self) -> bool:
        """Once it has ended we are another's child."""
        return self._first is not None and os.getppid() == self._first

    def _is_lost(self) -> bool:
        """True once for each that was there; whether it is to be replaced is known then."""
        if self._started is not None:
            status = self._started.poll()
            if status is None:
                return False
            if self._started.stdin:
                self._started.stdin.close()
            self._started = None
            self._is_wanted = status not in _IN_ORDER
            return True
        if self._first is None or self._has_first:
            return False
        self._is_wanted = _was_killed(Path(self._data, "run", "keeper.pid"), self._first)
        self._first = None
        return True

    def _start(self, now: float) -> None:
        words = ("--data", self._data, "--watch", str(os.getpid()))
        try:
            self._started = subprocess.Popen(
                entry_command("keeper", *words),
                cwd="/",
                env=clean_environment(os.environ),
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._deaths += 1
            self._due = now + next_delay_seconds(self._deaths)
            _log.warning("the keeper is gone, and no other can be started: %s", error)
            return
        self._is_wanted = False
        self._since = now
        _log.warning("the keeper was killed; another (pid %d) is started", self._started.pid)


def _was_killed(file: Path, pid: int) -> bool:
    """One that goes in order empties its file; nobody else does."""
    try:
        return file.read_text().strip() == str(pid)
    except (OSError, ValueError):
        return False
