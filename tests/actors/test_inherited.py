"""The limit and the umask are ours to change, and not our children's to inherit."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
sys.path.insert(0, sys.argv[1])
from actors.inherited import lower_again, raise_soft_limit
raise_soft_limit()
child = subprocess.Popen(["sleep", "30"])
lower_again(child.pid)
lower_again(0)
files = resource.RLIMIT_NOFILE
print(resource.getrlimit(files), resource.prlimit(child.pid, files))
child.kill()
child.wait()
"""


def test_the_limit_is_raised_for_us_and_lowered_for_a_child(pytestconfig: pytest.Config) -> None:
    root = str(pytestconfig.rootpath)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, root], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(300, 300) (200, 300)"
