import os
from pathlib import Path

import pytest

from actors.workspaces import Workspaces
from storage import last_good
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


LIMITED = '{"budget": {"tokens": 5},\n "permissions": {"rules": []}}'


def test_a_file_that_was_damaged_while_nothing_ran_takes_nothing_out_of_force(
    data: DataDir, path: Path
) -> None:
    path.write_text(LIMITED)
    good = Workspaces(data).settings("default")
    path.write_text(LIMITED[:20])
    workspaces = Workspaces(data)
    assert workspaces.settings("default") == good
    assert workspaces.found("default").in_force == "last-good"
    assert workspaces.refusal("default") is None
    assert workspaces.found("default").in_words.endswith("(the last good one stays in force)")


def test_of_several_good_ones_the_last_comes_back(data: DataDir, path: Path) -> None:
    workspaces = Workspaces(data)
    for number in range(3):
        write(path, f'{{"description": "{number}"}}', number)
        workspaces.settings("default")
    write(path, "{", 9)
    assert Workspaces(data).settings("default").description == "2"


def test_a_damaged_copy_is_not_used(data: DataDir, path: Path) -> None:
    path.write_text(LIMITED)
    Workspaces(data).settings("default")
    copy = data.workspace("default") / last_good.NAME
    copy.write_bytes(copy.read_bytes().replace(b"5", b"7"))
    path.write_text("{")
    found = Workspaces(data).found("default")
    assert (found.in_force, found.settings) == ("nothing", WorkspaceSettings())


def test_a_copy_that_this_greenroom_does_not_understand_is_not_used(
    data: DataDir, path: Path
) -> None:
    last_good.keep(data.workspace("default"), b'{"of_a_later_one": 1}')
    path.write_text("{")
    assert Workspaces(data).found("default").in_force == "nothing"


def test_where_there_never_was_a_good_one_what_needs_it_is_refused(
    data: DataDir, path: Path
) -> None:
    workspaces = Workspaces(data)
    assert workspaces.refusal("default") is None
    write(path, "{", 1)
    refusal = workspaces.refusal("default")
    assert refusal is not None
    assert refusal.code == "settings-unreadable"
    assert f"{path}:1: " in refusal.message
    assert "mend it, or delete it for the defaults" in refusal.message
    write(path, "{}", 2)
    assert workspaces.refusal("default") is None


def test_a_file_that_was_deleted_does_not_come_back(data: DataDir, path: Path) -> None:
    path.write_text(LIMITED)
    Workspaces(data).settings("default")
    path.unlink()
    assert Workspaces(data).found("default").in_force == "defaults"
    path.write_text("{")
    assert Workspaces(data).found("default").in_force == "nothing"


def test_settings_hold_also_where_they_cannot_be_kept(data: DataDir, path: Path) -> None:
    data.workspace("default").joinpath(last_good.NAME).mkdir()
    path.write_text(LIMITED)
    found = Workspaces(data).found("default")
    assert found.in_force == "file"
    assert found.settings.budget is not None


def test_each_workspace_has_its_own(data: DataDir, path: Path) -> None:
    data.prepare_workspace("second")
    write(path, '{"description": "first"}', 1)
    write(data.workspace_file("second"), "{", 1)
    workspaces = Workspaces(data)
    assert workspaces.problem("default") is None
    assert workspaces.problem("second") is not None
