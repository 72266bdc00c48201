from actors.messages.work import TypeInput
from actors.workers.held_input import HeldInput


def typed(number: int, wait_seconds: float = 9) -> TypeInput:
    return TypeInput(number=number, data=b"x", wait_seconds=wait_seconds)


def test_what_is_taken_is_under_way_until_it_is_settled() -> None:
    held = HeldInput()
    assert held.take(typed(1))
    assert held.take(typed(2))
    held.settled(1)
    assert held.under_way == [2]


def test_later_input_waits_behind_what_is_held() -> None:
    held = HeldInput()
    first, second, third = typed(1), typed(2), typed(3)
    held.take(first)
    held.take(second)
    held.hold(1, "ann types")
    assert not held.take(third)
    held.hold(2, "ann types")
    assert held.under_way == []
    assert held.let_go() == [first, second, third]
    assert held.under_way == [1, 2, 3]
    assert held.let_go() == []


def test_what_does_not_want_to_wait_is_late_at_once() -> None:
    held = HeldInput()
    held.take(typed(1, 0))
    assert not held.is_late(1)
    held.hold(1, "ann types")
    assert held.is_late(1)
    assert held.let_go() == []


def test_who_has_waited_enough_is_late_once_held() -> None:
    held = HeldInput()
    for number in (1, 2, 3):
        held.take(typed(number))
    held.hold(1, "ann types")
    assert not held.is_late(1)
    held.expire(1)
    held.expire(2)
    held.expire(7)
    assert held.is_late(1)
    assert not held.is_late(2)
    held.hold(2, "bob types")
    assert (held.is_late(2), held.reason) == (True, "bob types")
    assert not held.is_late(3)
