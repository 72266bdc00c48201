import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.entry import entry_command, isolated_command
from actors.messages.orphans import Marks
from actors.orphans.snapshot import all_marked, marks_in, name_of, role_in, those_near


def line(words: list[str]) -> bytes:
    return b"".join(os.fsencode(word) + b"\0" for word in words)


@pytest.mark.parametrize("role", ["daemon", "keeper", "terminal-host"])
def test_a_process_of_a_data_directory_is_known_by_its_words(role: str, tmp_path: Path) -> None:
    words = line(entry_command(role, "--data", str(tmp_path / "." / "data"), "--more", "1"))
    assert role_in(words, str(tmp_path / "data")) == "own"
    assert role_in(words, str(tmp_path)) == "other"


@pytest.mark.parametrize(
    "words",
    [
        ["python", "-P", "/x/entry.py"],
        ["python", "/x/entry.py", "daemon", "--data", "/d"],
        ["python", "-P", "/x/reentry.py", "daemon", "--data", "/d"],
        ["python", "-P", "/x/entry.py", "dinner", "--data", "/d"],
        ["vi", "entry.py"],
        isolated_command("mcp-launcher", "3", "--", "sh"),
    ],
)
def test_others_have_no_role(words: list[str]) -> None:
    assert role_in(line(words), "/d") is None


def test_marks_are_read_from_an_environment() -> None:
    ours = {"INSTANCE": "i", "WORKER": "s/w", "NONCE": "n", "ORPHANS": "kill"}
    environ = line(["A=b", *(f"GREENROOM_{name}={value}" for name, value in ours.items())])
    assert marks_in(environ) == Marks(instance="i", worker="s/w", nonce="n", policy="kill")
    assert marks_in(b"GREENROOM_INSTANCE=i\0GREENROOM_ORPHANS=maybe\0") == Marks(instance="i")
    assert marks_in(b"GREENROOM_HOME=/x\0") is None
    assert marks_in(b"NOT_GREENROOM_INSTANCE=i\0") is None


def test_only_those_near_are_looked_into() -> None:
    environ = {**os.environ, "GREENROOM_INSTANCE": "i"}
    with subprocess.Popen(["sleep", "100"], env=environ) as process:
        near = {p.pid: p for p in those_near("/", lambda _: {process.pid})}
        far = {p.pid: p for p in those_near("/", lambda _: set())}
        assert near[process.pid].marks == Marks(instance="i")
        assert (far[process.pid].marks, far[process.pid].parent) == (None, os.getpid())
        process.kill()


def test_the_dead_are_left_out_and_names_are_without_arguments() -> None:
    process = subprocess.Popen(["sleep", "100"])
    assert process.pid in {each.pid for each in all_marked("/")}
    assert name_of(process.pid) in {"sleep", Path(sys.executable).name}
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process.pid not in {each.pid for each in all_marked("/")}
    process.wait()
    assert name_of(process.pid) == ""
