"""What is set apart is whole beside the journal, and the journal's line stays short."""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import attachments, codec, durable, fold
from storage.attachments import HEAD_BYTES, LIMIT_BYTES, NAME, Attachment, named_by, set_apart
from storage.errors import FileRefused, StorageError, StorageFull
from storage.journal.frame import require_fit
from storage.records import event as e
from storage.records.message import Content, ImageContent, ToolResultContent
from storage.state import SessionState
from tests.storage.histories import START, histories, message, said, session
from tests.storage.listing import listed

LONG = "line of a tool\n" * 40_000
LIMIT = "x" * LIMIT_BYTES
IMAGE = ImageContent(url="data:image/png;base64," + "A" * 300_000, alt_text="a chart")


def result(content: str) -> ToolResultContent:
    return ToolResultContent(tool_call_id="call", content=content, is_error=True)


def sha(text: str | bytes) -> str:
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def attachment(content: bytes = b"content") -> Attachment:
    return Attachment(sha(content), content)


def only_block(events: tuple[e.Event, ...]) -> Any:
    """The block of the only event, which is one of a completed block."""
    (event,) = events
    assert isinstance(event, e.TurnBlockCompleted)
    return event.block


def bearing(block: Content) -> list[e.Event]:
    """One event of each kind that can hold content."""
    content = said("m", (block, block))
    return [
        e.MessageAdded(content),
        e.RequestQueued("r", content),
        e.MessageUpdated("m", {"content": codec.builtins([block]), "role": "user"}),
        e.TurnBlockCompleted("r", 1, block),
        e.TurnCompleted(response_id="r", number=1, status="error", content=(block,)),
    ]


@pytest.mark.parametrize("block", [result(LONG), IMAGE])
def test_a_large_block_is_set_apart_wherever_it_stands(block: Content) -> None:
    whole = block.url if isinstance(block, ImageContent) else LONG
    for event in bearing(block):
        short, apart = set_apart([event])
        assert apart == (Attachment(sha(whole), whole.encode()),)
        assert len(codec.encode(short)) < 3 * HEAD_BYTES
        assert named_by(short) == {sha(whole)}
        assert named_by([event]) == frozenset()
        assert set_apart(short) == (short, ())


def test_a_long_result_keeps_its_head_and_says_where_the_whole_lies() -> None:
    block = only_block(set_apart([e.TurnBlockCompleted("r", 1, result(LONG))])[0])
    head, _, sentence = block.content.rpartition("\n\n")
    assert LONG.startswith(head)
    assert len(head) == HEAD_BYTES
    assert sentence == (
        f"[The rest of {len(LONG)} bytes is left out here; the whole lies in"
        f" attachments/{sha(LONG)}]"
    )
    assert (block.tool_call_id, block.is_error) == ("call", True)


def test_an_image_keeps_all_but_its_url() -> None:
    short, _ = set_apart([e.TurnBlockCompleted("r", 1, IMAGE)])
    named = f"attachment:{sha(IMAGE.url)}"
    assert only_block(short) == ImageContent(url=named, alt_text="a chart")


def test_the_head_ends_between_two_characters() -> None:
    text = "x" + "\N{EURO SIGN}" * LIMIT_BYTES
    short, apart = set_apart([e.TurnBlockCompleted("r", 1, result(text))])
    assert apart[0].content.decode() == text
    head = only_block(short).content.partition("\n")[0]
    assert text.startswith(head)
    assert HEAD_BYTES - 3 < len(head.encode()) <= HEAD_BYTES


def test_up_to_the_limit_nothing_is_touched() -> None:
    url = "data:image/png;base64,"
    small = (
        result(LIMIT),
        ImageContent(url=url + "A" * (LIMIT_BYTES - len(url))),
        ImageContent(url="https://example.org/" + "x" * LIMIT_BYTES),
    )
    for block in small:
        for event in bearing(block):
            kept, apart = set_apart([event])
            assert kept[0] is event
            assert apart == ()
    assert set_apart([e.TurnBlockCompleted("r", 1, result(LIMIT + "x"))])[1] != ()


def test_a_large_raw_response_is_set_apart_whole() -> None:
    raw = {"id": "one", "citations": [LONG]}
    event = e.TurnCompleted(response_id="r", number=1, status="completed", raw_response=raw)
    short, (apart,) = set_apart([event])
    kept = {"attachment": apart.sha256, "bytes": len(apart.content)}
    assert short == (msgspec.structs.replace(event, raw_response=kept),)
    assert codec.decode(apart.content, dict[str, Any]) == raw
    assert named_by(short) == {apart.sha256}
    assert set_apart(short) == (short, ())


def test_updates_that_hold_no_content_are_left_to_the_fold() -> None:
    for updates in ({"metadata": {"a": LONG}}, {"content": LONG}, {"content": [{"type": "odd"}]}):
        event = e.MessageUpdated("m", updates)
        assert set_apart([event]) == ((event,), ())
        assert named_by([event]) == frozenset()


