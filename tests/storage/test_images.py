from pathlib import Path

import pytest

from storage import images
from storage.errors import StorageError
from storage.images import ImageRefused, TooManyImages, save

HEADS = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff\xe0",
    "gif": b"GIF89a",
    "webp": b"RIFF\x04\x00\x00\x00WEBP",
}


@pytest.mark.parametrize("suffix", HEADS)
def test_a_picture_is_kept_under_a_name_of_ours(tmp_path: Path, suffix: str) -> None:
    content = HEADS[suffix] + b"more"
    path = save(tmp_path / "images", content)
    assert (path.parent, path.suffix, path.read_bytes()) == (
        tmp_path / "images",
        f".{suffix}",
        content,
    )
    assert save(tmp_path / "images", content) != path


@pytest.mark.parametrize("wrong", [b"", b"BM", b"<svg/>", b"RIFF1234WAVE", b"GIF88a", b"\x89PNG"])
def test_what_is_no_picture_is_refused(tmp_path: Path, wrong: bytes) -> None:
    with pytest.raises(ImageRefused):
        save(tmp_path / "images", wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_session_has_so_many_bytes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MOST_BYTES", 20)
    save(tmp_path / "images", HEADS["gif"] + bytes(4))
    save(tmp_path / "images", HEADS["gif"] + bytes(4))
    with pytest.raises(TooManyImages, match="images"):
        save(tmp_path / "images", HEADS["gif"])


def test_a_session_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        save(tmp_path / "gone" / "images", HEADS["gif"])
    assert list(tmp_path.iterdir()) == []
