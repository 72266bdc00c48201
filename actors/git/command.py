"""Runs git for greenroom itself: no shell, no question, no network, no program that a repository
names.

Hooks, fsmonitor, pagers, editors, signing and every transport are off, whatever the configuration
says; filters (as of Git LFS) run, for without them files have not their content. Variables of
whoever started us that point git elsewhere are left out. A run that takes too long is ended with
everything that it started. Meaning of what git says is for the callers.
"""

import os
import re
import selectors
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from msgspec import Struct

from actors.inherited import UMASK

RUN_SECONDS = 60.0
OUTPUT_BYTES = 1 << 26
_ERROR_BYTES = 1 << 16
_PIECE_BYTES = 1 << 16
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "color.ui=false",
    "commit.gpgSign=false",
    "log.showSignature=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
_SURROUNDINGS = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_EDITOR": "false",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_HALF_MADE = re.compile(r"failed to read \S.*/commondir: Success")
"""Git gives up, before it does anything, while another one just writes a new worktree's files."""
_MEETINGS = 50
_MEETING_SECONDS = 0.02
_LOOK_SECONDS = 0.1
"""How often one that is at work is asked whether it is still wanted."""


class GitFailed(Exception):
    """Git ended with `status` (None: it was ended by us); the text is its last words."""

    def __init__(self, status: int | None, text: str) -> None:
        super().__init__(text)
        self.status = status


class GitMissing(GitFailed):
    """There is no git program on the PATH."""

    def __init__(self) -> None:
        super().__init__(None, "git was not found; install it, or put it on the PATH of greenroom")


class GitRun(Struct, frozen=True):
    """`out`: what it wrote, at most as much as was asked for; `is_cut`: there was more."""

    status: int
    out: bytes
    error: str
    is_cut: bool = False

    @property
    def text(self) -> str:
        """Without the last line end; bytes that are no UTF-8 as surrogates, as in file names."""
        return os.fsdecode(self.out).removesuffix("\n")


class Git:
    """Git in one directory, with the environment of whoever started greenroom.

    `own`: variables of git that each of its runs has; `held`: descriptors that each inherits.
    """

    def __init__(
        self,
        directory: Path,
        environ: Mapping[str, str],
        own: Mapping[str, str] | None = None,
        held: Sequence[int] = (),
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.directory = directory
        self._own = own or {}
        self._held = tuple(held)
        self._over = over
        self._environ = {
            **{name: value for name, value in environ.items() if not name.startswith("GIT_")},
            **_SURROUNDINGS,
            **self._own,
        }

    def at(self, directory: Path) -> "Git":
        return Git(directory, self._environ, self._own, self._held, self._over)

    def having(self, own: Mapping[str, str]) -> "Git":
        own = {**self._own, **own}
        return Git(self.directory, self._environ, own, self._held, self._over)

    def holding(self, *descriptors: int) -> "Git":
        """The same, but that a lock on these lasts as long as anything that it runs."""
        held = (*self._held, *descriptors)
        return Git(self.directory, self._environ, self._own, held, self._over)

    def until(self, over: Callable[[], bool]) -> "Git":
        """The same, but that it is ended also soon after `over`, asked while it is waited for, says
        yes: GitFailed without a status. What `over` raises ends it too, and goes on.
        """
        before = self._over
        return Git(self.directory, self._environ, self._own, self._held, lambda: before() or over())

    def run(
        self,
        *words: str,
        stdin: bytes = b"",
        environ: Mapping[str, str] | None = None,
        seconds: float = RUN_SECONDS,
        limit: int = OUTPUT_BYTES,
        keep_open: Sequence[int] = (),
    ) -> GitRun:
        """Whatever its status is. `keep_open`: descriptors that it inherits, for a lock to last.

        GitFailed without a status if it took longer than `seconds`; GitMissing;
        NotADirectoryError or FileNotFoundError if the directory has gone.
        """
        met = 0
        while True:
            done = self._run(words, environ or {}, stdin, seconds, limit, keep_open)
            met += 1
            if done.status == 0 or met == _MEETINGS or not _HALF_MADE.search(done.error):
                return done
            time.sleep(_MEETING_SECONDS)

    def _run(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        stdin: bytes,
        seconds: float,
        limit: int,
        keep_open: Sequence[int],
    ) -> GitRun:
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            child = self._started(words, environ, given, keep_open)
            try:
                out, error = _read(child, time.monotonic() + seconds, limit, self._over)
                is_cut = len(out) > limit
                status = child.wait() if not is_cut else 0
            except TimeoutError:
                text = f"git {words[0]} took longer than {seconds:g} s and was ended"
                raise GitFailed(None, text) from None
            except InterruptedError:
                raise GitFailed(None, f"git {words[0]} was ended, for greenroom stops") from None
            finally:
                _end(child)
            return GitRun(status, out[:limit], error.decode(errors="replace").strip(), is_cut)

    def ask(self, *words: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> str:
        """What it says, without the last line end. GitFailed if it does not end with 0."""
        done = self.run(*words, stdin=stdin, environ=environ)
        if done.status != 0:
            raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")
        return done.text

    def _started(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        given: IO[bytes],
        keep_open: Sequence[int],
    ) -> "subprocess.Popen[bytes]":
        """It goes to its directory by itself: where that lies on a file system that does not
        answer, a start there would hold up every thread of ours.
        """
        if not stat.S_ISDIR(self.directory.stat().st_mode):
            raise NotADirectoryError(f"{self.directory} is no directory")
        place = ["-C", str(self.directory.absolute())]
        settings = [word for each in _SETTINGS for word in ("-c", each)]
        try:
            return subprocess.Popen(
                ["git", "--no-pager", *place, *settings, *words],  # noqa: S607 - of the user's PATH
                cwd="/",
                env={**self._environ, **environ},
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                umask=UMASK,  # files in a worktree are the user's
                pass_fds=(*self._held, *keep_open),
            )
        except FileNotFoundError:
            raise GitMissing from None


def _read(
    child: "subprocess.Popen[bytes]", deadline: float, limit: int, over: Callable[[], bool]
) -> tuple[bytes, bytes]:
    """All that it writes until it closes its output, or a little more than `limit` bytes of it; and
    the beginning of its errors, of which the rest is thrown away. TimeoutError; InterruptedError
    once it is `over`.
    """
    assert child.stdout is not None
    assert child.stderr is not None
    out, error = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for source, kept in ((child.stdout, out), (child.stderr, error)):
            os.set_blocking(source.fileno(), False)
            selector.register(source, selectors.EVENT_READ, kept)
        is_open, has_ended = True, False
        while len(out) <= limit and (is_open or not has_ended):
            left = max(0.0, deadline - time.monotonic())
            has_ended = not is_open and child.poll() is not None  # whatever else holds its errors
            ready = selector.select(0 if has_ended else min(_LOOK_SECONDS, left))
            for key, _ in ready:
                piece = os.read(key.fd, _PIECE_BYTES)
                key.data.extend(piece if key.data is out else piece[: _ERROR_BYTES - len(error)])
                if not piece:
                    selector.unregister(key.fileobj)
            is_open = child.stdout in selector.get_map()
            has_ended = has_ended or not selector.get_map()
            if over() and not ready:
                raise InterruptedError
            if left == 0 and not has_ended:
                raise TimeoutError
    return bytes(out), bytes(error)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Nothing that it started may outlive it."""
    for source in (child.stdout, child.stderr):
        if source:
            source.close()
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
