from pathlib import Path

import pytest

from actors.messages.orphans import Owner
from actors.orphans import seen

SEEN = {(7, 100): Owner("s/w", "n", "kill"), (8, 101): Owner("s/v", "m", None)}


def test_what_was_seen_is_read_again(tmp_path: Path) -> None:
    assert seen.read(tmp_path) == {}
    seen.write(tmp_path, SEEN)
    assert seen.read(tmp_path) == SEEN
    assert [path.name for path in tmp_path.iterdir()] == [".processes.json"]
    assert (tmp_path / ".processes.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"boot_id":7,"processes":[]}'])
def test_a_file_that_is_spoilt_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".processes.json").write_bytes(content)
    assert seen.read(tmp_path) == {}


def test_after_the_next_boot_it_means_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.write(tmp_path, SEEN)
    monkeypatch.setattr(seen, "boot_id", lambda: "another")
    assert seen.read(tmp_path) == {}
