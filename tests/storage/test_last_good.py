from pathlib import Path

import pytest

from storage import last_good

GOOD = '{"name": "Größe",\n "budget": {"tokens": 5}}'.encode()


def test_what_is_kept_is_read_to_the_byte(tmp_path: Path) -> None:
    assert last_good.read(tmp_path) is None
    for raw in (GOOD, b"{}"):
        last_good.keep(tmp_path, raw)
        assert last_good.read(tmp_path) == raw
    last_good.forget(tmp_path)
    last_good.forget(tmp_path)
    assert last_good.read(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_copy_is_the_users_alone_and_written_once(tmp_path: Path) -> None:
    last_good.keep(tmp_path, GOOD)
    path = tmp_path / last_good.NAME
    before = path.stat()
    last_good.keep(tmp_path, GOOD)
    assert path.stat().st_ino == before.st_ino
    assert before.st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", range(0, 140, 7))
def test_a_copy_with_a_flipped_bit_is_none(tmp_path: Path, place: int) -> None:
    last_good.keep(tmp_path, GOOD)
    path = tmp_path / last_good.NAME
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] ^= 1
    path.write_bytes(raw)
    assert last_good.read(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"{", b"[]", b'{"sha256": "", "text": "{}"}'])
def test_a_copy_that_is_something_else_is_none(tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath(last_good.NAME).write_bytes(content)
    assert last_good.read(tmp_path) is None


def test_a_copy_behind_a_link_is_none(tmp_path: Path) -> None:
    last_good.keep(tmp_path, GOOD)
    path = tmp_path / last_good.NAME
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert last_good.read(tmp_path) is None
