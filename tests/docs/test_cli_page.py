"""docs/cli.md lists every command as the program has it."""

import re
from collections.abc import Iterator
from pathlib import Path

from actors.cli.arguments import Option
from actors.cli.catalogue import GROUPS, ROWS, load
from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "docs" / "cli.md").read_text()
COLUMN = re.compile(r"(?<!\\)\|")


def rows_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """The heading above each row of a command, and its cells."""
    heading = ""
    for line in page.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        cells = [cell.strip().replace("\\|", "|") for cell in COLUMN.split(line)[1:-1]]
        if heading in GROUPS and len(cells) == 4 and cells[0].startswith("`"):
            yield heading, cells


def named(option: Option) -> str:
    names = f"{option.short}, {option.name}" if option.short else option.name
    value = f"[{option.metavar}]" if option.may_be_bare else option.metavar
    return f"`{names} {value}`" if value else f"`{names}`"


def test_every_command_stands_there_with_its_usage_and_options() -> None:
    expected = [
        (
            heading,
            [
                f"`{f'{name} {usage}'.rstrip()}`",
                summary,
                ", ".join(map(named, load(name).spec.options)),
            ],
        )
        for heading, rows in GROUPS.items()
        for name, (usage, summary, _) in rows.items()
    ]
    assert [(heading, cells[:3]) for heading, cells in rows_of(PAGE)] == expected


def test_the_json_of_every_command_is_told() -> None:
    assert len(list(rows_of(PAGE))) == len(ROWS)
    assert all(cells[3] for _, cells in rows_of(PAGE))


def test_every_code_of_the_command_lines_own_stands_there() -> None:
    own = [*(ROOT / "actors" / "cli").rglob("*.py")]
    codes = {code for path in own for code in codes_in(path)}
    told = PAGE + (ROOT / "docs" / "protocol.md").read_text()
    assert {code for code in codes if f"`{code}`" not in told} == set()


def codes_in(path: Path) -> list[str]:
    return re.findall(r'\bcode ?= ?"([a-z-]+)"', path.read_text())
