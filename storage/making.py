"""Intents: which worktrees are just being made, `making/<session id>.json` in each workspace.

An intent is on the disk before anything is made, and held by a lock that also a git inherits which
outlives us: what can be locked again is not being made by anybody. It goes when its session is
durable, or when all that was made is undone. Deciding which of both it is, is for the caller.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from storage import codec, durable, strict_json
from storage.data_dir import DataDir
from storage.errors import FileRefused
from storage.records.ids import is_new_id
from storage.records.worktree import WorktreePlan

LIMIT_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Found(Struct, frozen=True):
    """An intent that an earlier run left, or another part of this one."""

    workspace: str
    path: Path
    plan: WorktreePlan


class Held:
    """An intent that is held by us until `end` or `release`; or by the end of this process."""

    def __init__(self, path: Path, plan: WorktreePlan, descriptor: int) -> None:
        self.path = path
        self.plan = plan
        self.descriptor = descriptor
        self._is_held = True

    def end(self) -> None:
        """Nothing is left to be done about it. OSError: it stays, and is found at the next start.

        The name goes first: who waits for the lock then finds nothing more to do.
        """
        try:
            self.path.unlink(missing_ok=True)
            durable.sync_directory(self.path.parent)
        finally:
            self.release()

    def release(self) -> None:
        """It stays on the disk; whoever looks next takes it up."""
        if self._is_held:
            self._is_held = False
            os.close(self.descriptor)


def begin(data: DataDir, workspace: str, plan: WorktreePlan) -> Held:
    """Durable and held, before anything of the plan is made. StorageError, OSError."""
    path = data.making(workspace, plan.session_id)
    durable.make_directory(path.parent)
    durable.replace_file(path, codec.encode(plan) + b"\n")
    held = _held(path, plan, wait=True)
    assert held is not None
    return held


def found(data: DataDir) -> Iterator[Found]:
    """All intents. What cannot be read, or is not of the session that its name says, is logged and
    left where it is.
    """
    for workspace in data.workspace_names():
        directory = data.workspace(workspace) / "making"
        for path in sorted(directory.glob("*.json")):
            try:
                raw = durable.read_small(path, LIMIT_BYTES, follow_links=False)
                plan: WorktreePlan = strict_json.parse_as(raw, WorktreePlan)
            except (FileRefused, OSError) as error:
                _log.warning("%s is left as it is, for it cannot be used: %s", path, error)
                continue
            if path.stem != plan.session_id or not is_new_id(plan.session_id):
                text = "%s is left as it is, for it is no intent of ours for the session it names"
                _log.warning(text, path)
                continue
            yield Found(workspace, path, plan)


def take(intent: Found) -> Held | None:
    """Ours to deal with from now on; None while somebody is still at it. FileNotFoundError: done.

    OSError.
    """
    return _held(intent.path, intent.plan, wait=False)


def _held(path: Path, plan: WorktreePlan, *, wait: bool) -> Held | None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return Held(path, plan, descriptor)
    except BlockingIOError:
        with suppress(OSError):
            os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    raise FileNotFoundError(path)
