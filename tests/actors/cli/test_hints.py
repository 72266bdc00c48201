"""What is advised reaches the data directory that the command was about."""

from pathlib import Path

import pytest

from actors.cli.hints import with_place
from actors.cli.main import main
from tests.actors.cli.conftest import ENVIRON


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("start it: greenroom start", "start it: greenroom --data '/a b' start"),
        (
            "greenroom stop; greenroom start",
            "greenroom --data '/a b' stop; greenroom --data '/a b' start",
        ),
        ("see `greenroom worker ls x`", "see `greenroom --data '/a b' worker ls x`"),
        ("see: greenroom send --help", "see: greenroom send --help"),
        ("greenroom was here, /x/greenroom start", "greenroom was here, /x/greenroom start"),
    ],
)
def test_commands_name_the_directory_and_nothing_else_changes(text: str, told: str) -> None:
    assert with_place(text, "/a b") == told


def test_a_hint_names_the_directory_only_where_it_is_not_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ls", "--data", str(tmp_path)], ENVIRON)
    assert f"start it with: greenroom --data {tmp_path} start" in capsys.readouterr().err
    main(["doctor", "--data", str(tmp_path)], ENVIRON)
    assert f"do: greenroom --data {tmp_path} start" in capsys.readouterr().out
    main(["ls", "--data", str(tmp_path)], {**ENVIRON, "GREENROOM_HOME": str(tmp_path)})
    assert "start it with: greenroom start" in capsys.readouterr().err
