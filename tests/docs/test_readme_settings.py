"""The README's workspace.json works as it is copied: from a checkout with its .venv, in a shell."""

import re
import subprocess
import sys
from pathlib import Path

from storage import workspace_file
from tests.architecture.source_tree import ROOT

README = (ROOT / "README.md").read_text()
PLACE = "sessions_data/workspaces/default/workspace.json"


def test_the_tool_server_of_the_readme_is_found_wherever_it_is_started_from(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (block,) = [each for each in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if PLACE in each]
    written = "\n".join(line for line in block.splitlines() if " pip install " not in line)
    subprocess.run(["/bin/sh", "-ec", written], cwd=tmp_path, check=True)

    server = workspace_file.read(tmp_path / PLACE).mcp_servers["time"]
    assert server.command is not None
    asked = [server.command, *server.args, "--help"]
    shown = subprocess.run(asked, cwd="/", env={}, check=True, capture_output=True, text=True)
    assert "local-timezone" in shown.stdout
