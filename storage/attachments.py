"""What is too large for a journal lies beside it, in `attachments/<sha256>`, under its own hash.

`set_apart` and `named_by` are pure. A journal's line keeps the head of a long tool result and the
name of its whole, and of a large image the name alone. Promises that `write` returns when all is on
disk; that it does so before the line is the caller's part.
"""

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from storage import codec, durable, typed
from storage.errors import FileRefused, StorageError
from storage.records import event as e
from storage.records.message import ChatMessage, Content, ImageContent, ToolResultContent

NAME = "attachments"
LIMIT_BYTES = 256 * 1024
"""What is longer is set apart: sixteen such pieces still fit into one line of a journal."""
HEAD_BYTES = 16 * 1024
"""How much of a long tool result stays in the journal and is sent to the model."""
SCHEME = "attachment:"
"""A large image has the URL `attachment:<sha256>`; the attachment is the data URL that it had."""
READ_LIMIT_BYTES = 1 << 30

_SHA256 = re.compile(r"[0-9a-f]{64}")
_Kept = dict[str, bytes]


class Attachment(Struct, frozen=True):
    """`sha256`, in lower-case hexadecimal, is that of `content`."""

    sha256: str
    content: bytes


def set_apart(
    events: Iterable[e.Event],
) -> tuple[tuple[e.Event, ...], tuple[Attachment, ...]]:
    """The events as they are to be journaled, and what must be on disk before they are.

    Tool results, images that are data URLs, and raw responses of a provider over `LIMIT_BYTES` are
    shortened. What was set apart already stays as it is.
    """
    kept: _Kept = {}
    shortened = tuple(_shortened(event, kept) for event in events)
    return shortened, tuple(Attachment(*one) for one in kept.items())


def named_by(events: Iterable[e.AnyEvent]) -> frozenset[str]:
    """The hashes of the attachments without which these events are not whole."""
    return frozenset(name for event in events for name in _names(event))


def write(directory: Path, attachments: Iterable[Attachment]) -> None:
    """Puts them into `attachments/` of a session's `directory`, each durably and once.

    StorageError; then those that were not confirmed are not there.
    """
    folder = directory / NAME
    with durable.named_failures(folder):
        durable.make_directory(directory)
        durable.make_directory(folder)
    for attachment in attachments:
        _put(folder / attachment.sha256, attachment)


def read(directory: Path, sha256: str) -> bytes:
    """A whole attachment of a session, its hash verified.

    FileRefused if it is missing, is not what was written, or cannot be named so; OSError.
    """
    if _SHA256.fullmatch(sha256) is None:
        raise FileRefused(f"{sha256!r} cannot be the name of an attachment")
    path = directory / NAME / sha256
    try:
        content = durable.read_small(path, READ_LIMIT_BYTES, follow_links=False)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileRefused(f"{NAME}/{sha256} is missing") from error
    except FileRefused as error:
        raise FileRefused(f"{NAME}/{sha256} cannot be used: {error}") from error
    if _hash(content) != sha256:
        raise FileRefused(f"{NAME}/{sha256} is not what was written: its hash is another")
    return content


def named_image(block: Content) -> str | None:
    """The hash in the URL of an image that was set apart; None for everything else."""
    if isinstance(block, ImageContent) and block.url.startswith(SCHEME):
        return block.url.removeprefix(SCHEME)
    return None


def named_in(content: tuple[Content, ...]) -> Iterator[str]:
    """The names of attachments in a message's content, whether they are there or not."""
    for block in content:
        name = named_image(block)
        if name is not None:
            yield name
        elif isinstance(block, ToolResultContent) and block.attachment is not UNSET:
            yield block.attachment


def content_of(updates: dict[str, Any]) -> tuple[Content, ...]:
    """Nothing for updates that leave the content alone, or that could not be folded."""
    try:
        content: tuple[Content, ...] = typed.convert(
            updates.get("content", ()), tuple[Content, ...]
        )
    except msgspec.ValidationError:
        return ()
    return content


def is_there(directory: Path, name: str) -> bool:
    """Whether a session's `directory` has an attachment of that name; it is not read."""
    if _SHA256.fullmatch(name) is None:
        return False
    try:
        return stat.S_ISREG((directory / NAME / name).lstat().st_mode)
    except OSError:
        return False


