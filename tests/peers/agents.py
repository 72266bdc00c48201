"""The little agent of `agent.py`, as `workspace.json` defines it, and what it keeps."""

import json
import sys
from pathlib import Path
from typing import Any

AGENT = Path(__file__).parent / "agent.py"
NOTIFYING_AGENT = Path(__file__).parent / "notifying_agent.py"
TELLING_AGENT = Path(__file__).parent / "telling_agent.py"


def telling(**changes: Any) -> dict[str, Any]:
    """The definition of the agent that tells of itself."""
    return {
        "id": "telling",
        "name": "Telling Agent",
        "command": sys.executable,
        "args": [str(TELLING_AGENT)],
        "session_id_args": ["--session-id", "{conversation}"],
        "resume_args": ["--resume", "{conversation}"],
        "prompt_args": ["--", "{prompt}"],
        "hooks": "claude-code",
        **changes,
    }


TYPED_AGENT = Path(__file__).parent / "typed_agent.py"


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


class TypedAgent:
    """The one of `typed_agent.py`, which takes no argument; `said` is where it writes."""

    def __init__(self, said: Path) -> None:
        self.said_file = said

    def definition(self, *options: str, **changes: Any) -> dict[str, Any]:
        """Its id is `typed`."""
        return {
            "id": "typed",
            "name": "Typed Agent",
            "command": sys.executable,
            "args": [str(TYPED_AGENT), "--said", str(self.said_file), *options],
            "asking": ["Really go on (y/n)?"],
            "pasted": ["[Pasted text #"],
            **changes,
        }

    def said(self) -> list[str]:
        """The prompts that it took."""
        return [each["said"] for each in self._written() if "said" in each]

    def answered(self) -> list[str]:
        """The keys that it took for an answer to its question."""
        return [each["answered"] for each in self._written() if "answered" in each]

    def _written(self) -> list[dict[str, str]]:
        if not self.said_file.exists():
            return []
        return [json.loads(line) for line in self.said_file.read_text().splitlines()]
