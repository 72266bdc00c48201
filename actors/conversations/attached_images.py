"""Images that lie beside the journal, put back into the messages that a model is sent."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from storage import attachments
from storage.errors import FileRefused
from storage.records.message import ChatMessage, Content, ImageContent, TextContent


def restored(directory: Path, messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The messages with each `attachment:` image as the data URL that it was.

    Reads the session's `directory`. An image that is missing or damaged there becomes a text that
    says so: the conversation goes on without it.
    """
    return tuple(_message(directory, message) for message in messages)


def _message(directory: Path, message: ChatMessage) -> ChatMessage:
    if not any(attachments.named_image(block) for block in message.content):
        return message
    content = tuple(_block(directory, block) for block in message.content)
    return replace(message, content=content)


def _block(directory: Path, block: Content) -> Content:
    name = attachments.named_image(block)
    if name is None or not isinstance(block, ImageContent):
        return block
    try:
        url = attachments.read(directory, name).decode("ascii")
    except (FileRefused, OSError, UnicodeDecodeError) as error:
        shown = f": {block.alt_text}" if block.alt_text else ""
        return TextContent(f"[image left out{shown}: {error}]")
    return replace(block, url=url)
