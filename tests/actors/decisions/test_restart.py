"""Plain values only; the last two let Hypothesis look for a child that restarts too often."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.restart import (
    GiveUp,
    Leave,
    Restart,
    RestartHistory,
    RestartMode,
    RestartPolicy,
    Strategy,
    affected,
    after_end,
)

STEADY = RestartPolicy(jitter=0.0)


def end(
    policy: RestartPolicy = STEADY,
    history: RestartHistory = RestartHistory(),  # noqa: B008 - frozen
    *,
    restart: RestartMode = "permanent",
    abnormal: bool = True,
    now: float = 0.0,
    ran: float = 0.0,
    random01: float = 0.0,
) -> Restart | Leave | GiveUp:
    return after_end(
        policy,
        restart,
        history,
        abnormal=abnormal,
        now=now,
        started_at=now - ran,
        random01=random01,
    )


def crash_loop(policy: RestartPolicy, now: float = 0.0) -> tuple[list[float], GiveUp]:
    """Delays until it is given up, when each incarnation fails at once."""
    delays: list[float] = []
    history = RestartHistory()
    while True:
        verdict = end(policy, history, now=now)
        if isinstance(verdict, GiveUp):
            return delays, verdict
        assert isinstance(verdict, Restart)
        delays.append(verdict.delay_seconds)
        now += verdict.delay_seconds
        history = verdict.history


@pytest.mark.parametrize(
    ("restart", "abnormal", "again"),
    [
        ("permanent", True, True),
        ("permanent", False, True),
        ("transient", True, True),
        ("transient", False, False),
        ("temporary", True, False),
        ("temporary", False, False),
    ],
)
def test_the_restart_mode_says_which_ends_are_undone(
    restart: RestartMode, abnormal: bool, again: bool
) -> None:
    verdict = end(restart=restart, abnormal=abnormal)
    assert isinstance(verdict, Restart if again else Leave)


def test_delays_double_from_the_first_to_the_intensity_and_then_it_is_given_up() -> None:
    delays, _ = crash_loop(STEADY)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_delays_stop_growing_at_the_limit() -> None:
    delays, _ = crash_loop(RestartPolicy(jitter=0.0, intensity=9, period_seconds=1e6))
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_after_a_healthy_run_the_first_delay_applies_again() -> None:
    _, given_up = crash_loop(RestartPolicy(jitter=0.0, intensity=3))
    verdict = end(history=RestartHistory(consecutive=7), now=500.0, ran=60.0)
    assert isinstance(verdict, Restart)
    assert verdict.delay_seconds == 0.5
    assert given_up.history.gave_up


def test_restarts_older_than_the_period_are_forgotten() -> None:
    history = RestartHistory(restarts=(0.5, 2.0, 3.0, 4.0, 5.0), consecutive=0)
    assert isinstance(end(history=history, now=59.9), GiveUp)
    assert isinstance(end(history=history, now=60.0), Restart)


def test_one_failed_trial_gives_it_up_again_however_long_ago_the_others_were() -> None:
    _, given_up = crash_loop(STEADY)
    again = end(history=given_up.history, now=10_000.0, ran=59.9)
    assert isinstance(again, GiveUp)
    healthy = end(history=given_up.history, now=10_000.0, ran=60.0)
    assert isinstance(healthy, Restart)
    assert not healthy.history.gave_up


def test_intensity_zero_never_restarts() -> None:
    assert isinstance(end(RestartPolicy(intensity=0)), GiveUp)


def test_a_very_long_series_does_not_overflow() -> None:
    verdict = end(history=RestartHistory(consecutive=100_000))
    assert isinstance(verdict, Restart)
    assert verdict.delay_seconds == 30.0


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("one_for_one", ("b",)), ("one_for_all", ("a", "b", "c")), ("rest_for_one", ("b", "c"))],
)
def test_each_strategy_takes_its_siblings_in_order_of_start(
    strategy: Strategy, expected: tuple[str, ...]
) -> None:
    assert affected(strategy, ["a", "b", "c"], "b") == expected


policies = st.builds(
    RestartPolicy,
    intensity=st.integers(0, 6),
    period_seconds=st.floats(0.1, 100),
    backoff_first_seconds=st.floats(0, 10),
    backoff_limit_seconds=st.floats(0, 50),
    jitter=st.floats(0, 1),
    healthy_seconds=st.floats(0.1, 100),
)
lives = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 1)), max_size=40)


@given(policies, lives)
def test_never_more_restarts_than_the_intensity_in_any_period(
    policy: RestartPolicy, lives: list[tuple[float, float]]
) -> None:
    now, history = 0.0, RestartHistory()
    restarts: list[float] = []
    for ran, random01 in lives:
        now += ran
        verdict = end(policy, history, now=now, ran=ran, random01=random01)
        if not isinstance(verdict, Restart):
            break
        now += verdict.delay_seconds
        history = verdict.history
        restarts.append(now)
    windows = zip(restarts, restarts[policy.intensity :], strict=False)
    assert all(last - first > policy.period_seconds - 1e-6 for first, last in windows)
    assert all(first <= second for first, second in pairwise(restarts))


@given(policies, st.integers(0, 2000), st.floats(0, 1))
def test_a_delay_is_the_doubled_first_one_within_limit_and_jitter(
    policy: RestartPolicy, consecutive: int, random01: float
) -> None:
    history = RestartHistory(consecutive=consecutive)
    verdict = end(policy, history, random01=random01)
    if isinstance(verdict, GiveUp):
        assert policy.intensity == 0
        return
    assert isinstance(verdict, Restart)
    nominal = policy.backoff_limit_seconds
    if consecutive < 60:
        nominal = min(nominal, policy.backoff_first_seconds * 2**consecutive)
    if policy.backoff_first_seconds > 1e-9 or consecutive < 60:
        assert verdict.delay_seconds <= nominal
        assert verdict.delay_seconds >= nominal * (1 - policy.jitter) - 1e-9
