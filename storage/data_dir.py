"""Where everything lies in the data directory, whose it must be, and who holds it.

Promises directories of mode 0700 that belong to us, and at most one holder of the lock. What
stands in the files is known to the module of each.
"""

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from storage import durable
from storage.errors import AlreadyRunning, DataDirectoryRefused, StorageError
from storage.records.ids import is_id

DEFAULT_WORKSPACE = "default"
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PROJECT = Path(__file__).resolve().parent.parent
_README = Path(__file__).with_name("data_dir_readme.md")
_REJECTED_README = Path(__file__).with_name("rejected_readme.md")


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`$GREENROOM_HOME`, else `sessions_data/` of a checkout, else below the user's state."""
    named = environ.get("GREENROOM_HOME")
    if named:
        return Path(named).absolute()
    if (_PROJECT / "run.py").is_file() and (_PROJECT / "pyproject.toml").is_file():
        return _PROJECT / "sessions_data"
    state = environ.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return Path(state) / "greenroom"
    return Path(environ.get("HOME") or Path.home()) / ".local" / "state" / "greenroom"


def is_workspace_name(text: str) -> bool:
    """True for what may stand as a directory name below `workspaces/`."""
    return _WORKSPACE.fullmatch(text) is not None


class Lock:
    """The data directory is ours until `release`, or until the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def holds(self, path: Path) -> bool:
        """Whether the directory is still the one at `path`: not if it was moved, removed, or
        another one put in its place, which another daemon can take as well. OSError.
        """
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.lstat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def release(self) -> None:
        """Lets others have it. Releasing twice does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class DataDir:
    """The layout below `root`. Paths only; nothing is there before `lock` and `prepare`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.inbox = self.root / "inbox"
        self.claimed = self.inbox / ".claimed"
        self.outbox = self.root / "outbox"
        self.rejected = self.root / "rejected"
        self.requests = self.root / "requests"
        self.run = self.root / "run"
        self.workspaces = self.root / "workspaces"
        self.worktrees = self.root / "worktrees"
        self.config = self.root / "config.toml"
        self.control_socket = self.run / "control.sock"
        self.terminals_socket = self.run / "terminals.sock"
        self.token = self.run / "token"
        self.daemon_log = self.run / "daemon.log"
        self.daemon_pid = self.run / "daemon.pid"
        self.reserve = self.run / "reserve"
        self.probe = self.run / "probe"

    @property
    def instance(self) -> str:
        """Marks the processes that belong to this directory; no other directory has it."""
        return hashlib.sha256(os.fsencode(os.path.realpath(self.root))).hexdigest()[:12]

    def workspace(self, name: str) -> Path:
        """ValueError for a name that could lead elsewhere."""
        if not is_workspace_name(name):
            raise ValueError(f"{name!r} cannot be the name of a workspace")
        return self.workspaces / name

    def workspace_names(self) -> list[str]:
        """Those that exist, in order."""
        if not self.workspaces.is_dir():
            return []
        names = (path.name for path in self.workspaces.iterdir() if path.is_dir())
        return sorted(name for name in names if is_workspace_name(name))

    def set_up(self, workspace: str) -> Path:
        """How new worktrees are set up whose repository does not say so itself."""
        return self.workspace(workspace) / "worktree"

    def workspace_file(self, workspace: str) -> Path:
        return self.workspace(workspace) / "workspace.json"

    def sessions_file(self, workspace: str) -> Path:
        return self.workspace(workspace) / "sessions.json"

    def sessions(self, workspace: str) -> Path:
        return self.workspace(workspace) / "sessions"

    def trash(self, workspace: str) -> Path:
        return self.workspace(workspace) / "trash"

    def session(self, workspace: str, session_id: str) -> Path:
        """A session's directory. ValueError for what cannot be an id."""
        return self.sessions(workspace) / _checked_id(session_id)

    def making(self, workspace: str, session_id: str) -> Path:
        """What is being made for a session to come. ValueError for what cannot be an id."""
        return self.workspace(workspace) / "making" / f"{_checked_id(session_id)}.json"

    def terminal_log(self, workspace: str, session_id: str, worker_id: str) -> Path:
        """The directory with a worker's output. ValueError for what cannot be an id."""
        return self.session(workspace, session_id) / "terminals" / _checked_id(worker_id)

    def agent(self, workspace: str, session_id: str, worker_id: str) -> Path:
        """The directory with what an agent tells of itself. ValueError for what cannot be an id."""
        return self.session(workspace, session_id) / "agents" / _checked_id(worker_id)

    def images(self, workspace: str, session_id: str) -> Path:
        """The directory with pictures that clients sent. ValueError for what cannot be an id."""
        return self.session(workspace, session_id) / "images"

    def lock(self) -> Lock:
        """Takes the directory, making it if need be. A second holder changes nothing in it.

        AlreadyRunning naming the holder's process, DataDirectoryRefused, OSError.
        """
        _make_root(self.root)
        _require_ours(self.root)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.root, flags)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _own_directory(self.run)
        except BlockingIOError as error:
            os.close(descriptor)
            raise self._already_running() from error
        except BaseException:
            os.close(descriptor)
            raise
        self._say_who()
        return Lock(descriptor)

    def prepare(self) -> None:
        """Makes what is missing of the layout, with the default workspace; tightens wider modes.

        Only for the holder of the lock. DataDirectoryRefused, StorageError, OSError.
        """
        _make_root(self.root)
        directories = (
            self.root,
            self.inbox,
            self.claimed,
            self.outbox,
            self.rejected,
            self.requests,
            self.run,
            self.workspaces,
        )
        for directory in directories:
            _own_directory(directory)
        for name in {DEFAULT_WORKSPACE, *self.workspace_names()}:
            self.prepare_workspace(name)
        if not (self.root / "README.md").exists():
            durable.replace_file(self.root / "README.md", _README.read_bytes())
        if not (self.rejected / "README.md").exists():
            durable.replace_file(self.rejected / "README.md", _REJECTED_README.read_bytes())
        for directory in (self.root, self.rejected, self.requests, self.run):
            _tighten_files(directory)

    def prepare_requests(self) -> None:
        """Makes what is missing of the directories that requests and answers go through.

        DataDirectoryRefused, StorageError, OSError.
        """
        for directory in (self.inbox, self.claimed, self.outbox, self.rejected, self.requests):
            _own_directory(directory)

    def prepare_workspace(self, name: str) -> None:
        """The same for one workspace. ValueError for what cannot be its name."""
        for directory in (self.workspace(name), self.sessions(name), self.trash(name)):
            _own_directory(directory)
        _tighten_files(self.workspace(name))

    def _say_who(self) -> None:
        """Our process id into `run/daemon.pid`: as far as there is room, for the lock decides."""
        try:
            durable.replace_file(self.daemon_pid, b"%d\n" % os.getpid(), synced=False)
        except StorageError:
            with suppress(OSError):
                self.daemon_pid.unlink(missing_ok=True)

    def _already_running(self) -> AlreadyRunning:
        try:
            who = f"process {int(self.daemon_pid.read_text())}"
        except (OSError, ValueError):
            who = "a process that has not said which"
        return AlreadyRunning(
            f"greenroom already runs on {self.root} ({who}):"
            " `greenroom status` shows it, `greenroom stop` ends it"
        )


