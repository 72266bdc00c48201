import os
import signal

import pytest

import actors.shutdown
from actors.shutdown import end_terminals
from actors.terminals import host_files
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.peers.processes import alive


def test_every_process_ends_as_our_own_doing_and_then_the_host(greenroom: House) -> None:
    made = [greenroom.shell() for _ in range(3)]
    stubborn = greenroom.shell(command=["sh", "-c", "trap '' HUP TERM; while :; do sleep 1; done"])
    pids = [greenroom.worker(*each).process.pid for each in (*made, stubborn)]
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    end_terminals(greenroom.room.around)
    assert not any(alive(pid) for pid in pids)
    eventually(lambda: not alive(host.pid))
    for each in (*made, stubborn):
        worker = greenroom.worker(*each)
        assert (worker.status, worker.desired, worker.exit.cause) == ("stopped", "run", "shutdown")


def test_a_worker_that_waits_for_its_restart_is_not_started_meanwhile(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    other = greenroom.shell(command=["sh", "-c", "trap '' HUP TERM; while :; do sleep 1; done"])
    os.kill(greenroom.worker(session_id, worker_id).process.pid, signal.SIGKILL)
    greenroom.becomes(session_id, worker_id, "exited")
    end_terminals(greenroom.room.around)
    assert greenroom.worker(*other).status == "stopped"
    greenroom.stop()
    greenroom.start()
    assert greenroom.becomes(session_id, worker_id, "running").restarts == 1


def test_without_processes_there_is_nothing_to_wait_for(greenroom: House) -> None:
    greenroom.create()
    end_terminals(greenroom.room.around)
    assert host_files.recorded_host(greenroom.data.root) is None


def test_one_that_does_not_end_in_time_is_left_to_the_host(
    greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    monkeypatch.setattr(actors.shutdown, "WORKERS_SECONDS", 0.0)
    end_terminals(greenroom.room.around)
    assert not alive(pid)
