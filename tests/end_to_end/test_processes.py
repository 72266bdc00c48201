"""Which code runs, and what reaches whom: processes of ours among others."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.cli.processes import pids_of
from tests.end_to_end import conftest
from tests.end_to_end.conftest import ROOT, RUN, House
from tests.peers.processes import alive

ENTRY = str(ROOT / "actors" / "entry.py")
DEMO_SERVER = ROOT / "tests" / "peers" / "mcp_demo.py"
ROLES = ("keeper", "daemon", "terminal-host")


class Started:
    """How a living process was started, and where it stands."""

    def __init__(self, pid: int) -> None:
        place = Path(f"/proc/{pid}")
        self.words = [os.fsdecode(w) for w in place.joinpath("cmdline").read_bytes().split(b"\0")]
        environ = [os.fsdecode(w) for w in place.joinpath("environ").read_bytes().split(b"\0")]
        self.ours = {word for word in environ if word.startswith("GREENROOM_")}
        self.cwd = str(place.joinpath("cwd").readlink())


def launchers(house: House) -> list[Started]:
    """Of the MCP servers that hang below the daemon."""
    children = Path(f"/proc/{house.status()['daemon']['pid']}/task").glob("*/children")
    pids = [int(pid) for place in children for pid in place.read_text().split()]
    return [each for each in map(Started, pids) if "mcp-launcher" in each.words]


def test_each_process_of_ours_starts_by_its_absolute_path_without_a_mark(house: House) -> None:
    """Started in a terminal of another greenroom, among decoys."""
    for name in ("actors", "storage", "msgspec", "selectors"):
        (house.home / f"{name}.py").write_text("raise SystemExit('the working directory ran')\n")
    house.environ |= {"GREENROOM_INSTANCE": "other", "GREENROOM_WORKER": "s/w"}
    demo = {"command": sys.executable, "args": [str(DEMO_SERVER)], "scope": "workspace"}
    house.workspace({"mcp_servers": {"demo": demo}})
    house.run("start")
    house.run("new", str(house.home), "--terminal")
    for role in ROLES:
        (pid,) = pids_of(role, str(house.data))
        started = Started(pid)
        assert started.words[:6] == [sys.executable, "-P", ENTRY, role, "--data", str(house.data)]
        assert (started.cwd, started.ours) == ("/", set())
    launcher = house.wait(lambda: launchers(house), "the MCP server")[0]
    assert launcher.words[:5] == [sys.executable, "-I", "-S", ENTRY, "mcp-launcher"]
    house.wait(lambda: launchers(house)[0].cwd == "/", "it to stand there")
    marks = dict(each.split("=", 1) for each in launcher.ours)
    # By these it is known once nobody is left who started it; by HOME ours finds its greenroom.
    assert marks.keys() == {f"GREENROOM_{each}" for each in ("HOME", "INSTANCE", "NONCE", "SERVER")}
    assert marks["GREENROOM_INSTANCE"] != "other"


@pytest.fixture
def inner(house: House) -> Iterator[House]:
    made = House(house.home / "inner", house.home)
    yield made
    made.run("stop", expect=None)


@pytest.mark.parametrize("way", ["start", "daemon"])
def test_a_greenroom_in_a_terminal_outlives_the_terminal(
    running: House, inner: House, way: str
) -> None:
    """A daemon in the foreground is the terminal's own program, and stops with it in order."""
    command = f"{sys.executable} {RUN} --data {inner.data} {way}; sleep 1000"
    worker = {"type": "terminal", "command": ["sh", "-c", command], "restart": "never"}
    running.data_of(
        {"type": "create-session", "location_path": "/", "title": "outer", "worker": worker}
    )
    running.wait(inner.status, "the greenroom in the greenroom")
    file = inner.home / "bare"
    leaver = f"env -i setsid sh -c 'echo $$ >{file}; exec sleep 1000' & exec sleep 1000"
    inside = {"type": "terminal", "command": ["sh", "-c", leaver]}
    inner.data_of({"type": "create-session", "location_path": "/", "title": "i", "worker": inside})
    inner.wait(lambda: file.exists() and file.read_text().strip(), "what it leaves")
    theirs = [pid for role in ROLES for pid in pids_of(role, str(inner.data))]
    theirs += [inner.worker("i", "terminal-1")["process"]["pid"], int(file.read_text())]
    if way == "daemon":
        theirs.remove(inner.status()["daemon"]["pid"])
    running.kill_daemon()
    to = {"session": "outer", "worker": "terminal-1"}
    running.wait(lambda: running.worker(**to)["status"] == "running", "the outer terminal")
    running.data_of({"type": "stop-worker", **to})
    running.data_of({"type": "delete-session", "session": "outer"})
    assert running.data_of({"type": "cleanup-orphans"}) == {"ended": [], "left": []}
    assert all(map(alive, theirs))
    if way == "daemon":
        inner.run("start")
    assert inner.worker("i", "terminal-1")["process"]["pid"] in theirs


