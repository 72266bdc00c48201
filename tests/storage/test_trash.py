"""A deleted session is moved whole, once."""

from pathlib import Path

import pytest

from storage.data_dir import DataDir
from storage.trash import move_to_trash
from tests.storage.listing import listed


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "data")
    data.prepare()
    return data


def test_a_session_goes_to_the_trash_whole_and_only_once(data: DataDir) -> None:
    directory = data.session("default", "abc")
    directory.mkdir()
    (directory / "journal.jsonl").write_text("all of it")
    for _ in range(2):
        target = move_to_trash(data, "default", "abc", 17)
        assert target == data.trash("default") / "abc-17"
        assert (target / "journal.jsonl").read_text() == "all of it"
        assert listed(data.sessions("default")) == []


def test_a_session_that_is_nowhere_is_an_error(data: DataDir) -> None:
    with pytest.raises(FileNotFoundError):
        move_to_trash(data, "default", "abc", 17)