def test_equal_content_is_one_attachment_and_a_line_of_many_fits() -> None:
    events = [event for event in bearing(result(LONG)) for _ in range(10)]
    short, apart = set_apart(events)
    assert len(apart) == 1
    require_fit(START, short)


def test_an_answer_s_attachment_is_named() -> None:
    answered = e.RequestAnswered(request_id="one", attachment="a" * 64)
    assert named_by([answered, e.AnswerPublished("one")]) == {"a" * 64}


def test_what_was_set_apart_folds_as_before() -> None:
    begun = (e.SessionCreated(session()), e.MessageAdded(message("m")))
    events = (*begun, bearing(result(LONG))[2])
    whole = fold.apply_all(SessionState(), events, START)
    short = fold.apply_all(SessionState(), set_apart(events)[0], START)
    assert short.record == whole.record
    (block,) = short.messages[0].content
    assert isinstance(block, ToolResultContent)
    assert block.attachment == sha(LONG)


@given(histories())
def test_ordinary_histories_stay_as_they_are(drafts: list[Any]) -> None:
    for _, events, _ in drafts:
        assert set_apart(events) == (tuple(events), ())
        assert named_by(events) == frozenset()


def test_records_without_an_attachment_are_written_as_they_were() -> None:
    assert codec.encode(result("short")) == (
        b'{"type":"tool-result","tool_call_id":"call","content":"short","is_error":true}'
    )


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, wholes: list[bytes]
) -> None:
    directory = tmp_path_factory.mktemp("data") / "session"
    attachments.write(directory, [attachment(whole) for whole in wholes])
    for whole in wholes:
        assert attachments.read(directory, sha(whole)) == whole
    assert listed(directory / NAME) == sorted({sha(whole) for whole in wholes})


def test_files_and_directories_are_ours_alone(tmp_path: Path) -> None:
    attachments.write(tmp_path / "session", [attachment()])
    folder = tmp_path / "session" / NAME
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / attachment().sha256).stat().st_mode) == 0o600


def test_what_is_there_is_not_written_again_and_what_is_damaged_is(tmp_path: Path) -> None:
    attachments.write(tmp_path, [attachment()])
    path = tmp_path / NAME / attachment().sha256
    inode = path.stat().st_ino
    attachments.write(tmp_path, [attachment()])
    assert path.stat().st_ino == inode
    for damaged in (b"Content", b"", b"much longer than it was"):
        path.write_bytes(damaged)
        attachments.write(tmp_path, [attachment()])
        assert attachments.read(tmp_path, attachment().sha256) == b"content"
    assert listed(tmp_path / NAME) == [attachment().sha256]


@pytest.mark.parametrize("name", ["write", "fsync", "rename", "open", "mkdir"])
def test_a_failure_leaves_nothing_that_was_not_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real, calls = getattr(os, name), []

    def failing(*arguments: Any, **keywords: Any) -> Any:
        calls.append(arguments)
        if len(calls) == wanted:
            raise OSError(errno.ENOSPC, "full")
        return real(*arguments, **keywords)

    failures = 0
    for wanted in range(1, 8):
        calls.clear()
        directory = tmp_path / f"{wanted}"
        with monkeypatch.context() as patched:
            patched.setattr(os, name, failing)
            try:
                attachments.write(directory, [attachment()])
            except StorageFull:
                failures += 1
                if (directory / NAME).exists():
                    assert listed(directory / NAME) == []
        attachments.write(directory, [attachment()])
        assert attachments.read(directory, attachment().sha256) == b"content"
    assert failures > 0


def test_what_is_not_as_it_was_written_is_refused(tmp_path: Path) -> None:
    name = attachment().sha256
    with pytest.raises(FileRefused, match="is missing"):
        attachments.read(tmp_path, name)
    attachments.write(tmp_path, [attachment()])
    path = tmp_path / NAME / name
    path.write_bytes(b"Content")
    with pytest.raises(FileRefused, match="its hash is another"):
        attachments.read(tmp_path, name)
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises(FileRefused, match="cannot be used"):
        attachments.read(tmp_path, name)


@pytest.mark.parametrize(
    "name", ["", "..", "../journal.jsonl", "A" * 64, "a" * 63, "a" * 64 + "\n"]
)
def test_a_name_that_is_no_hash_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileRefused, match="cannot be the name"):
        attachments.read(tmp_path, name)


def test_a_place_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("a file")
    with pytest.raises(StorageError):
        attachments.write(tmp_path, [attachment()])


def test_one_that_an_earlier_line_names_outlives_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachments.write(tmp_path, [attachment()])

    def fails(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_directory", fails)
        with pytest.raises(StorageError):
            attachments.write(tmp_path, [attachment()])
    assert attachments.read(tmp_path, sha(b"content")) == b"content"


def test_whether_one_is_there_is_known_by_its_name(tmp_path: Path) -> None:
    attachments.write(tmp_path, [attachment()])
    assert attachments.is_there(tmp_path, sha(b"content"))
    (tmp_path / NAME / sha("link")).symlink_to(sha(b"content"))
    for name in (sha("other"), sha("link"), "", "../journal.jsonl", "A" * 64):
        assert not attachments.is_there(tmp_path, name)
