"""When a saved file is finished, and where it goes: to `rejected/`, or beside `sessions.json`."""

import itertools
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from storage import durable, rejected, sessions_file, strict_json
from storage.edit_claims import Claim, Stamp, is_being_written, stamp_of
from storage.errors import FileRefused

SETTLED_SECONDS = 1.0
"""Left alone for so long, a file counts as saved."""
OPEN_SECONDS = 30.0
"""Half a file counts as saved after so long, though whoever writes it has not closed it."""
BEFORE = ".before-migration-"


def has_settled(path: Path, finished: Stamp | None) -> bool:
    """Whether the file at `path` is saved to its end. `finished`: as it was when it was closed.

    A file that was closed and cannot be read is perhaps closed several times: it is left alone for
    a while too, and for longer while somebody has it open to write. A time of change in the future
    counts as long ago.
    """
    stamp = stamp_of(path)
    if stamp is None:
        return True
    age_seconds = time.time() - stamp[2] / 1e9
    if 0 <= age_seconds < SETTLED_SECONDS:
        return stamp == finished and _can_be_read(path)
    is_open = 0 <= age_seconds < OPEN_SECONDS and is_being_written(path)
    return not is_open or _can_be_read(path)


def _can_be_read(path: Path) -> bool:
    try:
        strict_json.parse(_content(path) or b"")
    except (FileRefused, OSError):
        return False
    return True


def reject(claim: Claim, directory: Path, refusal: FileRefused) -> None:
    """Keeps a claim where refused files are, with the reason. StorageError, OSError."""
    rejected.reject(claim.path, directory, refusal)
    claim.plan.unlink(missing_ok=True)


def keep_original(claim: Claim, path: Path) -> None:
    """Keeps an older file as `sessions.json.before-migration-<time of its last change>`.

    The same content is kept once. StorageError.
    """
    with durable.named_failures(path):
        if _is_kept(claim, path):
            durable.sync_directory(path.parent)
            return
        changed = datetime.fromtimestamp(claim.path.lstat().st_mtime, UTC)
        name = f"{path.name}{BEFORE}{changed:%Y%m%dT%H%M%SZ}"
        for number in itertools.count(1):
            kept = path.with_name(name if number == 1 else f"{name}.{number}")
            with suppress(FileExistsError):
                os.link(claim.path, kept, follow_symlinks=False)
                break
        durable.sync_directory(path.parent)


def _is_kept(claim: Claim, path: Path) -> bool:
    content = _content(claim.path)
    return any(_content(kept) == content for kept in path.parent.glob(f"{path.name}{BEFORE}*"))


def _content(path: Path) -> bytes | None:
    """None for what is no file that can be read."""
    try:
        return durable.read_small(path, sessions_file.SIZE_LIMIT_BYTES, follow_links=False)
    except (FileRefused, FileNotFoundError):
        return None
