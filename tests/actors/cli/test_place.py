from pathlib import Path

import pytest

from actors.cli import place
from actors.cli.failures import UsageError
from actors.cli.place import data_directory
from storage import data_dir
from storage.data_dir import default_data_dir

ENVIRONS = [
    {"HOME": "/home/x"},
    {"HOME": "/home/x", "XDG_STATE_HOME": "/state"},
    {"HOME": "/home/x", "XDG_STATE_HOME": "relative"},
    {"GREENROOM_HOME": "some/where"},
    {"HOME": "/home/x", "GREENROOM_HOME": ""},
    {},
]


@pytest.mark.parametrize("environ", ENVIRONS)
@pytest.mark.parametrize("is_checkout", [True, False])
def test_the_default_is_that_of_the_store(
    environ: dict[str, str], is_checkout: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if not is_checkout:
        monkeypatch.setattr(data_dir, "_PROJECT", tmp_path)
        monkeypatch.setattr(place, "__file__", str(tmp_path / "actors" / "cli" / "place.py"))
    assert data_directory(None, environ) == str(default_data_dir(environ))


def test_the_option_comes_first() -> None:
    assert data_directory("there", {"GREENROOM_HOME": "/here"}) == str(Path.cwd() / "there")


def test_an_empty_option_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--data is empty"):
        data_directory("", {})
