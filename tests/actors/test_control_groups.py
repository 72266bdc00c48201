"""Control groups on a tree that is laid out as one, and on the real one as far as it lets us."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.control_groups import OWN, ControlGroups, mount_of
from actors.entry import entry_command
from actors.terminals.spawn import spawn
from storage.data_dir import DataDir
from tests.fakes.actors import eventually
from tests.peers.processes import alive

HOST, OTHER, WORKER = 11, 12, 13
LIMITS = {"processes": 5, "memory_bytes": 2**20}
KEY = "session/worker"


class Machine:
    """Files that stand where the kernel's would; what is written to `cgroup.procs` stays there."""

    def __init__(self, home: Path) -> None:
        self.data = DataDir(home / "data")
        self.mount, self.proc = home / "mount", home / "proc"
        self.group = self.mount / "user.slice" / "greenroom.scope"
        self.base = self.group / f"greenroom-{self.data.instance}"
        self.lay(self.group, "cpu pids memory")
        self.groups = ControlGroups(self.data.root, self.data.instance, self.mount, self.proc)
        host = entry_command("terminal-host", "--data", str(self.data.root))
        self.process(HOST, "\0".join(host))

    def lay(self, group: Path, controllers: str = "", procs: str = "") -> None:
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.controllers").write_text(controllers)
        (group / "cgroup.subtree_control").write_text("")
        (group / "cgroup.procs").write_text(procs)
        if self.base in {group.parent.parent, group.parent}:
            for name in ("pids.max", "memory.max", "cgroup.kill"):
                (group / name).write_text("")

    def process(self, pid: int, command: str = "", environ: str = "") -> None:
        place = self.proc / str(pid)
        place.mkdir(parents=True)
        (place / "cmdline").write_text(command)
        (place / "environ").write_text(environ)
        inside = self.group.relative_to(self.mount)
        (place / "cgroup").write_text(f"3:pids:/elsewhere\n0::/{inside}\n")

    def settled(self) -> ControlGroups:
        self.lay(self.base)
        self.lay(self.base / "session")
        self.groups.settle(HOST)
        return self.groups


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_group_with_controllers_and_nobody_elses_processes_is_used(machine: Machine) -> None:
    groups = machine.settled()
    assert (groups.is_usable, groups.problem) == (True, "")
    for place in (machine.group, machine.base):
        assert (place / "cgroup.subtree_control").read_text() == "+pids +memory"


def test_the_limits_of_a_session_hold_for_all_of_its_workers(machine: Machine) -> None:
    groups = machine.settled()
    leaf = groups.enter(KEY, LIMITS)
    assert Path(leaf) == machine.base / "session" / "worker"
    session = machine.base / "session"
    assert (session / "pids.max").read_text() == "5"
    assert (session / "memory.max").read_text() == str(2**20)
    groups.hold("session", {"processes": 7})
    assert (session / "pids.max").read_text() == "7"
    assert (session / "memory.max").read_text() == "max"
    groups.hold("another", LIMITS)
    assert not (machine.base / "another").exists()


def test_it_is_said_to_hold_only_what_is_written_and_inside(machine: Machine) -> None:
    groups = machine.settled()
    leaf = Path(groups.enter(KEY, LIMITS))
    machine.lay(leaf, procs=f"{WORKER}\n")
    assert groups.holds("session", LIMITS, 1)
    assert not groups.holds("session", LIMITS, 2)
    assert not groups.holds("session", {"processes": 6}, 1)
    assert not groups.holds("session", {}, 1)
    assert not groups.holds("another", LIMITS, 1)
    assert groups.members() == {WORKER: KEY}
    assert groups.count() == 1


def test_without_a_controller_the_limit_is_left_to_the_account(machine: Machine) -> None:
    groups = machine.settled()
    (machine.base / "session" / "memory.max").unlink()
    assert groups.enter(KEY, LIMITS)
    assert groups.holds("session", {"processes": 5}, 0)
    assert not groups.holds("session", LIMITS, 0)


def test_names_cannot_lead_out_of_our_own_groups(machine: Machine) -> None:
    groups = machine.settled()
    for key in ("", "session", "/worker", "session/", f"{OWN}/worker"):
        assert groups.enter(key, LIMITS) == ""
    leaf = groups.enter("session/mcp:../../../x y", LIMITS)
    assert Path(leaf).parent == machine.base / "session"
    machine.lay(Path(leaf), procs=f"{WORKER}\n")
    assert groups.members() == {WORKER: "session/mcp:../../../x y"}
    assert groups.enter(KEY, {}) == ""


def test_a_kill_is_for_one_group_alone(machine: Machine) -> None:
    groups = machine.settled()
    assert not groups.kill(KEY)
    for key in (KEY, "session/other"):
        machine.lay(Path(groups.enter(key, LIMITS)))
    assert groups.kill(KEY)
    assert (machine.base / "session" / "worker" / "cgroup.kill").read_text() == "1"
    assert (machine.base / "session" / "other" / "cgroup.kill").read_text() == ""


@pytest.mark.parametrize("controllers", ["", "cpu io"])
def test_a_missing_controller_is_the_reason(machine: Machine, controllers: str) -> None:
    machine.lay(machine.group, controllers)
    machine.groups.settle(HOST)
    assert "neither the pids nor the memory controller" in machine.groups.problem
    assert machine.groups.enter(KEY, LIMITS) == ""
    assert not machine.base.exists()


