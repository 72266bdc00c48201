"""Runs the clean-up command of a worktree, and leaves nobody of it behind.

It runs under `mcp_launcher`, marked as of its session: it ends with all that it started when the
command has ended, when time is up, when greenroom stops, and when the daemon is killed. What a
killed launcher leaves, the sweeper finds by its mark. Waits: for a thread of the pool.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from actors.entry import isolated_command
from actors.first_words import FirstWords
from actors.inherited import UMASK, lower_again

CLEAN_UP_SECONDS = 300.0
END_SECONDS = 6.0
"""The launcher asks, kills after two seconds, and gives up after two more."""
_LOOK_SECONDS = 0.1
_SHOWN = 500


def clean_up(
    command: tuple[str, ...],
    path: Path,
    environ: Mapping[str, str],
    *,
    held: int,
    over: Callable[[], bool],
) -> str | None:
    """Runs it in the worktree; what went wrong, a sentence. Nothing of it runs on after that.

    `environ` has the marks of its session. `held`: a descriptor whose lock lasts until all of it
    has ended, whatever becomes of us. InterruptedError once it is `over`.
    """
    reading, lifeline = os.pipe2(os.O_CLOEXEC)
    try:
        child = subprocess.Popen(
            isolated_command("mcp-launcher", str(reading), "--", *command),
            cwd=path,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            umask=UMASK,
            pass_fds=(reading, held),
        )
    except (OSError, ValueError) as error:
        os.close(lifeline)
        return f"its clean-up command failed: {error}"[:_SHOWN]
    finally:
        os.close(reading)
    lower_again(child.pid)
    assert child.stderr is not None
    with child.stderr, FirstWords(child.stderr, _SHOWN) as told:
        try:
            status = _waited(child, told, over)
        finally:
            os.close(lifeline)
            _end(child)
        told.read(0)
        return _sentence(status, told.text)


def _waited(
    child: "subprocess.Popen[bytes]", told: FirstWords, over: Callable[[], bool]
) -> int | None:
    """Its exit status, None if time is up. InterruptedError."""
    end = time.monotonic() + CLEAN_UP_SECONDS
    while time.monotonic() < end:
        told.read(_LOOK_SECONDS)
        status = child.poll()
        if status is not None:
            return status
        if over():
            raise InterruptedError("its clean-up command was ended, for greenroom stops")
    return None


def _end(launcher: "subprocess.Popen[bytes]") -> None:
    """Its lifeline is cut. One that does not heed it is killed, and the sweeper ends the rest."""
    try:
        launcher.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()


def _sentence(status: int | None, said: str) -> str | None:
    if status == 0:
        return None
    if status is None:
        how = f"was ended after {CLEAN_UP_SECONDS:g} s"
    elif status < 0:
        how = f"was ended by signal {-status}"
    else:
        how = f"ended with {status}"
    return f"its clean-up command {how}{f': {said}' if said else ''}"[:_SHOWN]
