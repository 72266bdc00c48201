"""Something dear is done at once, and however often it is asked for, seldom."""

from actors.terminals.paced import Paced
from tests.fakes.clock import FakeClock


def test_the_first_is_done_at_once_and_the_rest_once_later() -> None:
    clock, done = FakeClock(), list[float]()
    paced = Paced(clock.after, 1.0, lambda: done.append(clock.monotonic() - 1000.0))
    for _ in range(5):
        paced.due()
    assert done == [0.0]
    clock.advance(5)
    assert done == [0.0, 1.0]
    paced.due()
    assert done == [0.0, 1.0, 5.0]


def test_a_look_in_between_is_not_made_up_for() -> None:
    clock, done = FakeClock(), list[bool]()
    paced = Paced(clock.after, 1.0, lambda: done.append(True))
    paced.look()
    paced.look()
    clock.advance(5)
    assert len(done) == 1
    paced.look()
    assert len(done) == 2