def _put(path: Path, attachment: Attachment) -> None:
    """One that is there may belong to an earlier line too: it stays, whatever happens."""
    if _holds(path, attachment.content):
        with durable.named_failures(path):
            durable.sync_directory(path.parent)
        return
    try:
        durable.replace_file(path, attachment.content)
    except StorageError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _holds(path: Path, content: bytes) -> bool:
    """What cannot be read is written anew."""
    try:
        return durable.read_small(path, len(content), follow_links=False) == content
    except (OSError, FileRefused):
        return False


def _shortened(event: e.Event, kept: _Kept) -> e.Event:
    match event:
        case e.MessageAdded() | e.RequestQueued():
            message = _message(event.message, kept)
            return event if message is event.message else replace(event, message=message)
        case e.MessageUpdated():
            return _updated(event, kept)
        case e.TurnBlockCompleted():
            block = _block(event.block, kept)
            return event if block is event.block else replace(event, block=block)
        case e.TurnCompleted():
            content, raw = _blocks(event.content, kept), _raw(event.raw_response, kept)
            if content is event.content and raw is event.raw_response:
                return event
            return replace(event, content=content, raw_response=raw)
        case _:
            return event


def _message(message: ChatMessage, kept: _Kept) -> ChatMessage:
    content = _blocks(message.content, kept)
    return message if content is message.content else replace(message, content=content)


def _updated(event: e.MessageUpdated, kept: _Kept) -> e.MessageUpdated:
    content = content_of(event.updates)
    shorter = _blocks(content, kept)
    if shorter is content:
        return event
    updates = {**event.updates, "content": codec.builtins(shorter)}
    return replace(event, updates=updates)


def _blocks(content: tuple[Content, ...], kept: _Kept) -> tuple[Content, ...]:
    """The very same tuple if nothing in it is large."""
    shorter = tuple(_block(block, kept) for block in content)
    changed = any(new is not old for new, old in zip(shorter, content, strict=True))
    return shorter if changed else content


def _block(block: Content, kept: _Kept) -> Content:
    match block:
        case ToolResultContent():
            return _result(block, kept)
        case ImageContent() if block.url.startswith("data:"):
            sha256 = _apart(block.url, kept)
            return block if sha256 is None else replace(block, url=f"{SCHEME}{sha256}")
        case _:
            return block


def _result(block: ToolResultContent, kept: _Kept) -> ToolResultContent:
    sha256 = _apart(block.content, kept)
    if sha256 is None:
        return block
    whole = kept[sha256]
    head = whole[:HEAD_BYTES].decode(errors="ignore")
    text = (
        f"{head}\n\n[The rest of {len(whole)} bytes is left out here;"
        f" the whole lies in {NAME}/{sha256}]"
    )
    return replace(block, content=text, attachment=sha256)


def _raw(raw: dict[str, Any] | None, kept: _Kept) -> dict[str, Any] | None:
    """A provider's record is for people to look at: when large, its name and size remain."""
    if raw is None:
        return None
    whole = codec.encode(raw)
    if len(whole) <= LIMIT_BYTES:
        return raw
    return {"attachment": _keep(whole, kept), "bytes": len(whole)}


def _apart(text: str, kept: _Kept) -> str | None:
    if 4 * len(text) <= LIMIT_BYTES:
        return None
    whole = text.encode(errors="replace")
    return _keep(whole, kept) if len(whole) > LIMIT_BYTES else None


def _keep(whole: bytes, kept: _Kept) -> str:
    sha256 = _hash(whole)
    kept[sha256] = whole
    return sha256


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _names(event: e.AnyEvent) -> Iterator[str]:
    match event:
        case e.MessageAdded() | e.RequestQueued():
            yield from named_in(event.message.content)
        case e.MessageUpdated():
            yield from named_in(content_of(event.updates))
        case e.TurnBlockCompleted():
            yield from named_in((event.block,))
        case e.TurnCompleted():
            yield from named_in(event.content)
            yield from _named_in_raw(event.raw_response)
        case e.RequestAnswered() if event.attachment is not None:
            yield event.attachment
        case _:
            return


def _named_in_raw(raw: dict[str, Any] | None) -> Iterator[str]:
    match raw:
        case {"attachment": str(name), "bytes": int()}:
            yield name
        case _:
            return
