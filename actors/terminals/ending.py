"""How a process session is ended: ask as a closing terminal would, insist, then force.

Pure. Interactive shells ignore TERM and heed HUP; CONT wakes what is stopped, so that it can heed.
"""

from signal import Signals
from typing import NamedTuple


class EndingStep(NamedTuple):
    """`signals` for everything in the session, then `wait_seconds` for it to go."""

    signals: tuple[Signals, ...]
    wait_seconds: float


ENDING = (
    EndingStep((Signals.SIGHUP, Signals.SIGCONT), 0.5),
    EndingStep((Signals.SIGTERM, Signals.SIGCONT), 2.0),
    EndingStep((Signals.SIGKILL,), 0.2),
    EndingStep((Signals.SIGKILL,), 2.0),
)
"""KILL twice: a process may fork between the look at the session and the signal."""


def ending_step(number: int) -> EndingStep | None:
    """The step of this number, from 0; None when all has been tried."""
    return ENDING[number] if number < len(ENDING) else None
