from itertools import count, takewhile
from signal import Signals

from actors.terminals.ending import ending_step


def test_hup_comes_first_term_after_a_moment_and_kill_two_seconds_later() -> None:
    steps = [step for step in takewhile(bool, map(ending_step, count())) if step is not None]
    assert [step.signals[0] for step in steps[:3]] == [
        Signals.SIGHUP,
        Signals.SIGTERM,
        Signals.SIGKILL,
    ]
    assert 0 < steps[0].wait_seconds <= 1
    assert steps[1].wait_seconds == 2
    assert all(Signals.SIGCONT in step.signals for step in steps[:2])
