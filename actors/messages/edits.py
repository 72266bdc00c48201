"""What is said to whoever takes edits of `sessions.json`."""

from msgspec import Struct


class LookAtSessions(Struct, frozen=True):
    """Look whether somebody saved `sessions.json`; of every workspace if None is named.

    `is_finished`: it was just closed after writing, or moved into place.
    """

    workspace: str | None = None
    is_finished: bool = False
