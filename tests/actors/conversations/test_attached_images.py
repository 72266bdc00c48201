from pathlib import Path

from actors.conversations.attached_images import restored
from storage import attachments
from storage.attachments import NAME, set_apart
from storage.records import event as e
from storage.records.message import ChatMessage, ImageContent, TextContent
from tests.storage.histories import message, said

IMAGE = ImageContent(url="data:image/png;base64," + "A" * 300_000, detail="low", alt_text="a chart")
HELLO = TextContent("look at this")


def with_image(directory: Path) -> tuple[ChatMessage, ChatMessage, Path]:
    """A message, the same as it is kept, and where its image lies."""
    whole = said("m", (HELLO, IMAGE), "user")
    (event,), apart = set_apart([e.MessageAdded(whole)])
    assert isinstance(event, e.MessageAdded)
    attachments.write(directory, apart)
    return whole, event.message, directory / NAME / apart[0].sha256


def test_an_image_beside_the_journal_is_sent_as_it_was(tmp_path: Path) -> None:
    whole, kept, _ = with_image(tmp_path)
    other = message("other")
    assert kept != whole
    sent = restored(tmp_path, [other, kept])
    assert sent == (other, whole)
    assert sent[0] is other


def test_an_image_that_is_missing_or_damaged_becomes_a_text_that_says_so(tmp_path: Path) -> None:
    _, kept, path = with_image(tmp_path)
    path.write_bytes(b"damaged")
    for reason in ("is not what was written: its hash is another", "is missing"):
        (sent,) = restored(tmp_path, [kept])
        text = f"[image left out: a chart: attachments/{path.name} {reason}]"
        assert sent.content == (HELLO, TextContent(text))
        path.unlink(missing_ok=True)


def test_a_name_that_leads_elsewhere_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    image = ImageContent(url="attachment:../secret")
    (sent,) = restored(tmp_path, [said("m", (image,), "user")])
    (block,) = sent.content
    assert isinstance(block, TextContent)
    assert "cannot be the name" in block.text
