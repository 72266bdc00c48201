"""Marks of what is being restored: they outlive a crash, and go with what they are for."""

from pathlib import Path

import pytest

from storage import restoring, trash
from storage.data_dir import DataDir
from storage.errors import StorageError


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    place = tmp_path / "workspaces" / "default" / "trash" / "abcdefghijkl-3"
    place.mkdir(parents=True)
    return DataDir(tmp_path)


def marks(data: DataDir) -> list[str]:
    return [path.name for path in data.trash("default").iterdir() if path.is_file()]


def test_one_that_was_begun_is_found_until_it_is_ended(data: DataDir) -> None:
    (item,) = trash.shelved(data)
    assert restoring.cut_off(data) == []
    restoring.begin(item)
    restoring.begin(item)
    assert restoring.cut_off(data) == trash.shelved(data) == [item]
    assert marks(data) == [".restoring-abcdefghijkl-3"]
    restoring.end(item)
    restoring.end(item)
    assert restoring.cut_off(data) == []
    assert marks(data) == []


def test_the_mark_of_one_that_is_no_longer_in_the_trash_goes(data: DataDir) -> None:
    (item,) = trash.shelved(data)
    restoring.begin(item)
    item.directory.rename(data.root / "elsewhere")
    assert restoring.cut_off(data) == []
    assert marks(data) == []


def test_without_a_trash_nothing_can_be_marked(data: DataDir) -> None:
    (item,) = trash.shelved(data)
    item.directory.rmdir()
    item.directory.parent.rmdir()
    with pytest.raises(StorageError):
        restoring.begin(item)
    restoring.end(item)
