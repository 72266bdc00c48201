"""Start one program on a new PTY, or say with an errno why not.

ptyprocess 0.7 lets a bad cwd or environment raise in the forked child, which would then go on as
a second host. So all is checked before, the child changes directory in the hook whose errors are
reported, and whatever raises in the child all the same ends it. Single-threaded callers only.
"""

import errno
import fcntl
import os
import re
import resource
import signal
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, NamedTuple, NoReturn

from ptyprocess import PtyProcess

from actors import limit_mark
from actors.inherited import OPEN_FILES, UMASK

_TIOCGPTPEER = 0x5441
_IUTF8 = 0x4000
_CHILD_BROKE_STATUS = 126
_CHANGEABLE = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


class SpawnRefusedError(OSError):
    """The program was not started; `errno` and `strerror` say why."""


class Spawned(NamedTuple):
    """The child, its master (non-blocking, close-on-exec), and a slave kept open.

    While the slave is open here, the master does not report an end because the child closed its
    own for a while. -1: the kernel has no way to open it.
    """

    pid: int
    master_fd: int
    slave_fd: int


class _Pty(PtyProcess):  # type: ignore[misc]
    """Forgotten, it closes its descriptor; ptyprocess would wait, reap and signal as well."""

    newest: ClassVar["_Pty | None"] = None
    closed: bool

    def __init__(self, pid: int, fd: int) -> None:
        super().__init__(pid, fd)
        _Pty.newest = self

    def let_go(self) -> None:
        if not self.closed:
            self.fileobj.close()
            self.closed = True

    __del__ = let_go


def spawn(
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    rows: int,
    cols: int,
    cgroup: str = "",
    nonce: str = "",
) -> Spawned:
    """Start `argv` in its own session on a new PTY, with the user's umask and limits.

    In the control group, if one is given and may be entered, and marked with the nonce, if there is
    one. Raises SpawnRefusedError.
    """
    _check_texts(argv, env)
    cwd_fd = _open_directory(cwd)
    group_fd = _open_group(cgroup)
    try:
        program = find_program(argv[0], cwd=cwd, path=env.get("PATH", os.defpath))
        pty = _spawn_guarded(
            [program, *argv[1:]],
            env=dict(env),
            preexec_fn=_before_exec(cwd_fd, group_fd, nonce),
            dimensions=(rows, cols),
            pass_fds=(cwd_fd,) if group_fd is None else (cwd_fd, group_fd),
        )
    finally:
        _close_all([cwd_fd] if group_fd is None else [cwd_fd, group_fd])
    return _take_over(pty)


def find_program(name: str, *, cwd: str, path: str) -> str:
    """The absolute path of what `execvp` would run in `cwd`. Raises SpawnRefusedError."""
    places = [""] if "/" in name else path.split(os.pathsep)
    problem = errno.ENOENT
    for place in places:
        candidate = os.path.join(cwd, place, name)  # noqa: PTH118 - a Path would drop "./" and ".."
        if os.path.isfile(candidate):  # noqa: PTH113 - as above
            if os.access(candidate, os.X_OK):
                return candidate
            problem = errno.EACCES
    raise SpawnRefusedError(problem, f"{os.strerror(problem)}: {name!r}")


def _check_texts(argv: Sequence[str], env: Mapping[str, str]) -> None:
    if not argv or not argv[0]:
        raise SpawnRefusedError(errno.EINVAL, "argv is empty")
    for text in (*argv, *env, *env.values()):
        try:
            encoded = os.fsencode(text)
        except UnicodeError:
            raise SpawnRefusedError(errno.EILSEQ, "text that cannot be encoded") from None
        if b"\0" in encoded:
            raise SpawnRefusedError(errno.EINVAL, "NUL in argv or env")
    if any(not name or "=" in name for name in env):
        raise SpawnRefusedError(errno.EINVAL, "a name in env is empty or has '='")


