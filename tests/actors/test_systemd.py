"""Against real datagram sockets, and with the control groups that systemd gives its units."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import systemd
from actors.systemd import OF_THE_SERVICE, Notifier, Unit, outliving_commands, unit_of

USERS = "/user.slice/user-1000.slice/user@1000.service/app.slice"


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """What NOTIFY_SOCKET would say, and the socket."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@greenroom-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listening.settimeout(10)
        yield name, listening


def test_it_is_told(manager: tuple[str, socket.socket]) -> None:
    name, listening = manager
    Notifier(name).tell("READY=1", "STATUS=here")
    assert listening.recv(1000) == b"READY=1\nSTATUS=here"


def test_one_that_does_not_read_is_not_waited_for(manager: tuple[str, socket.socket]) -> None:
    name, listening = manager
    for number in range(5000):
        Notifier(name).tell(f"STATUS={number}")
    assert listening.recv(1000) == b"STATUS=0"


@pytest.mark.parametrize(
    ("address", "listens"),
    [
        ("", False),
        ("/no/such/socket", True),
        ("/dev/null", True),
        ("@nobody", True),
        ("vsock:2:1", False),
        ("x", False),
    ],
)
def test_nobody_to_tell_is_no_failure(address: str, listens: bool) -> None:
    notifier = Notifier(address)
    notifier.tell("READY=1")
    assert notifier.listens is listens


def test_what_is_the_services_own_is_taken_out_of_the_environment() -> None:
    environ = {**dict.fromkeys(OF_THE_SERVICE, "x"), "NOTIFY_SOCKET": "/run/n", "HOME": "/h"}
    found = Notifier.of(environ)
    assert (found.listens, found.keeps_us, environ) == (True, False, {"HOME": "/h"})
    assert not Notifier.of(environ).listens
    assert Notifier.of({"SYSTEMD_EXEC_PID": str(os.getpid())}).keeps_us


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        (f"{USERS}/greenroom.service", Unit("greenroom.service", is_users=True)),
        (f"{USERS}/greenroom.service/below", Unit("greenroom.service", is_users=True)),
        ("/system.slice/greenroom.service", Unit("greenroom.service", is_users=False)),
        (f"{USERS}/vte-spawn-1.scope", None),
        ("/user.slice/user-1000.slice/session-2.scope", None),
        ("/system.slice/docker-1.scope", None),
        ("/docker/1", None),
        ("/", None),
    ],
)
def test_which_service_a_process_is_in(path: str, unit: Unit | None) -> None:
    assert unit_of(f"0::{path}\n") == unit
    assert unit_of(f"8:pids:/x.service\n1:name=systemd:{path}\n0::/\n") == unit


def test_in_a_service_a_scope_is_tried_first_and_none_at_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = ["python", "host"]
    monkeypatch.setattr(systemd, "unit_of", lambda _: None)
    assert outliving_commands(command, "it") == [command]
    program = tmp_path / "systemd-run"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(systemd, "unit_of", lambda _: Unit("g.service", is_users=True))
    newest, older, plain = outliving_commands(command, "it")
    assert plain == command
    assert older[:3] == [str(program), "--user", "--scope"]
    assert older[-3:] == ["--", *command]
    assert {"--description=it", "--property=Before=g.service"} < set(older)
    assert set(newest) - set(older) == {"--property=OOMPolicy=continue"}
    monkeypatch.setenv("PATH", "/nowhere")
    assert outliving_commands(command, "it") == [command]
