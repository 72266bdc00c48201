import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from actors.cli.main import main
from actors.demo import main as demonstration
from actors.demo.stage import Stage, StepFailedError
from tests.actors.cli.conftest import Run


def test_the_demonstration_gets_its_words_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], Path | None, bool]] = []

    def demonstrate(words: list[str], place: Path | None, *, as_json: bool) -> int:
        seen.append((words, place, as_json))
        return 7

    module = ModuleType("actors.demo.main")
    monkeypatch.setattr(module, "main", demonstrate, raising=False)
    monkeypatch.setitem(sys.modules, "actors.demo", ModuleType("actors.demo"))
    monkeypatch.setitem(sys.modules, "actors.demo.main", module)
    assert main(["demo", "--fast", "x"], {}) == 7
    assert main(["--data", "/d", "demo", "--json"], {}) == 7
    assert seen == [(["--fast", "x"], None, False), ([], Path("/d"), True)]


def test_an_argument_or_a_full_directory_is_refused_in_json_too(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "something").touch()
    for words, status, code in ((["x"], 2, "usage"), ([], 1, "failed")):
        outcome = run("demo", *words, "--json")
        answer = json.loads(outcome.out)
        assert outcome.status == status
        assert (answer["type"], answer["ok"], answer["error"]["code"]) == ("demo", False, code)


def test_a_demonstration_in_json_ends_with_its_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def play(stage: Stage) -> None:
        stage.say("one step")
        if stage.root.name == "bad":
            raise StepFailedError("it broke")

    monkeypatch.setattr(demonstration, "_steps", play)
    assert demonstration.main([], tmp_path / "good", as_json=True) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "id": None, "type": "demo", "ok": True, "data": {"steps": ["one step", "done"]}
    }  # fmt: skip
    assert "one step" in captured.err
    assert f"what it made stays in {tmp_path / 'good'}; delete it when you like" in captured.err
    assert demonstration.main([], tmp_path / "bad", as_json=True) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["data"]["steps"]) == (False, ["one step", "FAILED: it broke"])
    assert answer["error"] == {"code": "step-failed", "message": "it broke"}