def _open_directory(cwd: str) -> int:
    if not os.path.isabs(cwd) or "\0" in cwd:  # noqa: PTH117 - no Path for one test
        raise SpawnRefusedError(errno.EINVAL, f"cwd is not an absolute path: {cwd!r}")
    try:
        directory_fd = os.open(cwd, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SpawnRefusedError(_number(error), f"cwd {cwd!r}: {why}") from error
    if os.access(cwd, os.X_OK):
        return directory_fd
    os.close(directory_fd)
    raise SpawnRefusedError(errno.EACCES, f"cwd may not be entered: {cwd!r}")


def _open_group(cgroup: str) -> int | None:
    """Who cannot enter its group runs outside: the account of its session watches it."""
    if not os.path.isabs(cgroup):  # noqa: PTH117 - no Path for one test
        return None
    try:
        return os.open(f"{cgroup}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (OSError, ValueError):
        return None


def _before_exec(cwd_fd: int, group_fd: int | None, nonce: str) -> Callable[[], None]:
    """What the child does between fork and exec; an exception here is reported by ptyprocess."""

    def prepare() -> None:
        os.fchdir(cwd_fd)
        if group_fd is not None:
            with suppress(OSError):
                os.write(group_fd, b"0")
        os.umask(UMASK)
        resource.setrlimit(resource.RLIMIT_NOFILE, OPEN_FILES)
        if nonce:
            with suppress(OSError, ValueError):
                limit_mark.bear(nonce)
        # What is ignored stays so over exec: by Python, by ptyprocess, by whoever started us.
        for number in _CHANGEABLE:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        attributes = termios.tcgetattr(0)
        attributes[0] |= _IUTF8
        termios.tcsetattr(0, termios.TCSANOW, attributes)

    return prepare


def _spawn_guarded(argv: list[str], **how: Any) -> PtyProcess:
    parent = os.getpid()
    next_four = _next_descriptors()
    try:
        return _Pty.spawn(argv, **how)
    except BaseException as error:
        if os.getpid() != parent:
            _leave()
        if _Pty.newest is not None:
            _Pty.newest.let_go()
        else:  # no terminal or no fork: ptyprocess forgets its pipe then, and pty.fork its pair
            _close_all(next_four)
        if isinstance(error, Exception):
            number = _number(error)
            raise SpawnRefusedError(number, _text(error, number)) from error
        raise
    finally:
        _Pty.newest = None


def _next_descriptors() -> list[int]:
    """The four that are opened next, in a process of one thread. Raises SpawnRefusedError."""
    found: list[int] = []
    try:
        for _ in range(2):
            found += os.pipe()
    except OSError as error:
        raise SpawnRefusedError(_number(error), str(error)) from error
    finally:
        _close_all(found)
    return found


def _close_all(descriptors: list[int]) -> None:
    for fd in descriptors:
        with suppress(OSError):
            os.close(fd)


def _leave() -> NoReturn:
    os._exit(_CHILD_BROKE_STATUS)


def _number(error: Exception) -> int:
    """The errno; ptyprocess keeps it only in the text when its hook raised."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return number
    told = re.search(r"\[Errno (\d+)\]", str(error))
    if told is None and isinstance(error, OSError):
        return _why_no_terminal()  # pty.fork says that there is none, and not why
    return int(told[1]) if told else errno.EINVAL


def _why_no_terminal() -> int:
    try:
        _close_all([*os.openpty()])
    except OSError as error:
        return error.errno or errno.ENOSPC
    return errno.EAGAIN  # there is one again


def _text(error: Exception, number: int) -> str:
    """What the system says, where the error has nothing but a number or less."""
    return str(error) if f"[Errno {number}]" in str(error) else f"{os.strerror(number)} ({error})"


def _take_over(pty: PtyProcess) -> Spawned:
    """A descriptor of our own, close-on-exec from the start; ptyprocess keeps nothing."""
    master_fd = fcntl.fcntl(pty.fd, fcntl.F_DUPFD_CLOEXEC, 3)
    pty.let_go()
    os.set_blocking(master_fd, False)
    slave_fd = -1
    with suppress(OSError):
        slave_fd = fcntl.ioctl(master_fd, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    return Spawned(pty.pid, master_fd, slave_fd)
