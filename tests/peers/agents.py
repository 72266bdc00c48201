"""The little agent of `agent.py`, as `workspace.json` defines it, and what it keeps."""

import json
import sys
from pathlib import Path
from typing import Any

AGENT = Path(__file__).parent / "agent.py"


class LittleAgent:
    """`home` is where it keeps its conversations."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def definition(self, **changes: Any) -> dict[str, Any]:
        """Its id is `little`."""
        return {
            "id": "little",
            "name": "Little Agent",
            "command": sys.executable,
            "args": [str(AGENT), "--home", str(self.home)],
            "session_id_args": ["--session-id", "{conversation}"],
            "resume_args": ["--resume", "{conversation}"],
            "continue_args": ["--continue"],
            "no_conversation": ["No conversation found"],
            "prompt_args": ["--", "{prompt}"],
            "env": ["LITTLE_API_KEY"],
            **changes,
        }

    def define(self, workspace_file: Path, **changes: Any) -> None:
        """Put it into this `workspace.json`, by rename."""
        workspace_file.parent.mkdir(parents=True, exist_ok=True)
        half = workspace_file.with_name("half.json")
        half.write_text(json.dumps({"agents": [self.definition(**changes)]}))
        half.rename(workspace_file)

    def said(self) -> dict[str, list[str]]:
        """Conversation id -> what was said to it."""
        if not self.home.exists():
            return {}
        return {path.name: path.read_text().splitlines() for path in self.home.iterdir()}
