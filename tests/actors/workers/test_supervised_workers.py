"""Workers under supervision, for real: so many crashes and one more, a stop beside one, faults."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.messages import work
from actors.supervision import tell
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house, pass_time
from tests.peers.processes import alive

INTENSITY = 5


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with house(tmp_path, clock=clock) as running:
        yield running


def crash(timed: House, session_id: str, worker_id: str) -> int:
    """Kill its process, and wait until that is known."""
    pid: int = timed.worker(session_id, worker_id).process.pid
    os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: timed.worker(session_id, worker_id).status in {"exited", "quarantined"},
        seconds=PATIENCE_SECONDS,
    )
    return pid


def has_ended(pid: int) -> bool:
    return not alive(pid)


def comes_back(timed: House, clock: FakeClock, session_id: str, worker_id: str) -> None:
    def runs() -> bool:
        if timed.worker(session_id, worker_id).status == "running":
            return True
        if timed.state("sessions", session_id, worker_id) == "starting":
            pass_time(clock, 8.5)  # the longest wait of so few
        return False

    eventually(runs, seconds=PATIENCE_SECONDS)


def test_a_shell_comes_back_from_as_many_crashes_as_the_intensity_and_not_from_one_more(
    timed: House, clock: FakeClock
) -> None:
    where = timed.shell()
    for count in range(1, INTENSITY + 1):
        crash(timed, *where)
        comes_back(timed, clock, *where)
        assert timed.worker(*where).restarts == count
    crash(timed, *where)
    given_up = timed.becomes(*where, "quarantined")
    assert (given_up.exit.signal, given_up.restarts) == (signal.SIGKILL, INTENSITY)
    assert "ended by signal 9" in given_up.last_error
    (shown,) = timed.get("get-status")["sessions"][0]["workers"]
    assert (shown["status"], shown["last_error"]) == ("quarantined", given_up.last_error)
    timed.get("start-worker", session=where[0], worker=where[1])
    assert timed.worker(*where).restarts == INTENSITY  # this start was asked for
    crash(timed, *where)
    comes_back(timed, clock, *where)  # and its crashes count anew


@pytest.mark.parametrize("stop_first", [True, False])
def test_a_stop_beside_a_crash_stays(timed: House, clock: FakeClock, *, stop_first: bool) -> None:
    session_id = timed.create()["id"]
    for number in range(6):
        worker = {"type": "terminal", "name": f"w{number}", "restart": "always"}
        made = timed.get("create-worker", session=session_id, worker=worker)
        where, pid = (session_id, made["id"]), made["process"]["pid"]
        stop = {"type": "stop-worker", "session": session_id, "worker": made["id"]}
        stopped = timed.post(stop) if stop_first else None
        os.kill(pid, signal.SIGKILL)
        stopped = stopped or timed.post(stop)
        assert stopped.result(PATIENCE_SECONDS).ok
        eventually(partial(has_ended, pid))
        pass_time(clock, 8.0)
        found = timed.worker(*where)
        assert (found.process, found.desired) == (None, "stopped")
        assert found.status in {"stopped", "exited"}
    timed.again()
    pass_time(clock, 8.0)
    assert timed.awake() == set()
    assert [worker.process for worker in timed.record(session_id).workers] == [None] * 6


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_a_fault_in_one_workers_actor_leaves_all_others_as_they_were(
    greenroom: House, error: BaseException
) -> None:
    shell = greenroom.shell()
    talker = greenroom.get("create-worker", session=shell[0], worker={"type": "conversation"})["id"]
    other = greenroom.shell()
    eventually(lambda: greenroom.state("sessions", shell[0], talker) == "running")
    before = [greenroom.worker(*where).process for where in (shell, other)]
    tell(actor(greenroom, shell[0], talker), work.EffectFailed(error))

    def again() -> bool:
        node = greenroom.node("sessions", shell[0], talker)
        return node is not None and (node.restarts, node.state) == (1, "running")

    eventually(again, seconds=PATIENCE_SECONDS)
    assert [greenroom.worker(*where).process for where in (shell, other)] == before
    tree = greenroom.get("get-status")["tree"]
    assert faults(tree) == {talker}
    assert tree["state"] == "running"
    greenroom.get("write-input", session=shell[0], worker=shell[1], data="echo here\r")
    greenroom.shows(*shell, "here\r\n")


def actor(greenroom: House, session_id: str, worker_id: str) -> Any:
    """The ref of a worker's actor."""
    proxy: Any = greenroom.ref(session_id).proxy()
    return proxy.child_ref(worker_id).get(timeout=PATIENCE_SECONDS)


def faults(node: Any) -> set[str]:
    """The names of all that have failed, by the tree."""
    own = {node["name"]} if node["last_error"] or node["restarts"] else set()
    return own.union(*(faults(child) for child in node["children"]))
