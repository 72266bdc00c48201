"""Who may type into a terminal: one person who took the lease, else the daemon.

Pure. A lease is a number that is given once. Whoever lost the connection may renew its number as
long as nobody else types, and goes on counting its writes where it was. Taking it from a person is
explicit. What was accepted under an earlier lease is still typed.
"""

from datetime import datetime

from actors.terminals.protocol import DAEMON_LEASE, Writer


class Leases:
    """The lease of one terminal; `holder` is whoever may lose it by going away."""

    def __init__(self) -> None:
        self.writer: Writer | None = None
        self._holder: object = None
        self._given = DAEMON_LEASE

    def take(
        self, owner: str, at: datetime, holder: object, *, renew: int = 0, force: bool = False
    ) -> Writer | None:
        """The lease that `owner` has now, `renew` if that was one; None while another types."""
        is_own = self.writer is not None and self.writer.lease == renew
        if self.writer is not None and not is_own and not force:
            return None
        if not DAEMON_LEASE < renew <= self._given:
            self._given += 1
            renew = self._given
        self.writer = Writer(lease=renew, owner=owner, since=at)
        self._holder = holder
        return self.writer

    def drop(self, lease: int) -> bool:
        """Whether it was the writer's: then the daemon may type again."""
        if self.writer is None or self.writer.lease != lease:
            return False
        self.writer = self._holder = None
        return True

    def drop_of(self, holder: object) -> bool:
        """The same for whoever went away."""
        return self.writer is not None and self._holder is holder and self.drop(self.writer.lease)

    def allows(self, lease: int) -> bool:
        return lease == (self.writer.lease if self.writer else DAEMON_LEASE)
