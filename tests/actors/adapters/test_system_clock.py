import logging
import threading
import time
import weakref
from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from actors.adapters.system_clock import SystemClock


def test_now_is_the_systems_time_in_utc() -> None:
    with freeze_time("2026-11-21 05:40:12"):
        now = SystemClock().now()
    assert now == datetime(2026, 11, 21, 5, 40, 12, tzinfo=UTC)
    assert now.utcoffset() == timedelta(0)


def test_the_monotonic_reading_never_falls() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)


def test_calls_come_in_the_order_of_their_times_from_one_thread() -> None:
    clock = SystemClock()
    called: list[tuple[str, str]] = []
    done = threading.Event()

    def note(name: str) -> None:
        called.append((name, threading.current_thread().name))

    clock.after(0.06, lambda: note("last"))
    clock.after(0.07, done.set)
    clock.after(0.03, lambda: note("second"))
    clock.after(0.0, lambda: note("first"))
    assert done.wait(10)
    assert called == [("first", "timer"), ("second", "timer"), ("last", "timer")]


def test_nothing_is_called_early() -> None:
    clock = SystemClock()
    called_at: list[float] = []
    done = threading.Event()
    begun = time.monotonic()
    clock.after(0.05, lambda: called_at.append(time.monotonic()))
    clock.after(0.06, done.set)
    assert done.wait(10)
    assert called_at[0] >= begun + 0.05


def test_a_cancelled_call_does_not_come() -> None:
    clock = SystemClock()
    called: list[str] = []
    done = threading.Event()
    cancel = clock.after(0.02, lambda: called.append("cancelled"))
    clock.after(0.04, done.set)
    cancel()
    cancel()
    assert done.wait(10)
    assert called == []
    assert clock._calls == {}


def test_cancelling_what_has_been_called_leaves_nothing_behind() -> None:
    clock = SystemClock()
    done = threading.Event()
    cancel = clock.after(0.0, done.set)
    assert done.wait(10)
    cancel()
    assert clock._calls == {}


def test_a_call_that_fails_does_not_end_the_timer(caplog: pytest.LogCaptureFixture) -> None:
    clock = SystemClock()
    done = threading.Event()

    def fail() -> None:
        raise SystemExit("boom")

    with caplog.at_level(logging.ERROR):
        clock.after(0.0, fail)
        clock.after(0.01, done.set)
        assert done.wait(10)
    assert "a timer's call failed" in caplog.text


def test_what_a_cancelled_call_holds_is_let_go_at_once() -> None:
    class Held:
        def remind(self) -> None:
            raise AssertionError

    clock, held = SystemClock(), Held()
    kept = weakref.ref(held)
    cancel = clock.after(1000, held.remind)
    del held
    assert kept()
    cancel()
    assert kept() is None


def test_a_timer_for_later_than_a_system_can_wait_holds_up_no_other() -> None:
    clock = SystemClock()
    clock.after(threading.TIMEOUT_MAX * 2, lambda: None)
    called = threading.Event()
    clock.after(0.01, called.set)
    assert called.wait(10)
