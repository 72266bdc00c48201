"""Pictures that clients put into a session, as files that its programs can read.

What a picture is, its content says; its name is ours. Promises that a picture is whole on disk when
its path is given, and that a session has a bounded number of bytes of them.
"""

from pathlib import Path

from storage import durable
from storage.errors import StorageError
from storage.records.new_ids import new_id

MOST_BYTES = 64 * 1024 * 1024
"""Of all pictures of a session together."""

_WEBP_AT = 8


class ImageRefused(StorageError):
    """It is no picture that is taken; the text says which are."""

    code = "bad-image"


class TooManyImages(StorageError):
    """The session has as many as it may have."""

    code = "too-many-images"


def save(directory: Path, content: bytes) -> Path:
    """The new file. ImageRefused, TooManyImages, StorageError."""
    suffix = _suffix(content)
    if suffix is None:
        raise ImageRefused("that is no PNG, JPEG, GIF or WebP; send one of these, in base64")
    with durable.named_failures(directory):
        durable.make_directory(directory)
        held = sum(each.stat(follow_symlinks=False).st_size for each in directory.iterdir())
    if held + len(content) > MOST_BYTES:
        text = f"the pictures in {directory} would be more than {MOST_BYTES >> 20} MiB; remove some"
        raise TooManyImages(text)
    path = directory / f"{new_id()}.{suffix}"
    durable.replace_file(path, content)
    return path


def _suffix(content: bytes) -> str | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content.startswith(b"RIFF") and content.startswith(b"WEBP", _WEBP_AT):
        return "webp"
    return None