def test_a_greenroom_restarted_from_its_own_terminal_outlives_it(running: House) -> None:
    running.data_of(
        {
            "type": "create-session",
            "location_path": "/",
            "title": "own",
            "worker": {"type": "terminal"},
        }
    )
    to = {"session": "own", "worker": "terminal-1"}
    running.wait(lambda: running.worker(**to)["process"], "the terminal")
    shell, before = running.worker(**to)["process"], running.status()["daemon"]["pid"]
    command = f"{sys.executable} {RUN} restart && {sys.executable} {RUN} ls && echo d''one\r"
    running.data_of({"type": "write-input", "data": command, **to})
    running.wait(lambda: running.status()["daemon"]["pid"] != before, "another daemon")

    def is_listed() -> bool:
        return "\ndone" in running.data_of({"type": "get-output", **to})["data"]

    running.wait(is_listed, "the list")
    assert running.worker(**to)["process"] == shell
    keepers = [running.status()[name]["pid"] for name in ("daemon", "keeper")]
    running.data_of({"type": "stop-worker", **to})
    assert running.data_of({"type": "delete-session", "session": "own"}) == {"deleted": True}
    assert running.data_of({"type": "cleanup-orphans"}) == {"ended": [], "left": []}
    assert [running.status()[name]["pid"] for name in ("daemon", "keeper")] == keepers


def test_a_checkout_runs_its_own_code_beside_an_older_installed_copy(
    house: House, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    for name in ("actors", "storage"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "run.py", checkout)
    (checkout / "storage" / "data_dir_readme.md").write_text("The copy's own text.\n")
    for name in ("actors", "storage"):
        old = tmp_path / "old" / name
        old.mkdir(parents=True)
        (old / "__init__.py").write_text("raise SystemExit('an older copy ran')\n")
    for place in (house.home, tmp_path):
        (place / "actors.py").write_text("raise SystemExit('the working directory ran')\n")
    house.environ["PYTHONPATH"] = str(tmp_path / "old")
    run, conftest.RUN = conftest.RUN, checkout / "run.py"
    try:
        house.run("start")
        house.run("new", str(house.home), "--terminal")
        house.run("stop")
    finally:
        conftest.RUN = run
    assert (house.data / "README.md").read_text() == "The copy's own text.\n"


def test_what_is_typed_into_four_terminals_at_once_never_crosses(running: House) -> None:
    places = []
    for title in ("one", "two"):
        running.data_of(
            {"type": "create-session", "location_path": str(running.home), "title": title}
        )
        for name in ("a", "b"):
            worker = {"type": "terminal", "name": name, "command": ["cat"]}
            running.data_of({"type": "create-worker", "session": title, "worker": worker})
            places.append({"session": title, "worker": name})
    for number in range(20):
        for place in places:
            line = f"{place['session']}/{place['worker']} {number}\r"
            running.data_of({"type": "write-input", "data": line, **place})
    for place in places:
        own = f"{place['session']}/{place['worker']}"

        def whole(place: dict[str, str] = place, own: str = own) -> str | None:
            shown = str(running.data_of({"type": "get-output", **place})["data"])
            return shown if shown.count(f"{own} 19") == 2 else None

        lines = running.wait(whole, f"all lines of {own}").split()
        assert set(lines) == {own, *(str(number) for number in range(20))}


def test_secrets_of_the_caller_do_not_reach_a_terminal(house: House) -> None:
    house.environ |= {"MY_API_KEY": "secret-1", "A_TOKEN": "secret-2", "PLAIN": "seen"}
    house.run("start")
    house.run("new", str(house.home), "--terminal", "--title", "t")
    to = {"session": "t", "worker": "terminal-1"}
    house.data_of({"type": "write-input", "data": "env; echo en''d\r", **to})

    def ended() -> str | None:
        shown = str(house.data_of({"type": "get-output", **to})["data"])
        return shown if "\nend" in shown else None

    shown = house.wait(ended, "the environment")
    assert "PLAIN=seen" in shown
    assert f"GREENROOM_HOME={house.data}" in shown
    assert "secret-" not in shown


def test_what_runs_in_a_terminal_has_the_umask_of_the_user(house: House) -> None:
    before = os.umask(0o027)
    try:
        house.run("start")
    finally:
        os.umask(before)
    house.run("new", str(house.home), "--title", "u", "--terminal", "--", "sh", "-c", "umask")
    shown = house.wait(lambda: house.run("output", "u/terminal-1").stdout, "the umask")
    assert shown.strip() == "0027"
