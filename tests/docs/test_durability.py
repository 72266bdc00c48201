"""docs/durability.md promises nothing that no test shows, and names no test that is not run."""

import re
import subprocess
import sys

from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "docs" / "durability.md").read_text()
PROMISES = PAGE.split("\n## What is promised\n")[1].split("\n## ")[0]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises() -> dict[str, list[tuple[str, str]]]:
    """The tests that each heading names."""
    _, *parts = re.split(r"^### ", PROMISES, flags=re.MULTILINE)
    return {part.split("\n")[0]: NAMED.findall(part) for part in parts}


def collected(files: set[str]) -> set[tuple[str, str]]:
    """Path and name of every test in these files, as pytest itself finds them."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "", *sorted(files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return set(re.findall(r"^(tests/[\w/]+\.py)::(\w+)", run.stdout, re.MULTILINE))


def test_every_promise_names_a_test() -> None:
    found = promises()
    assert len(found) > 15
    assert [promise for promise, tests in found.items() if not tests] == []


def test_every_test_that_is_named_is_collected() -> None:
    named = set(NAMED.findall(PAGE))
    assert named - collected({file for file, _ in named}) == set()


def test_every_test_is_named_in_full() -> None:
    spans = re.findall(r"`(tests/[^`]*)`", PROMISES)
    assert [span for span in spans if not NAMED.fullmatch(f"`{span}`")] == []
