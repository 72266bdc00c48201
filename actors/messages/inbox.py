"""How many requests lie in the inbox, run, were answered and were refused; for `status`."""

from dataclasses import dataclass


@dataclass
class InboxCounts:
    """Since the daemon started; written by the inbox's actor, read by anyone."""

    waiting: int = 0
    running: int = 0
    answered: int = 0
    rejected: int = 0
