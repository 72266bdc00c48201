"""How many requests lie in the inbox, run, were answered and were refused; for `status`."""

from dataclasses import dataclass, field


@dataclass
class InboxCounts:
    """Since the daemon started; written by the inbox's actor, read by anyone.

    `ignored`: files there whose names do not end in `.json`. `problems`: what could not be read of
    the requests journal, and why files are left lying.
    """

    waiting: int = 0
    running: int = 0
    answered: int = 0
    rejected: int = 0
    ignored: int = 0
    problems: list[str] = field(default_factory=list)
