"""What the page of troubles quotes is said, and what it advises can be typed."""

import re
from pathlib import Path

from actors.cli.arguments import COMMON
from actors.cli.catalogue import ROWS, load
from actors.cli.failures import NoDaemonError

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text()
SPANS = re.findall(r"`([^`]+)`", PAGE)


def options_of(name: str) -> set[str]:
    return {option.name for option in (*COMMON, *load(name).spec.options)}


def test_every_option_is_one_of_the_command_that_it_stands_with() -> None:
    every = set().union(*(options_of(name) for name in ROWS))
    for span in SPANS:
        found = set(re.findall(r"(?<!\S)--[a-z-]+", span))
        command = re.match(r"greenroom ([a-z]+)", span)
        assert found <= (options_of(command[1]) if command else every), span


def test_what_is_said_without_a_daemon_is_quoted_as_it_is_said() -> None:
    quoted = "no daemon is running for"
    assert f'"{quoted} …" (exit 3)' in PAGE
    assert quoted in str(NoDaemonError("/x", None))