def _checked_id(text: str) -> str:
    if not is_id(text):
        raise ValueError(f"{text!r} cannot be an id")
    return text


def _make_root(root: Path) -> None:
    if not os.path.lexists(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        durable.make_directory(root)


def _own_directory(path: Path) -> None:
    durable.make_directory(path)
    status = _require_ours(path)
    if stat.S_IMODE(status.st_mode) != durable.DIRECTORY_MODE:
        path.chmod(durable.DIRECTORY_MODE)


def _require_ours(path: Path) -> os.stat_result:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise DataDirectoryRefused(f"{path} is a symbolic link: use the directory it leads to")
    if not stat.S_ISDIR(status.st_mode):
        raise DataDirectoryRefused(f"{path} is not a directory: move it away, or name another")
    if status.st_uid != os.geteuid():
        raise DataDirectoryRefused(
            f"{path} belongs to user {status.st_uid}: name a directory of your own with --data"
        )
    return status


def _tighten_files(directory: Path) -> None:
    """Those that are ours; what goes meanwhile is let go."""
    for path in directory.iterdir():
        with suppress(FileNotFoundError):
            status = path.lstat()
            is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
            if is_ours and stat.S_IMODE(status.st_mode) & 0o077:
                path.chmod(stat.S_IMODE(status.st_mode) & 0o700)
