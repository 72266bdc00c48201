"""A little agent program that tells when a turn is over, as the documentation of Codex has it.

The `notify` of `-c notify=[…]`, in TOML, is run with JSON as one more argument, and not waited for.
What is typed is a turn.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from uuid import uuid4


def show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", dest="settings", action="append", default=[])
    asked, _ = parser.parse_known_args()
    notify = tomllib.loads("\n".join(asked.settings)).get("notify", [])
    thread = str(uuid4())
    show(f"in [{thread}]")
    for line in sys.stdin:
        said = {
            "type": "agent-turn-complete",
            "thread-id": thread,
            "turn-id": "1",
            "cwd": "/",
            "input-messages": [line.strip()],
            "last-assistant-message": f"heard {line.strip()}",
        }
        if notify:
            subprocess.Popen([*notify, json.dumps(said)], stdin=subprocess.DEVNULL)
        show(f"heard {line.strip()}")


main()
