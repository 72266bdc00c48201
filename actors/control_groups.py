"""Control groups (cgroup v2): one for each worker and tool server of a session that has limits.

They lie below the group of the terminal host, in `greenroom-<instance>/<session>/<worker>`, and
nothing outside of that is ever touched. Used only where that group is writable, has a controller
and nobody else's processes in it; `problem` says why not. Standard library only.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from actors.entry import role_and_directory

CONTROLLERS = {"processes": "pids", "memory_bytes": "memory"}
FILES = {"processes": "pids.max", "memory_bytes": "memory.max"}
OWN = "greenroom"
"""Our own processes' leaf: a group with groups below it may hold no process itself."""
MOST_MOVES = 10
YOUNG_SECONDS = 10.0

Limits = Mapping[str, int]
"""`processes` and `memory_bytes`, as far as they are limited."""


class ControlGroups:
    """Of one data directory; may be used from any thread."""

    def __init__(
        self, root: Path, instance: str, mount: Path | None, proc: Path = Path("/proc")
    ) -> None:
        self.problem = "no terminal host has run yet" if mount else "no cgroup v2 is mounted"
        self._root = os.path.realpath(root)
        self._mark = f"GREENROOM_INSTANCE={instance}".encode()
        self._name = f"greenroom-{instance}"
        self._mount = mount
        self._proc = proc
        self._base: Path | None = None
        self._settled: int | None = None

    @classmethod
    def here(cls, root: Path, instance: str) -> "ControlGroups":
        """Those of this machine, for the data directory `root`."""
        return cls(root, instance, mount_of(_text(Path("/proc/self/mounts"))))

    @property
    def is_usable(self) -> bool:
        return self._base is not None

    def settle(self, host: int) -> None:
        """Find out, once for each terminal host, whether its group can be used, and make it so."""
        if self._mount is None or self._settled == host:
            return
        self._settled, self._base = host, None
        try:
            self._base, self.problem = self._prepared(self._mount, host)
        except OSError as error:
            self.problem = f"{error.filename}: {error.strerror}"

    def find(self) -> None:
        """Use those that are there, wherever they are, and change nothing: to look at them."""
        if self._mount is not None:
            found = (Path(place) for place, names, _ in os.walk(self._mount) if self._name in names)
            self._base = next((place / self._name for place in found), None)

    def enter(self, key: str, limits: Limits) -> str:
        """The group for a process of this key, with its session's limits; empty if there is none.

        `key` is `<session id>/<worker id>`, or `<session id>/mcp:<name>`.
        """
        leaf = self._leaf(key)
        if leaf is None or not limits:
            return ""
        try:
            leaf.mkdir(parents=True, exist_ok=True)
            self._write(leaf.parent, limits)
        except OSError as error:
            self.problem = f"{error.filename}: {error.strerror}"
            return ""
        return str(leaf)

    def hold(self, session_id: str, limits: Limits) -> None:
        """Its limits have changed; one that has no group stays without."""
        place = self._base / quote(session_id, safe="") if self._base else None
        if place and place.is_dir():
            with suppress(OSError):
                self._write(place, limits)

    def holds(self, session_id: str, limits: Limits, processes: int) -> bool:
        """Whether the kernel itself enforces all of them on all its `processes`."""
        if self._base is None or not limits:
            return False
        place = self._base / quote(session_id, safe="")
        if not place.is_dir():
            return processes == 0 and limits.keys() <= self._limited()
        written = all(_text(place / FILES[name]).strip() == str(limits[name]) for name in limits)
        return written and len(self._pids_below(place)) >= processes

    def members(self) -> dict[int, str]:
        """Every process in a group of ours, with the key that it belongs to."""
        return {
            pid: f"{unquote(leaf.parent.name)}/{unquote(leaf.name)}"
            for leaf in self._leaves()
            for pid in _pids(leaf)
        }

    def memory_kills(self, key: str) -> int:
        """How many of the processes of this key the kernel has killed for their memory so far."""
        leaf = self._leaf(key)
        lines = _text(leaf / "memory.events").splitlines() if leaf else []
        counts = [line.removeprefix("oom_kill ") for line in lines if line.startswith("oom_kill ")]
        return sum(int(each) for each in counts if each.isdigit())

    def count(self) -> int:
        """How many groups there are."""
        return len(self._leaves())

    def kill(self, key: str) -> bool:
        """End all in the group of this key at once; False if there is none, or it has no way to."""
        leaf = self._leaf(key)
        if leaf is None or not (leaf / "cgroup.kill").exists():
            return False
        with suppress(OSError):
            (leaf / "cgroup.kill").write_text("1")
            return True
        return False

    def tidy(self) -> None:
        """Remove the groups that are empty; one that is young may just be about to be entered."""
        for leaf in self._leaves():
            if _age_seconds(leaf) > YOUNG_SECONDS:
                _remove(leaf)
        for session in _directories(self._base) if self._base else ():
            if session.name != OWN:
                _remove(session)

    def _prepared(self, mount: Path, host: int) -> tuple[Path | None, str]:
        """Raises OSError."""
        group = self._group_of(mount, host)
        if group is None:
            return None, "the terminal host is in no cgroup v2"
        if group.name == OWN and group.parent.name == self._name:  # by an earlier daemon
            return group.parent, ""
        has = set(_text(group / "cgroup.controllers").split())
        wanted = [each for each in CONTROLLERS.values() if each in has]
        if not wanted:
            return None, "the terminal host's cgroup has neither the pids nor the memory controller"
        if not os.access(group / "cgroup.subtree_control", os.W_OK):
            return None, "the terminal host's cgroup is not delegated to us"
        if not all(map(self._is_ours, _pids(group))):
            return None, "others' processes are in the terminal host's cgroup"
        base = group / self._name
        (base / OWN).mkdir(parents=True, exist_ok=True)
        for _ in range(MOST_MOVES):
            pids = _pids(group)
            for pid in pids:
                with suppress(ProcessLookupError):
                    (base / OWN / "cgroup.procs").write_text(str(pid))
            if not pids:
                break
        for place in (group, base):
            (place / "cgroup.subtree_control").write_text(" ".join(f"+{each}" for each in wanted))
        return base, ""

    def _group_of(self, mount: Path, pid: int) -> Path | None:
        for line in _text(self._proc / str(pid) / "cgroup").splitlines():
            number, _, path = line.split(":", 2)
            if number == "0":
                return mount / path.lstrip("/")
        return None

    def _is_ours(self, pid: int) -> bool:
        place = self._proc / str(pid)
        found = role_and_directory(_bytes(place / "cmdline"))
        if found is not None:
            return os.path.realpath(found[1]) == self._root
        return self._mark in _bytes(place / "environ").split(b"\0")

    def _write(self, place: Path, limits: Limits) -> None:
        """What has no controller here is left to the account. Raises OSError."""
        for name, file in FILES.items():
            if (place / file).exists():
                (place / file).write_text(str(limits.get(name, "max")))

    def _limited(self) -> set[str]:
        """What can be limited here."""
        has = _text(self._base / "cgroup.subtree_control").split() if self._base else []
        return {name for name, controller in CONTROLLERS.items() if controller in has}

    def _leaf(self, key: str) -> Path | None:
        session_id, _, by = key.partition("/")
        if self._base is None or not session_id or not by or session_id == OWN:
            return None
        return self._base / quote(session_id, safe="") / quote(by, safe=":")

    def _leaves(self) -> list[Path]:
        sessions = _directories(self._base) if self._base else []
        return [leaf for each in sessions if each.name != OWN for leaf in _directories(each)]

    def _pids_below(self, session: Path) -> list[int]:
        return [pid for leaf in _directories(session) for pid in _pids(leaf)]


def mount_of(mounts: str) -> Path | None:
    """Where cgroup v2 is mounted, of what stands in /proc/self/mounts. PURE."""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 2 and fields[2] == "cgroup2":
            return Path(fields[1].replace("\\040", " "))
    return None


def _text(path: Path) -> str:
    return os.fsdecode(_bytes(path))


def _bytes(path: Path) -> bytes:
    """Empty if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _pids(group: Path) -> list[int]:
    return [int(word) for word in _text(group / "cgroup.procs").split() if word.isdigit()]


def _directories(place: Path) -> list[Path]:
    try:
        return sorted(each for each in place.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []


def _age_seconds(group: Path) -> float:
    try:
        return time.time() - group.stat().st_mtime
    except OSError:
        return 0.0


def _remove(group: Path) -> None:
    """The kernel refuses it for one that is in use."""
    with suppress(OSError):
        group.rmdir()
