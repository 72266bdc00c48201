"""When a saved file is finished, and where it goes: to `rejected/`, or beside `sessions.json`."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from storage import durable, rejected, sessions_file, strict_json
from storage.edit_claims import Claim, Stamp, stamp_of
from storage.errors import FileRefused

SETTLED_SECONDS = 1.0
"""Left alone for so long, a file counts as saved."""


def has_settled(path: Path, finished: Stamp | None) -> bool:
    """Whether the file at `path` is saved to its end. `finished`: as it was when it was closed.

    A file that was closed and cannot be read is perhaps closed several times: it is left alone for
    a while too. A time of change in the future counts as long ago.
    """
    stamp = stamp_of(path)
    if stamp is None:
        return True
    age_seconds = time.time() - stamp[2] / 1e9
    if not 0 <= age_seconds < SETTLED_SECONDS:
        return True
    return stamp == finished and _can_be_read(path)


def _can_be_read(path: Path) -> bool:
    try:
        strict_json.parse(durable.read_small(path, sessions_file.SIZE_LIMIT_BYTES))
    except (FileRefused, OSError):
        return False
    return True


def reject(claim: Claim, directory: Path, refusal: FileRefused) -> None:
    """Keeps a claim where refused files are, with the reason. StorageError, OSError."""
    rejected.reject(claim.path, directory, refusal)
    claim.plan.unlink(missing_ok=True)


def keep_original(claim: Claim, path: Path) -> None:
    """Keeps an older file as `sessions.json.before-migration-<time of its last change>`, once.

    StorageError.
    """
    with durable.named_failures(path):
        changed = datetime.fromtimestamp(claim.path.lstat().st_mtime, UTC)
        name = f"{path.name}.before-migration-{changed:%Y%m%dT%H%M%SZ}"
        number = 1
        while True:
            kept = path.with_name(name if number == 1 else f"{name}.{number}")
            try:
                os.link(claim.path, kept, follow_symlinks=False)
            except FileExistsError:
                if kept.samefile(claim.path):
                    return
                number += 1
                continue
            durable.sync_directory(path.parent)
            return
