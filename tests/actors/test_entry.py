"""The entry script, run as the daemon runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.entry import ROLES, clean_environment, entry_command, role_and_directory

DECOYS = ("actors", "storage", "msgspec", "selectors", "ptyprocess")


def decoys(directory: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        (directory / name).mkdir(parents=True)
        (directory / name / "__init__.py").write_text("raise SystemExit('decoy')")
        (directory / f"{name}.py").write_text("raise SystemExit('decoy')")
    return directory


def run_entry(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        entry_command(*arguments),
        cwd=cwd,
        env=clean_environment(os.environ) | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_it_imports_its_own_project_among_decoys(tmp_path: Path) -> None:
    result = run_entry("terminal-host", "--nonsense", cwd=decoys(tmp_path, DECOYS))
    assert "usage: terminal-host --data DIR" in result.stderr
    assert result.returncode == 2


def test_it_imports_its_own_project_beside_another_copy(tmp_path: Path) -> None:
    other = decoys(tmp_path, ("actors", "storage"))
    result = run_entry("terminal-host", cwd=Path("/"), PYTHONPATH=str(other))
    assert "usage: terminal-host --data DIR" in result.stderr


def test_the_command_is_absolute_and_keeps_the_cwd_off_the_path() -> None:
    python, flag, script, role, argument = entry_command("daemon", "--data")
    assert (python, flag, role, argument) == (sys.executable, "-P", "daemon", "--data")
    assert Path(script).is_absolute()
    assert Path(script).samefile("actors/entry.py")


def test_a_command_line_tells_what_was_started() -> None:
    words = entry_command("daemon", "--data", "/some where", "--keeper-pid", "7")
    assert role_and_directory(b"".join(os.fsencode(word) + b"\0" for word in words)) == (
        "daemon",
        "/some where",
    )
    assert role_and_directory(b"vi\0entry.py\0") is None


def test_an_unknown_role_is_refused_by_both_sides(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no role 'nothing'"):
        entry_command("nothing")
    script = entry_command("daemon")[:3]
    result = subprocess.run([*script, "nothing"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert all(role in result.stderr for role in ROLES)


def test_the_clean_environment_has_nothing_of_ours() -> None:
    environ = {"GREENROOM_HOME": "/x", "GREENROOM_WORKER": "s/w", "HOME": "/h", "MYGREENROOM_": "1"}
    assert clean_environment(environ) == {"HOME": "/h", "MYGREENROOM_": "1"}
