"""The daemon as a service: what it tells whoever runs it, and, in the long form, a real systemd."""

import configparser
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from actors.daemon import ALREADY_RUNNING_STATUS, REFUSED_STATUS
from actors.systemd import OF_THE_SERVICE
from actors.terminals import host_files
from storage.journal import log
from storage.records.event import WorkerEnded
from tests.end_to_end.conftest import ROOT, RUN, House
from tests.peers.processes import alive

UNIT = ROOT / "docs" / "systemd" / "greenroom.service"
GROUPS = Path("/sys/fs/cgroup")
MANAGER = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0
exec /lib/systemd/systemd --user
"""


def sections() -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string(UNIT.read_text())
    return unit


def terminal(house: House) -> Any:
    made = house.data_of(
        {
            "type": "create-session",
            "location_path": "/",
            "title": "t",
            "worker": {"type": "terminal"},
        }
    )
    house.wait(lambda: house.worker("t", "terminal-1")["process"], "the terminal")
    return made


def shell_of(house: House) -> int:
    return int(house.worker("t", "terminal-1")["process"]["pid"])


def host_of(house: House) -> int:
    host = host_files.recorded_host(house.data)
    assert host is not None
    return host.pid


def environ_of(pid: int) -> dict[str, str]:
    items = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")[:-1]
    return dict(os.fsdecode(item).split("=", 1) for item in items)


def test_the_unit_ends_no_terminal_and_starts_again_only_what_crashed() -> None:
    service = sections()["Service"]
    assert service["ExecStart"].split()[1:] == ["daemon"]
    assert (service["Type"], service["KillMode"]) == ("notify", "process")
    final = {REFUSED_STATUS, ALREADY_RUNNING_STATUS}
    assert set(map(int, service["RestartPreventExitStatus"].split())) == final


def test_a_service_manager_is_told_when_it_answers_and_when_it_stops(house: House) -> None:
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with told:
        told.bind(str(house.home / "notify"))
        told.settimeout(20)
        given = dict.fromkeys(OF_THE_SERVICE, "1")
        house.environ |= {**given, "NOTIFY_SOCKET": str(house.home / "notify")}
        daemon = subprocess.Popen(
            [sys.executable, str(RUN), "--data", str(house.data), "daemon"],
            env=house.environ,
            cwd=house.home,
            stderr=subprocess.DEVNULL,
        )
        assert told.recv(4096).decode() == f"READY=1\nSTATUS=runs on {house.data}"
        assert house.status()["daemon"]["pid"] == daemon.pid
        house.run("daemon", expect=ALREADY_RUNNING_STATUS)
        terminal(house)
        shell = shell_of(house)
        for pid in (shell, host_of(house)):
            assert not environ_of(pid).keys() & set(OF_THE_SERVICE)
        daemon.terminate()
        assert told.recv(4096).startswith(b"STOPPING=1\n")
        assert daemon.wait(30) == 0
        assert alive(shell)
        for name in given:
            del house.environ[name]


class Systemd:
    """A user's manager of our own, in a control group and a place for its files of its own."""

    def __init__(self, home: Path) -> None:
        self._groups = [
            place / f"user@{os.getpid()}.service"
            for place in (GROUPS / "systemd", GROUPS / "unified", GROUPS)
            if (place / "cgroup.procs").exists()
        ]
        for group in self._groups:
            group.mkdir()
        units = home / ".config" / "systemd" / "user"
        units.mkdir(parents=True)
        join = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self._groups)
        self._environ = {"PATH": os.environ["PATH"], "HOME": str(home), "SHELL": "/bin/sh"}
        self._environ["XDG_RUNTIME_DIR"] = "/run/user/0"
        with (home / "systemd.log").open("wb") as log:
            self._manager = subprocess.Popen(
                ["sh", "-c", f"{join} exec unshare -m sh -c '{MANAGER}'"],
                env=self._environ, stdout=log, stderr=log,
            )  # fmt: skip
        self.units = units

    def ctl(self, *words: str) -> str:
        entered = ["nsenter", "-t", str(self._manager.pid), "-m", "systemctl", "--user", *words]
        done = subprocess.run(
            entered, env=self._environ, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() + done.stderr.strip()

    def shows(self, name: str) -> str:
        return self.ctl("show", "greenroom.service", "--value", f"--property={name}")

    def unit_of(self, pid: int) -> str:
        return Path(f"/proc/{pid}/cgroup").read_text().rstrip("\n").rpartition("/")[2]

    def end(self) -> None:
        """As at the end of a login."""
        self.ctl("exit")
        self._manager.wait(120)

    def close(self) -> None:
        self._manager.kill()
        self._manager.wait()
        for group in self._groups:
            below = sorted(group.rglob("*/"), reverse=True)
            for place in [*below, group]:
                for pid in (place / "cgroup.procs").read_text().split():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
        for group in self._groups:
            for place in [*sorted(group.rglob("*/"), reverse=True), group]:
                while (place / "cgroup.procs").read_text():
                    pass
                place.rmdir()


@pytest.fixture
def systemd(house: House) -> Iterator[Systemd]:
    made = Systemd(house.home)
    command = f"ExecStart={sys.executable} {RUN} --data {house.data} daemon"
    lines = UNIT.read_text().splitlines()
    text = "\n".join(command if line.startswith("ExecStart=") else line for line in lines)
    (made.units / "greenroom.service").write_text(text)
    house.wait(lambda: "running" in made.ctl("is-system-running"), "systemd")
    yield made
    made.close()


@pytest.mark.long
def test_a_real_systemd_keeps_the_daemon_and_no_stop_of_it_ends_a_terminal(
    house: House, systemd: Systemd
) -> None:
    """Needs root, systemd and control groups that may be written."""
    assert shutil.which("systemd-run")
    assert systemd.ctl("start", "greenroom") == ""
    assert systemd.shows("ActiveState") == "active"  # it is only then that `start` comes back
    assert systemd.shows("StatusText") == f"runs on {house.data}"
    daemon = house.status()["daemon"]["pid"]
    assert systemd.shows("MainPID") == str(daemon)
    assert house.run("start").stderr == ""  # it is kept: nothing to warn of
    made = terminal(house)
    shell, host = shell_of(house), host_of(house)
    assert systemd.unit_of(daemon) == "greenroom.service"
    scope = systemd.unit_of(host)
    assert (scope[:20], scope[-6:]) == ("greenroom-terminals-", ".scope")
    assert systemd.unit_of(shell) == scope

    os.kill(daemon, signal.SIGKILL)
    house.wait(lambda: house.status()["daemon"]["pid"] != daemon, "another daemon")
    house.wait(lambda: systemd.shows("ActiveState") == "active", "its start")
    assert systemd.ctl("restart", "greenroom") == ""
    assert house.wait(lambda: house.worker("t", "terminal-1")["status"] == "running")
    assert (shell_of(house), host_of(house)) == (shell, host)

    assert systemd.ctl("stop", "greenroom") == ""
    assert systemd.shows("Result") == "success"
    assert alive(shell)
    assert alive(host)
    other = house.daemon()  # not systemd's: it has the directory now
    systemd.ctl("start", "greenroom")
    house.wait(lambda: systemd.shows("ActiveState") == "failed", "its end")
    assert systemd.shows("ExecMainStatus") == str(ALREADY_RUNNING_STATUS)
    other.terminate()
    assert other.wait(30) == 0

    assert systemd.ctl("start", "greenroom") == ""
    assert shell_of(house) == shell
    systemd.end()
    assert not any(map(alive, [shell, host]))
    house.daemon()  # that one stopped before its terminals: it took their end for nobody's doing
    house.wait(lambda: house.worker("t", "terminal-1")["status"] == "running", "the shell")
    assert shell_of(house) != shell
    found = log.read(house.data / "workspaces" / "default" / "sessions" / made["id"])
    ends = [e for commit in found.commits for e in commit.events if isinstance(e, WorkerEnded)]
    assert [end.exit.cause for end in ends if end.exit] == ["lost"]
