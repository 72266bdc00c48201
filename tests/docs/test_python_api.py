"""The examples on the page run, and the page names what there is."""

import re
from pathlib import Path

import pytest

from actors import library
from actors.boot import PROVIDERS
from actors.library.named_calls import NamedCalls
from actors.library.repository_way import HANDLERS
from actors.messages.heard import EVENT_TYPES
from storage.records.request import type_of_class
from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "docs" / "python_api.md").read_text()


def test_the_examples_run_and_say_what_they_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(example, "docs/python_api.md", "exec"), {})
    assert capsys.readouterr().out == (
        "True [{'type': 'text', 'text': 'Look at the tests first.'}]\n"
        "False session-not-found Session not found with ID: nobody\n"
        "b'echoed, then said\\r\\nechoed, then said\\r\\n'\n"
        "True\n"
        "['I will count.', 'There are 9.'] completed\n"
        "1 True\n"
        "['system', 'user']\n"
        "read-only-field id cannot be set\n"
    )


def test_the_providers_of_all_pages_are_those_that_there_are() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    named = {
        name
        for page in pages
        for name in re.findall(r"""\bprovider"?(?:: |=)"(\w+)\"""", page.read_text())
    }
    assert named
    assert named <= set(PROVIDERS)


def test_everything_public_is_named() -> None:
    named = [name for name in library.__all__ if name != "Subscription"]
    assert [name for name in named if name not in PAGE] == []
    methods = [name for name in dir(library.SessionRepository) if not name.startswith("_")]
    methods += [name for name in dir(library.SessionFactory) if name.startswith("create_")]
    methods += [name for name in vars(NamedCalls) if not name.startswith("_")]
    methods += [name for name in vars(library.SessionCoordinator) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}" not in PAGE] == []


def test_the_commands_of_a_repository_alone_are_named() -> None:
    assert [kind for kind in map(type_of_class, HANDLERS) if f"`{kind}`" not in PAGE] == []


def test_the_events_of_the_table_are_events() -> None:
    chapter = PAGE.partition("## subscribe")[2].partition("\n## ")[0]
    table = re.findall(r"^\| `([a-z-]+)` \|", chapter, re.MULTILINE)
    assert len(table) == 8
    assert set(table) <= EVENT_TYPES
