"""Runs the clean-up command of a worktree, and leaves nobody of it behind.

It runs under `mcp_launcher`, marked as of its session: it ends with all that it started when the
command has ended, when time is up, when greenroom stops, and when the daemon is killed. What a
killed launcher leaves is found by its marks. Waits: for a thread of the pool.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from actors.entry import isolated_command
from actors.first_words import FirstWords
from actors.inherited import UMASK, lower_again
from actors.mcp_launcher import ENTER_GROUP, NONCE
from actors.messages.orphans import Began, Owner, clean_up_key
from actors.process_table import look_up
from actors.surroundings import Surroundings
from actors.workers.environment import without_secrets

CLEAN_UP_SECONDS = 300.0
END_SECONDS = 6.0
"""The launcher asks, kills after two seconds, and gives up after two more."""
_LOOK_SECONDS = 0.1
_SHOWN = 500


class OfSession:
    """A run for a session: its marks, the group that holds it to the session's limits if there is
    one, and the account, which is told.
    """

    def __init__(self, around: Surroundings, session_id: str) -> None:
        self._around = around
        self._key = clean_up_key(session_id)
        self._nonce = token_hex(8)
        group = around.groups.enter(self._key, around.limits_of(session_id))
        self.environ = {
            **without_secrets(around.environ),
            "GREENROOM_INSTANCE": around.data.instance,
            "GREENROOM_SERVER": self._key,
            NONCE: self._nonce,
            **({ENTER_GROUP: group} if group else {}),
        }

    def began(self, pid: int) -> None:
        entry = look_up(pid)
        if entry is not None:
            owner = Owner("", self._nonce, server=self._key)
            self._around.orphans.tell(Began(pid, entry.start_ticks, owner))


def unnoticed(_pid: int) -> None:
    """For a run of which no account is kept."""


def clean_up(
    command: tuple[str, ...],
    path: Path,
    environ: Mapping[str, str],
    *,
    held: int,
    over: Callable[[], bool],
    began: Callable[[int], object] = unnoticed,
) -> str | None:
    """Runs it in the worktree; what went wrong, a sentence. Nothing of it runs on after that.

    `environ` has the marks of its session. `held`: a descriptor whose lock lasts until all of it
    has ended, whatever becomes of us. `began` hears the pid below which all of it hangs.
    InterruptedError once it is `over`.
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
    began(child.pid)
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
