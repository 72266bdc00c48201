"""`.workspace-last-good.json`: what `workspace.json` said when it could last be used.

Kept beside it, so that a file which is damaged while nothing runs does not take budgets and rules
out of force at the next start. A copy that is itself damaged is as good as none.
"""

import hashlib
from pathlib import Path

from msgspec import Struct

from storage import codec, durable
from storage.errors import FileRefused

NAME = ".workspace-last-good.json"
_LIMIT_BYTES = 8 << 20


class _Copy(Struct, frozen=True, forbid_unknown_fields=True):
    """`sha256`: of the text as UTF-8."""

    sha256: str
    text: str


def keep(directory: Path, raw: bytes) -> None:
    """Remember this content of workspace.json, durably; nothing if it is known. StorageError."""
    if read(directory) != raw:
        copy = _Copy(sha256=hashlib.sha256(raw).hexdigest(), text=raw.decode())
        durable.replace_file(directory / NAME, codec.encode(copy))


def forget(directory: Path) -> None:
    """There is no such content any more, as workspace.json was removed. StorageError."""
    path = directory / NAME
    with durable.named_failures(path):
        try:
            path.unlink()
        except FileNotFoundError:
            return
        durable.sync_directory(directory)


def read(directory: Path) -> bytes | None:
    """The content that was kept; None if there is none, or one that is not as it was written."""
    try:
        raw = durable.read_small(directory / NAME, _LIMIT_BYTES, follow_links=False)
        copy: _Copy = codec.decode(raw, _Copy)
    except (FileRefused, OSError):
        return None
    text = copy.text.encode()
    return text if hashlib.sha256(text).hexdigest() == copy.sha256 else None
