"""A little agent program that tells of itself: it calls the hooks of its `--settings` file.

It calls them as Claude Code does: in a shell, with JSON on their input, one after the other, and
takes what they write or a code other than 0 for a meaning, which it shows. It takes
`--session-id ID` or `--resume ID`, and its first prompt after `--`. What is typed is a prompt, but
for `/clear`, which begins another conversation, `/clear-after FILE`, which does so once that file
is there, `/ask`, which asks until the next line, and `/exit`.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4


def show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Agent:
    def __init__(self, settings: Path | None, conversation: str) -> None:
        self.hooks = json.loads(settings.read_text())["hooks"] if settings else {}
        self.conversation = conversation

    def tell(self, event: str, **fields: Any) -> None:
        said = {"session_id": self.conversation, "cwd": str(Path.cwd()), "hook_event_name": event}
        for group in self.hooks.get(event, []):
            for hook in group["hooks"]:
                done = subprocess.run(
                    hook["command"],
                    shell=True,
                    input=json.dumps({**said, **fields}).encode(),
                    capture_output=True,
                    timeout=hook["timeout"],
                    check=False,
                )
                if done.returncode or done.stdout or done.stderr:
                    show(f"a hook meddles: {done}")

    def hear(self, text: str) -> None:
        self.tell("UserPromptSubmit", prompt=text)
        if text.strip() == "/ask":
            self.tell("PreToolUse", tool_name="Bash", tool_input={"command": "make it"})
            self.tell("PermissionRequest", tool_name="Bash", tool_input={"command": "make it"})
            show("May I?")
            sys.stdin.readline()
            self.tell("PostToolUse", tool_name="Bash", tool_response="x" * 100_000)
        self.tell("Stop", last_assistant_message=text)
        show(f"[{self.conversation}] heard {text.strip()}")

    def clear(self) -> None:
        self.tell("SessionEnd", reason="clear")
        self.conversation = str(uuid4())
        self.tell("SessionStart", source="clear")
        show(f"now in [{self.conversation}]")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--session-id")
    parser.add_argument("--resume")
    parser.add_argument("prompt", nargs="?")
    asked = parser.parse_args()
    agent = Agent(asked.settings, asked.resume or asked.session_id or str(uuid4()))
    agent.tell("SessionStart", source="resume" if asked.resume else "startup")
    show(f"in [{agent.conversation}] " + ("with hooks" if agent.hooks else "without hooks"))
    if asked.prompt is not None:
        agent.hear(asked.prompt)
    for line in sys.stdin:
        if line.strip() == "/exit":
            break
        words = line.split()
        if words[:1] == ["/clear-after"]:
            while not Path(words[1]).exists():
                time.sleep(0.01)
        if words and words[0].startswith("/clear"):
            agent.clear()
        else:
            agent.hear(line.rstrip("\n"))
    agent.tell("SessionEnd", reason="prompt_input_exit")


main()
