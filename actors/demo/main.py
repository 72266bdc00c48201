"""`demo`: the main job on real parts, in a fresh directory, each step said in a line.

Nothing is staged but the model's words: the daemon, the shell, the MCP server, the kills and the
files are what a user has. A step that does not happen ends it with status 1 and the reason.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.cli.failures import CommandError, UsageError
from actors.cli.printable import printable
from actors.demo import hand_edit
from actors.demo.stage import Stage, StepFailedError

QUESTION = "How many words are there?"


def main(arguments: Sequence[str], place: Path | None, *, as_json: bool = False) -> int:
    """Play it in `place`, a directory that is empty or not there yet, or in a temporary one.

    `as_json`: what is said goes to standard error, and an answer to standard output at the end.
    UsageError for any argument, CommandError for a place that is not empty.
    """
    if arguments:
        raise UsageError(f"demo takes no arguments, got {arguments[0]!r}")
    if place is not None and place.exists() and any(place.iterdir()):
        raise CommandError(f"{place} is not empty; name a new directory")
    stage = Stage(place or Path(tempfile.mkdtemp(prefix="greenroom-demo-")))
    if not as_json:
        return _play_and_clear(stage, place)
    with contextlib.redirect_stdout(sys.stderr):
        status = _play_and_clear(stage, place)
    print(json.dumps(_answer(stage, ok=status == 0)))
    return status


def _answer(stage: Stage, *, ok: bool) -> dict[str, Any]:
    answer = {"id": None, "type": "demo", "ok": ok, "data": {"steps": stage.steps}}
    error = {"code": "step-failed", "message": stage.steps[-1].removeprefix("FAILED: ")}
    return answer if ok else {**answer, "error": error}


def _play_and_clear(stage: Stage, place: Path | None) -> int:
    try:
        return _play(stage)
    finally:
        with contextlib.suppress(StepFailedError, CommandError):
            stage.run("stop")
        if place is None:
            shutil.rmtree(stage.root, ignore_errors=True)
        else:
            print(f"what it made stays in {printable(str(place))}; delete it when you like")


def _play(stage: Stage) -> int:
    try:
        _steps(stage)
    except (StepFailedError, CommandError, OSError, LookupError) as error:
        stage.say(f"FAILED: {error}")
        log = stage.root / "run" / "daemon.log"
        if log.exists():
            print(f"the daemon's log said last:\n{log.read_text(errors='replace')[-2000:]}")
        return 1
    stage.say("done")
    return 0


def _steps(stage: Stage) -> None:
    stage.prepare()
    stage.run("start")
    stage.say(f"the daemon runs: pid {_daemon(stage)}, data in {stage.root}")
    session_id = _converse(stage)
    hand_edit.edit(stage, session_id)
    worker = _open_terminal(stage, session_id)
    worker = _kill_worker(stage, session_id, worker)
    _kill_daemon(stage, session_id, worker)
    print()
    stage.run("status", show=True)
    print()
    stage.run("verify", show=True)
    print()


def _daemon(stage: Stage) -> int:
    return int(stage.status()["daemon"]["pid"])


def _converse(stage: Stage) -> str:
    """A request as a file; a model that calls a tool of a real server; the answer as a file."""
    created = stage.drop(
        "create",
        {
            "type": "create-session",
            "location_path": str(stage.project),
            "title": "demo",
            "config": {"provider": "scripted"},
        },
    )
    session_id = str(created["data"]["id"])
    stage.say(f"inbox/create.json made session {session_id}; its conversation is scripted")
    answer = stage.drop("question", {"type": "request", "session": session_id, "content": QUESTION})
    text = str(answer["data"]["text"])
    server = int(text.rpartition("process ")[2].split()[0])
    if not Path(f"/proc/{server}").exists() and sys.platform == "linux":
        raise StepFailedError(f"process {server}, which the answer names, is not there")
    stage.say(f"the MCP server is process {server}, a child in the tree")
    last = " ".join(text.split())
    stage.say(f"outbox/question.json answers {QUESTION!r}: {last}")
    return session_id


def _open_terminal(stage: Stage, session_id: str) -> dict[str, Any]:
    made: dict[str, Any] = stage.ask(
        {
            "type": "create-worker",
            "session": session_id,
            "worker": {"type": "terminal", "name": "shell", "cols": 100},
        }
    )
    stage.say(f"a shell runs in a terminal: pid {made['process']['pid']}")
    _type(stage, session_id, "echo the answer is $((6 * 7))", "the answer is 42")
    stage.say("typed `echo the answer is $((6 * 7))`, it printed: the answer is 42")
    return made


def _type(stage: Stage, session_id: str, line: str, expected: str) -> None:
    to = {"session": session_id, "worker": "shell"}
    stage.ask({"type": "write-input", "data": line + "\r", **to})
    stage.wait(
        f"{expected!r} in the terminal",
        lambda: expected in stage.ask({"type": "get-output", **to})["data"],
    )


def _kill_worker(stage: Stage, session_id: str, worker: dict[str, Any]) -> dict[str, Any]:
    pid = int(worker["process"]["pid"])
    os.kill(pid, signal.SIGKILL)
    stage.say(f"kill -9 {pid} (the shell)")

    def restarted() -> Any:
        now = stage.ask({"type": "get-worker", "session": session_id, "worker": "shell"})
        running = now["status"] == "running" and now["process"]["pid"] != pid
        return now if running and now["restarts"] == 1 else None

    again: dict[str, Any] = stage.wait("the shell to be restarted", restarted)
    stage.say(f"the supervisor started it again: pid {again['process']['pid']}, 1 restart")
    return again


def _kill_daemon(stage: Stage, session_id: str, worker: dict[str, Any]) -> None:
    pid, shell = _daemon(stage), int(worker["process"]["pid"])
    os.kill(pid, signal.SIGKILL)
    stage.say(f"kill -9 {pid} (the daemon)")

    def back() -> int | None:
        now = _daemon(stage)
        return now if now != pid else None

    new = stage.wait("the daemon to come back", back)

    def adopted() -> bool:
        now = stage.ask({"type": "get-worker", "session": session_id, "worker": "shell"})
        return bool(now["status"] == "running" and now["process"]["pid"] == shell)

    stage.wait("the shell to be taken over", adopted)
    stage.say(f"its keeper started it again: pid {new}; the shell lived on: pid {shell}")
    _type(stage, session_id, "echo still here: $$", f"still here: {shell}")
    stage.say(f"typed `echo still here: $$`, it printed: still here: {shell}")
