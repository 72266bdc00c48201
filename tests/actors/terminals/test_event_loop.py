import os
import signal
from collections.abc import Iterator

import pytest

from actors.terminals.event_loop import READ, WRITE, EventLoop

Pipe = tuple[int, int]


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    before = signal.set_wakeup_fd(-1)
    yield EventLoop()
    signal.set_wakeup_fd(before)


@pytest.fixture
def pipes() -> Iterator[list[Pipe]]:
    made = [os.pipe() for _ in range(2)]
    for _, write_fd in made:
        os.write(write_fd, b"x")
    yield made
    for pipe in made:
        os.close(pipe[0])
        os.close(pipe[1])


def fail(_: int) -> None:
    raise ValueError("a bad client")


def test_a_callback_that_fails_is_told_and_ends_nothing(
    loop: EventLoop, pipes: list[Pipe], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = pipes[0][0]
    loop.register(failed, READ, fail, lambda: loop.unregister(failed))
    loop.after(0.01, lambda: fail(0))
    loop.after(0.05, loop.stop)
    loop.run()
    assert capsys.readouterr().err.count("ValueError: a bad client") == 2


def test_an_event_of_one_that_was_closed_is_not_given_to_another_of_its_number(
    loop: EventLoop, pipes: list[Pipe]
) -> None:
    """Both are ready; the first to be called puts another in the place of the second."""
    called: list[str] = []
    fds = [read_fd for read_fd, _ in pipes]

    def replace_other(name: str, other: int) -> None:
        called.append(name)
        loop.unregister(other)
        loop.register(other, READ, lambda _: called.append("late"), lambda: None)
        loop.stop()

    loop.register(fds[0], READ, lambda _: replace_other("first", fds[1]), lambda: None)
    loop.register(fds[1], READ, lambda _: replace_other("second", fds[0]), lambda: None)
    loop.run()
    assert called in (["first"], ["second"])


def test_what_is_watched_for_can_change_and_end(loop: EventLoop, pipes: list[Pipe]) -> None:
    seen: list[int] = []
    write_fd = pipes[0][1]

    def ready(events: int) -> None:
        seen.append(events)
        loop.watch_for(write_fd, READ)  # which it never is

    loop.register(write_fd, WRITE, ready, lambda: None)
    loop.after(0.05, loop.stop)
    loop.run()
    assert seen == [WRITE]
    loop.unregister(write_fd)
    loop.unregister(write_fd)
    loop.watch_for(write_fd, WRITE)
