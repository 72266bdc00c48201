"""Who wants to see a response grow: those who asked for it and are still there."""

import logging
from collections.abc import Callable

from actors.messages.recording import Notice
from storage.records.conversation import TurnGrew

_log = logging.getLogger(__name__)

Follow = Callable[[TurnGrew], object]
"""Gives False when it wants to hear no more."""


class Followers:
    """`hear` is subscribed to the broadcaster. A response has at most one follower: its asker."""

    def __init__(self) -> None:
        self._following: dict[str, Follow] = {}

    def follow(self, response_id: str, follower: Follow) -> None:
        self._following[response_id] = follower

    def drop(self, response_id: str) -> None:
        self._following.pop(response_id, None)

    def hear(self, notice: Notice) -> None:
        """In the publisher's thread."""
        if isinstance(notice, TurnGrew):
            follower = self._following.get(notice.response_id)
            if follower and follower(notice) is False:
                self.drop(notice.response_id)
