"""A little agent program: it keeps its conversations in files, and goes on with them when asked.

`--home DIR` is where they are, one file per id, a line for each thing that was said to it. It takes
`--session-id ID`, `--resume ID` or `--continue`, and its first prompt after `--`. What is typed is
said to it; `exit N` ends it with N. What it cannot go on with it says, and exits with 1.
"""

import argparse
import os
import sys
from pathlib import Path


def show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def chosen(asked: argparse.Namespace, home: Path) -> Path:
    """The file of its conversation."""
    path: Path
    if asked.session_id:
        path = home / asked.session_id
        if path.exists():
            sys.exit(f"the id {asked.session_id} is in use")
        return path
    if asked.resume:
        path = home / asked.resume
    elif asked.go_on:
        last = sorted(home.iterdir(), key=lambda one: one.stat().st_mtime_ns)[-1:]
        path = last[0] if last else home / "none"
    else:
        return home / f"own-{os.getpid()}"
    if not path.exists():
        show(f"No conversation found with id {path.name}")
        sys.exit(1)
    return path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--session-id")
    parser.add_argument("--resume")
    parser.add_argument("--continue", dest="go_on", action="store_true")
    parser.add_argument("--exit", type=int)
    parser.add_argument("prompt", nargs="?")
    asked = parser.parse_args()
    asked.home.mkdir(exist_ok=True)
    conversation = chosen(asked, asked.home)
    said = conversation.read_text().splitlines() if conversation.exists() else []
    if asked.prompt is not None:
        with conversation.open("a") as file:
            file.write(asked.prompt + "\n")
        said.append(asked.prompt)
    key = os.environ.get("LITTLE_API_KEY", "no key")
    show(f"[{conversation.name} {len(said)} {key}]")
    if asked.exit is not None:
        sys.exit(asked.exit)
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["exit"]:
            sys.exit(int(words[1]))
        with conversation.open("a") as file:
            file.write(line)
        show(f"heard {line.strip()}")


main()
