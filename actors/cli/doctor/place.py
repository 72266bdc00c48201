"""The data directory as such: whose it is, who may look in, and how much room is left."""

from __future__ import annotations

import os
import shutil
import stat

from actors.cli.doctor.finding import Finding, note, ok, problem
from actors.cli.phrases import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.data_dir import DataDir

CHECK = "data directory"
ROOM = "free space"
FULL_BYTES = 16 << 20
"""Below this, a few images or a busy terminal fill the disk."""
LITTLE_BYTES = 512 << 20


def findings(data: DataDir) -> Iterator[Finding]:
    """Every directory of the layout that is there, then the room on its disk."""
    bad = [found for path in _directories(data) if (found := _wrong(path))]
    yield from bad
    if not bad:
        yield ok(CHECK, f"{data.root}, ours alone")
    yield _room(data.root)


def _directories(data: DataDir) -> Iterator[Path]:
    """Nothing below a link is looked at: it could be anybody's."""
    yield data.root
    top = (data.inbox, data.claimed, data.outbox, data.rejected, data.requests, data.run)
    yield from (path for path in (*top, data.workspaces) if os.path.lexists(path))
    if data.workspaces.is_symlink():
        return
    for name in data.workspace_names():
        below = (data.workspace(name), data.sessions(name), data.trash(name))
        yield from (path for path in below if os.path.lexists(path))


def _wrong(path: Path) -> Finding | None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        text = f"{path} is a symbolic link, and no daemon starts on it"
        return problem(CHECK, text, f"put the directory itself in its place: {path.readlink()}")
    if not stat.S_ISDIR(status.st_mode):
        return problem(CHECK, f"{path} is not a directory", "move it away")
    if status.st_uid != os.geteuid():
        text = f"{path} belongs to user {status.st_uid}, and no daemon of ours starts on it"
        return problem(CHECK, text, f"chown it to yourself, or name another with --data: {path}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        text = f"others may look into {path} (mode {stat.S_IMODE(status.st_mode):o})"
        return note(CHECK, f"{text}; the next start takes that away", f"chmod 700 {path}")
    if stat.S_IMODE(status.st_mode) & 0o700 != 0o700:
        text = f"{path} is closed to ourselves (mode {stat.S_IMODE(status.st_mode):o})"
        return problem(CHECK, text, f"chmod 700 {path}")
    return None


def _room(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    text = f"{size(free)} on the disk of {root}"
    if free < FULL_BYTES:
        return problem(ROOM, text, "free some; greenroom purge removes deleted sessions for good")
    if free < LITTLE_BYTES:
        return note(ROOM, text, "free some before it is full")
    return ok(ROOM, text)
