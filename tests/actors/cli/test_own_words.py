import io
from pathlib import Path

import pytest

from actors.cli.console import Console
from actors.cli.main import main
from actors.cli.own_words import Advice
from tests.actors.cli.conftest import ENVIRON, Serve
from tests.actors.cli.fake_daemon import Json, yes

ASK = {"id": "askaskask", "title": "One", "tool": "t", "shown_in": ["s1"], "seconds_left": 5}
ARCHIVED = {"id": "s1", "title": "One", "status": "archived", "workers": []}


def test_only_advice_names_the_data_directory() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO(), {})
    console.named_data = "/d"
    console.line("greenroom start, said by another; ", (Advice("see: greenroom ls"), "dim"))
    assert out.getvalue() == "greenroom start, said by another; see: greenroom --data /d ls\n"


@pytest.mark.parametrize(
    ("command", "told", "advice"),
    [
        ("asks", {"permissions": [ASK]}, "answer with: greenroom{} answer ID"),
        ("ls", {"sessions": []}, "make one with: greenroom{} new"),
        ("ls", {"sessions": [ARCHIVED]}, "see them with: greenroom{} ls --all"),
        ("status", {"permissions": [ASK]}, "see: greenroom{} asks"),
        ("status", {"orphans": {"found": [{"pid": 1}]}}, "; greenroom{} doctor --fix"),
    ],
)
def test_footers_name_the_data_directory(
    serve: Serve, data: Path, capsys: pytest.CaptureFixture[str], command: str, told: Json,
    advice: str,
) -> None:  # fmt: skip
    serve(yes(told))
    main(["--data", str(data), command], ENVIRON)
    assert advice.format(f" --data {data}") in capsys.readouterr().out
