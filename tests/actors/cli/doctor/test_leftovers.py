"""What doctor finds in the data directory, however odd that is."""

import os
import subprocess
from pathlib import Path

from actors.cli.doctor.leftovers import findings
from storage.data_dir import DataDir

DEEP = 1500
OLD = 1_000_000_000


def texts(data: DataDir) -> list[str]:
    return [each.text for each in findings(data, runs=True) if each.check == "leftovers"]


def test_directories_of_any_depth_are_looked_through_and_worktrees_are_not(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.worktrees.mkdir(parents=True)
    for place in (tmp_path, data.worktrees):
        half = place / "half.tmp"
        half.touch()
        os.utime(half, (OLD, OLD))
    here = os.open(tmp_path, os.O_RDONLY)
    top = here
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        if here != top:
            os.close(here)
        here = deeper
    os.close(here)
    os.close(top)
    try:
        found = texts(data)
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)
    assert found == [f"1 half made or half removed, such as {tmp_path}/half.tmp"]
