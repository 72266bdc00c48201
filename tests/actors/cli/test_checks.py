"""How far a look at a long journal is can be told while it is read."""

from pathlib import Path

from actors.cli import checks
from storage.journal.log import NAME, Journal
from tests.storage.histories import START, added, created

ONE = "abcdefghijkl"
MIB = "x" * (1 << 20)


def journal_of(directory: Path, drafts: int) -> Path:
    with Journal.create(directory, ONE, "default", START) as journal:
        journal.append([created()])
        for number in range(drafts):
            journal.append([added(number, MIB)])
    return directory


def test_a_long_journal_tells_how_much_of_it_is_read(tmp_path: Path) -> None:
    directory = journal_of(tmp_path / ONE, 6)
    told: list[int] = []
    row = checks.session(directory, 0, heard=told.append)
    assert row["lines"] == 8
    assert told == sorted(told)
    assert told[0] == 0
    assert len(told) > 6
    assert 5 * len(MIB) < told[-1] < checks.size_bytes(directory)


def test_a_short_one_is_told_of_once(tmp_path: Path) -> None:
    told: list[int] = []
    checks.session(journal_of(tmp_path / ONE, 1), 0, heard=told.append)
    assert told == [0]


def test_what_is_no_journal_has_no_length(tmp_path: Path) -> None:
    assert checks.size_bytes(tmp_path / "none") == 0
    (tmp_path / NAME).mkdir()
    assert checks.size_bytes(tmp_path) == 0
