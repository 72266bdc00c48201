"""Programs that change workspace.json, beside people who do."""

import json
from pathlib import Path
from typing import Any

import pytest

from storage import workspace_edit
from storage.errors import FileRefused


def put(name: str, value: Any) -> Any:
    return lambda old: {**old, name: value}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workspace.json"


def test_where_there_is_no_file_one_is_made(file: Path) -> None:
    workspace_edit.change(file, put("name", "mine"))
    assert json.loads(file.read_text()) == {"name": "mine"}
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_not_changed_stays_as_it_is_written(file: Path) -> None:
    file.write_text('{"files": [{"name": "notes", "path": "notes.txt"}], "budget": {"usd": 0.1}}')
    workspace_edit.change(file, put("name", "mine"))
    assert json.loads(file.read_text()) == {
        "files": [{"name": "notes", "path": "notes.txt"}],
        "budget": {"usd": 0.1},
        "name": "mine",
    }


def test_what_could_not_be_read_again_is_not_written(file: Path) -> None:
    file.write_text('{"name": "mine"}')
    with pytest.raises(FileRefused) as caught:
        workspace_edit.change(file, put("models", {"activ": "x"}))
    assert caught.value.path == "$.models.activ"
    assert json.loads(file.read_text()) == {"name": "mine"}


@pytest.mark.parametrize("content", ["{", "[]", '{"nam": 1}'])
def test_a_file_that_cannot_be_used_is_left_alone(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(FileRefused):
        workspace_edit.change(file, put("description", "x"))
    assert file.read_text() == content


def test_what_somebody_saved_meanwhile_is_not_lost(file: Path) -> None:
    file.write_text('{"name": "mine"}')
    saves = iter(['{"name": "theirs"}'])

    def changed(old: dict[str, Any]) -> dict[str, Any]:
        for text in saves:
            file.write_text(text)
        return {**old, "description": "x"}

    workspace_edit.change(file, changed)
    assert json.loads(file.read_text()) == {"name": "theirs", "description": "x"}


def test_a_link_to_the_file_stays_one(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.json"
    real.write_text("{}")
    file.symlink_to(real)
    workspace_edit.change(file, put("name", "mine"))
    assert file.is_symlink()
    assert json.loads(real.read_text()) == {"name": "mine"}


def test_a_file_that_says_so_already_is_left_as_it_is(file: Path) -> None:
    file.write_text('{"name":   "mine"}')
    before = file.stat()
    workspace_edit.change(file, put("name", "mine"))
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
