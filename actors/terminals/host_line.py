"""The line of one actor to the terminal host: found or started, listened to, and never waited for.

Used in the actor's thread alone. What takes time is done elsewhere and comes back to the actor as
a `LineNews`, which it hands to `take`. A host that says nothing though it was asked, and one that
cannot be reached, is a `problem`, in words for people; it is over when the host says something.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from actors.ports import Clock
from actors.terminals import host_files, protocol
from actors.terminals.connection import HostConnection
from actors.terminals.ensure_host import ensure_host
from actors.terminals.greeting import HostUnreachableError
from storage.records.process import ProcessIdentity

_log = logging.getLogger(__name__)

REACH_SECONDS = 5.0
"""A host starts in a tenth of a second; one that holds its lock and is stuck gets this long, again
and again."""

ANSWER_SECONDS = 2.5
"""After so long without a word, one that was asked something is asked for a sign of life; after as
long again it does not answer."""

_FIRST_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 1.0


class FromHost(NamedTuple):
    """What came over one connection; `None` is its end."""

    connection: HostConnection
    message: protocol.FromHost | None


class Reached(NamedTuple):
    """A host was found or started."""

    connection: HostConnection


class NotReached(NamedTuple):
    why: str


class TimeToSeek(NamedTuple):
    pass


class TimeToListen(NamedTuple):
    """`words`: how many had come when it was asked for a sign of life; None if it was not."""

    connection: HostConnection
    words: int | None


LineNews = Reached | NotReached | TimeToSeek | TimeToListen

Turn = Literal["reached", "silent"]
"""What the news come to: there is a connection now, or there still is no answer."""


class HostLine:
    """`post` puts a message into the actor's inbox, from any thread; False once that is closed."""

    def __init__(self, root: Path, clock: Clock, post: Callable[[object], bool]) -> None:
        self.connection: HostConnection | None = None
        self.problem: str | None = None
        self.is_seeking = False
        self._root = root
        self._clock = clock
        self._post = post
        self._is_listening = False
        self._is_owed = False
        self._words = 0

    @property
    def host(self) -> ProcessIdentity | None:
        """Of the host that is connected, or of one that lives and does not answer."""
        if self.connection is not None:
            return self.connection.welcome.host
        return host_files.recorded_host(self._root) if self.problem else None

    def find(self) -> bool:
        """Whether one that runs is connected now; one that keeps us waiting is sought."""
        try:
            connection = HostConnection.connect(self._root, timeout_seconds=_FIRST_LOOK_SECONDS)
        except (OSError, HostUnreachableError):
            if host_files.is_locked(self._root):
                self.seek()
            return False
        self._use(connection)
        return True

    def seek(self) -> None:
        """Find one, or start it; `Reached` or `NotReached` follows."""
        if not self.is_seeking and self.connection is None:
            self.is_seeking = True
            threading.Thread(target=self._reach, name="terminal-host-seek", daemon=True).start()

    def send(self, message: protocol.ToHost) -> None:
        """Nothing without a connection. Raises ValueError for what cannot be sent."""
        if self.connection is not None:
            self.connection.send(message)
            self._is_owed = True
            if not self._is_listening:
                self._listen_later(self.connection, None)

    def has_spoken(self) -> None:
        """Something came from the host."""
        self._words += 1
        self._is_owed = False
        if self.problem:
            self.problem = None
            _log.warning("the terminal host answers again")

    def ended(self) -> None:
        """The connection did."""
        self.connection = None
        self.problem = None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()

    def take(self, news: LineNews) -> Turn | None:
        """In the actor's thread: what the news come to."""
        match news:
            case Reached():
                self.is_seeking = False
                self._use(news.connection)
                self.has_spoken()
                return "reached"
            case NotReached():
                self.is_seeking = False
                self._clock.after(_AGAIN_SECONDS, lambda: self._post(TimeToSeek()))
                return self._silent(f"is not to be reached ({news.why})")
            case TimeToSeek():
                self.seek()
            case TimeToListen() if news.connection is self.connection:
                return self._listen(news)
            case _:
                pass
        return None

    def _use(self, connection: HostConnection) -> None:
        self.connection = connection
        self._is_listening = False
        connection.start(
            on_message=lambda message: self._hand_in(FromHost(connection, message)),
            on_closed=lambda _: self._hand_in(FromHost(connection, None)),
        )

    def _hand_in(self, heard: FromHost) -> None:
        self._post(heard)

    def _reach(self) -> None:
        try:
            connection = ensure_host(self._root, REACH_SECONDS)
        except HostUnreachableError as error:
            self._post(NotReached(str(error)))
        else:
            if not self._post(Reached(connection)):
                connection.close()

    def _listen_later(self, connection: HostConnection, words: int | None) -> None:
        self._is_listening = True
        later = TimeToListen(connection, words)
        self._clock.after(ANSWER_SECONDS, lambda: self._post(later))

    def _listen(self, looked: TimeToListen) -> Turn | None:
        if not self._is_owed or looked.words not in {None, self._words}:
            self._is_listening = False
            return None
        if looked.words is None:
            # Not every message has an answer; this one has.
            looked.connection.send(protocol.ListTerminals())
        self._listen_later(looked.connection, self._words)
        return self._silent("does not answer") if looked.words is not None else None

    def _silent(self, how: str) -> Turn:
        first = self.problem is None
        host = self.connection.welcome.host if self.connection else None
        host = host or host_files.recorded_host(self._root)
        who = f"the terminal host (pid {host.pid})" if host else "the terminal host"
        advice = (
            f"if it was stopped, let it go on with: kill -CONT {host.pid}; or end it, and its"
            " terminals, with: greenroom restart --terminals"
            if host
            else "see: greenroom doctor"
        )
        self.problem = f"{who} {how}; {advice}"
        if first:
            _log.error("%s", self.problem)
        return "silent"
