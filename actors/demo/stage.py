"""The demonstration's own daemon in a directory of its own, and the small steps it is driven by.

Whatever does not happen within its time is a `StepFailed` that says what was waited for.
"""

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actors.cli.connection import Connection
from actors.cli.failures import CommandError
from actors.cli.main import main as command_line
from actors.cli.printable import printable

LOOK_SECONDS = 0.02
STEP_SECONDS = 10.0
TOOLS = Path(__file__).with_name("tools_server.py")
TEXTS = {
    "stage.txt": "All the world's a stage, and all the men and women merely players.",
    "exit.txt": "They have their exits and their entrances.",
}
SCRIPT = [
    {
        "when": "How many words",
        "reply": [
            {"text": "I will count them with a tool. "},
            {"tool": "files.count_words", "parameters": {}},
        ],
    },
    {
        "when": r"(\d+) files, (\d+) words \(counted by process (\d+)\)",
        "reply": [{"text": "There are {{2}} words in {{1}} files; process {{3}} counted them."}],
    },
]


ENVIRON = {**os.environ, "SHELL": "/bin/sh", "PS1": "$ "}
"""A plain shell: what the user's own reads at its start can take long, and is to be killed here."""


class StepFailedError(Exception):
    """A step of the demonstration did not happen."""


class Stage:
    """`root` is the data directory, `project` where the session works, `steps` what was said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = root / "project"
        self.steps: list[str] = []
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        self.steps.append(text)
        seconds = time.monotonic() - self._begun
        print(f"{seconds:5.1f} s  {printable(text)}", flush=True)

    def prepare(self) -> None:
        """Lay out a project with two texts, and a workspace with a scripted model and a tool."""
        self.project.mkdir(parents=True)
        for name, text in TEXTS.items():
            (self.project / name).write_text(text + "\n", encoding="utf-8")
        script = self.root / "script.jsonl"
        script.write_text("".join(json.dumps(line) + "\n" for line in SCRIPT), encoding="utf-8")
        workspace = self.root / "workspaces" / "default"
        workspace.mkdir(parents=True)
        (workspace / "workspace.json").write_text(json.dumps(self._workspace(script), indent=2))

    def _workspace(self, script: Path) -> dict[str, Any]:
        return {
            "name": "demo",
            "models": {"active": "scripted", "providers": {"scripted": {"script": str(script)}}},
            "mcp_servers": {
                "files": {
                    "command": sys.executable,
                    "args": ["-P", str(TOOLS), "{{location_path}}"],
                    "auto_approve": ["files.count_words"],
                }
            },
        }

    def run(self, *words: str, show: bool = False) -> None:
        """A command of the command line on this stage's data. StepFailedError if it fails."""
        out, err = io.StringIO(), io.StringIO()
        if show:
            status = command_line([*words, "--data", str(self.root)], ENVIRON)
        else:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = command_line([*words, "--data", str(self.root)], ENVIRON)
        if status:
            raise StepFailedError(f"`{' '.join(words)}` ended with {status}: {err.getvalue()}")

    def ask(self, request: dict[str, Any]) -> Any:
        """One request over the control socket; its data."""
        with Connection(str(self.root)) as connection:
            answer = connection.ask(request)
        if not answer["ok"]:
            raise StepFailedError(f"{request['type']} was refused: {answer['error']['message']}")
        return answer["data"]

    def status(self) -> Any:
        return self.ask({"type": "get-status"})

    def drop(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Drop a request into inbox/ as any script would; the answer from outbox/."""
        half = self.root / "inbox" / f".{name}.part"
        half.write_text(json.dumps(request), encoding="utf-8")
        half.rename(self.root / "inbox" / f"{name}.json")
        answered = self.root / "outbox" / f"{name}.json"
        self.wait(f"{answered.name} in outbox/", answered.exists)
        answer: dict[str, Any] = json.loads(answered.read_bytes())
        if not answer["ok"]:
            raise StepFailedError(f"{name} was refused: {answer['error']['message']}")
        return answer

    def wait(self, what: str, found: Callable[[], Any], seconds: float = STEP_SECONDS) -> Any:
        """What `found` gives, as soon as that is something; the daemon may be away meanwhile."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(CommandError, LookupError):
                value = found()
                if value:
                    return value
            if time.monotonic() > end:
                raise StepFailedError(f"waited {seconds:.0f} s for {what}")
            time.sleep(LOOK_SECONDS)
