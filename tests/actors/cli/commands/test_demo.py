import sys
from pathlib import Path
from types import ModuleType

import pytest

from actors.cli.main import main


def test_the_demonstration_gets_its_words_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], Path | None]] = []

    def demonstrate(words: list[str], place: Path | None) -> int:
        seen.append((words, place))
        return 7

    module = ModuleType("actors.demo.main")
    monkeypatch.setattr(module, "main", demonstrate, raising=False)
    monkeypatch.setitem(sys.modules, "actors.demo", ModuleType("actors.demo"))
    monkeypatch.setitem(sys.modules, "actors.demo.main", module)
    assert main(["demo", "--fast", "x"], {}) == 7
    assert main(["--data", "/d", "demo"], {}) == 7
    assert seen == [(["--fast", "x"], None), ([], Path("/d"))]
