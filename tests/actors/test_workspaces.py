import os
from pathlib import Path

import pytest

from actors.workspaces import Workspaces
from storage.data_dir import DataDir
from storage.records.workspace import WorkspaceSettings


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.lock().release()
    made.prepare()
    return made


@pytest.fixture
def path(data: DataDir) -> Path:
    return data.workspace_file("default")


def write(path: Path, text: str, number: int) -> None:
    """With a time of change of its own, however fast the test is."""
    path.write_text(text)
    os.utime(path, (number, number))


def test_without_a_file_the_defaults_hold(data: DataDir) -> None:
    workspaces = Workspaces(data)
    assert workspaces.settings("default") == WorkspaceSettings()
    assert workspaces.problem("default") is None


def test_an_edit_holds_from_the_next_look_on(data: DataDir, path: Path) -> None:
    workspaces = Workspaces(data)
    for number in range(3):
        write(path, f'{{"description": "{number}"}}', number)
        assert workspaces.settings("default").description == str(number)
    path.unlink()
    assert workspaces.settings("default") == WorkspaceSettings()


def test_limits_of_a_request_can_be_changed_and_looking_for_loops_can_be_off(
    data: DataDir, path: Path
) -> None:
    workspaces = Workspaces(data)
    limits = workspaces.settings("default").conversation
    assert (limits.loop_limit, limits.turn_limit) == (3, 50)
    write(path, '{"conversation": {"loop_limit": null, "turn_limit": 200}}', 1)
    limits = workspaces.settings("default").conversation
    assert (limits.loop_limit, limits.turn_limit) == (None, 200)


def test_an_unchanged_file_is_read_once(data: DataDir, path: Path) -> None:
    workspaces = Workspaces(data)
    write(path, '{"description": "one"}', 1)
    assert workspaces.settings("default") is workspaces.settings("default")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"unknown": 1}',
        '{"description": 7}',
        "",
        '{"conversation": {"loop_limit": 1}}',
        '{"conversation": {"turn_limit": 0}}',
    ],
)
def test_a_bad_edit_changes_nothing_and_is_told(data: DataDir, path: Path, text: str) -> None:
    workspaces = Workspaces(data)
    write(path, '{"description": "good"}', 1)
    assert workspaces.settings("default").description == "good"
    write(path, text, 2)
    assert workspaces.settings("default").description == "good"
    problem = workspaces.problem("default")
    assert problem is not None
    assert str(path) in problem
    write(path, '{"description": "mended"}', 3)
    assert workspaces.problem("default") is None
    assert workspaces.settings("default").description == "mended"


def test_a_file_that_cannot_be_read_is_a_problem_too(data: DataDir, path: Path) -> None:
    path.mkdir()
    workspaces = Workspaces(data)
    assert workspaces.settings("default") == WorkspaceSettings()
    assert workspaces.problem("default") is not None


def test_each_workspace_has_its_own(data: DataDir, path: Path) -> None:
    data.prepare_workspace("second")
    write(path, '{"description": "first"}', 1)
    write(data.workspace_file("second"), "{", 1)
    workspaces = Workspaces(data)
    assert workspaces.problem("default") is None
    assert workspaces.problem("second") is not None
