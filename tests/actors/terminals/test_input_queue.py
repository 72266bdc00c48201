from actors.terminals.input_queue import LEASES_KEPT, QUEUE_BYTES, InputQueue
from actors.terminals.protocol import DAEMON_LEASE


def test_a_number_is_queued_once_per_lease() -> None:
    queue = InputQueue()
    offers = [(0, 1, b"a"), (0, 1, b"a"), (1, 1, b"b"), (0, 5, b"c"), (0, 3, b"d")]
    answers = [queue.offer(*offer) for offer in offers]
    assert answers == ["accepted", "repeated", "accepted", "accepted", "repeated"]
    assert queue.waiting == b"abc"
    assert queue.numbers() == {1: 1, 0: 5}


def test_a_number_that_was_asked_about_with_nothing_is_never_typed_later() -> None:
    queue = InputQueue()
    assert queue.offer(0, 1, b"") == "accepted"
    assert queue.offer(0, 1, b"late") == "repeated"
    assert not queue.waiting


def test_a_refused_number_may_be_repeated_when_there_is_room() -> None:
    queue = InputQueue()
    queue.offer(0, 1, b"x" * QUEUE_BYTES)
    assert queue.offer(0, 2, b"y") == "input-full"
    queue.typed(QUEUE_BYTES)
    assert queue.offer(0, 2, b"y") == "accepted"
    assert queue.offer(0, 2, b"y") == "repeated"
    assert queue.waiting == b"y"


def test_a_refused_number_that_was_passed_is_never_taken_for_typed() -> None:
    queue = InputQueue()
    queue.offer(0, 1, b"x" * (QUEUE_BYTES - 1))
    assert queue.offer(0, 2, b"yy") == "input-full"
    assert queue.offer(0, 3, b"z") == "accepted"
    assert queue.offer(0, 2, b"yy") == "number-passed"


def test_the_numbers_of_the_last_leases_are_kept() -> None:
    queue = InputQueue()
    for lease in range(LEASES_KEPT + 1):
        queue.offer(lease, 7, b"")
    assert set(queue.numbers()) == {DAEMON_LEASE, *range(2, LEASES_KEPT + 1)}
    assert queue.last(LEASES_KEPT) == 7
    assert queue.last(1) == 0


def test_a_number_refused_for_another_reason_is_no_typed_one() -> None:
    queue = InputQueue()
    queue.offer(0, 1, b"a")
    assert not queue.refuse(0, 1)
    assert queue.refuse(0, 2)
    assert queue.refuse(0, 2)
    assert queue.offer(0, 3, b"c") == "accepted"
    assert queue.offer(0, 2, b"b") == "number-passed"