def test_nobody_else_is_moved(machine: Machine) -> None:
    machine.process(OTHER, "sleep", "GREENROOM_INSTANCE=another\0")
    machine.lay(machine.group, "pids", f"{HOST}\n{OTHER}\n")
    machine.groups.settle(HOST)
    assert "others' processes" in machine.groups.problem
    assert (machine.group / "cgroup.procs").read_text() == f"{HOST}\n{OTHER}\n"
    assert not machine.base.exists()


def test_our_own_are_moved_out_of_the_way(machine: Machine) -> None:
    machine.process(WORKER, "sh", f"A=b\0GREENROOM_INSTANCE={machine.data.instance}\0")
    machine.lay(machine.group, "pids", f"{HOST}\n{WORKER}\n")
    machine.lay(machine.base / OWN)
    assert machine.settled().is_usable
    assert (machine.base / OWN / "cgroup.procs").read_text() == str(WORKER)


def test_a_later_daemon_finds_the_groups_of_an_earlier_one(machine: Machine) -> None:
    machine.settled()
    inside = (machine.base / OWN).relative_to(machine.mount)
    (machine.proc / str(HOST) / "cgroup").write_text(f"0::/{inside}\n")
    later = ControlGroups(machine.data.root, machine.data.instance, machine.mount, machine.proc)
    later.settle(HOST)
    assert later.is_usable
    other = ControlGroups(machine.data.root, "other", machine.mount, machine.proc)
    other.settle(HOST)
    assert not other.is_usable


def test_where_v2_is_mounted() -> None:
    hybrid = "cgroup /c/pids cgroup rw,pids 0 0\ncgroup2 /c/my\\040own cgroup2 rw 0 0\n"
    assert mount_of(hybrid) == Path("/c/my own")
    assert mount_of("cgroup /c/pids cgroup rw,pids 0 0\n") is None


# The real one.


class Real:
    """A group of our own at the very mount, with a process in it that stands in for the host."""

    def __init__(self, home: Path, mount: Path) -> None:
        self.data = DataDir(home / "data")
        self.base = mount / f"greenroom-{self.data.instance}"
        (self.base / OWN).mkdir(parents=True)
        self.host = subprocess.Popen(["sleep", "1000"])
        (self.base / OWN / "cgroup.procs").write_text(str(self.host.pid))
        self.groups = ControlGroups.here(self.data.root, self.data.instance)
        self.groups.settle(self.host.pid)

    def close(self) -> None:
        self.host.kill()
        self.host.wait()
        for leaf in self.base.glob("*/*/cgroup.kill"):
            leaf.write_text("1")
        eventually(self._removed)

    def _removed(self) -> bool:
        for place in [*self.base.glob("*/*/"), *self.base.glob("*/"), self.base]:
            try:
                place.rmdir()
            except OSError:
                return False
        return True


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real | None]:
    """None where this machine lets us make no group."""
    mount = mount_of(Path("/proc/self/mounts").read_text())
    if mount is None or not os.access(mount, os.W_OK):
        yield None
        return
    made = Real(tmp_path, mount)
    yield made
    made.close()


def test_what_a_real_group_holds_cannot_leave_it_and_is_ended_with_it(
    real: Real | None, tmp_path: Path
) -> None:
    """A child by two forks, in a session of its own, without our environment, is inside too."""
    if real is None:
        here = ControlGroups.here(tmp_path, "none")
        here.settle(os.getpid())
        assert not here.is_usable
        assert here.problem
        return
    leaf = real.groups.enter(KEY, LIMITS)
    program = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execve('/bin/sleep', ['sleep', '1000'], {})\n"
        "    os._exit(0)\n"
        "time.sleep(1000)\n"
    )
    child = spawn([sys.executable, "-c", program], cwd="/", env={}, rows=24, cols=80, cgroup=leaf)
    try:
        eventually(lambda: len(real.groups.members()) == 2)
        members = real.groups.members()
        assert set(members.values()) == {KEY}
        assert child.pid in members
        assert "/session/worker\n" in Path(f"/proc/{child.pid}/cgroup").read_text()
        assert real.groups.kill(KEY)
        eventually(lambda: not any(map(alive, members)))
    finally:
        os.waitpid(child.pid, 0)
        os.close(child.master_fd)


def test_who_may_not_enter_its_group_runs_outside(tmp_path: Path) -> None:
    child = spawn(["true"], cwd="/", env={}, rows=24, cols=80, cgroup=str(tmp_path / "none"))
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 0
    os.close(child.master_fd)


def test_what_is_there_is_found_without_a_host(machine: Machine) -> None:
    leaf = machine.base / "session" / "worker"
    machine.lay(leaf, procs=f"{WORKER}\n")
    machine.groups.find()
    assert machine.groups.members() == {WORKER: KEY}
    other = ControlGroups(machine.data.root, "other", machine.mount, machine.proc)
    other.find()
    assert other.members() == {}


def test_what_the_kernel_killed_for_its_memory_is_counted(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    groups = machine.settled()
    assert groups.memory_kills(KEY) == 0
    events = machine.base / KEY / "memory.events"
    events.parent.mkdir()
    for text, count in (("low 0\noom 5\noom_kill 3\noom_group_kill 0\n", 3), ("oom_kill x", 0)):
        events.write_text(text)
        assert groups.memory_kills(KEY) == count
