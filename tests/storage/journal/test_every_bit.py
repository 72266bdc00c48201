"""Proof: wherever a journal is cut and whatever bit of it flips, nothing is lost in silence.

Opening gives a prefix of what was written, or refuses by name. What anybody confirmed, a later line
or another file, is in the prefix, or the journal is refused. What is cut is kept beside it.

The normal run takes a sample of the bits, `-m long` every one.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from storage.errors import JournalCorrupt
from storage.journal.log import NAME, Journal
from tests.storage.journal.samples import contents, journal_bytes

COMMITS = 20
STRIDE = 41
"""A prime, so that every bit of a byte and every place in a line has its turn."""
MEMORY = Path("/dev/shm")
REFUSAL = re.compile(r"\(byte (\d+), number (\d+)\)")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """In memory where the system has a place for that: the proof opens tens of thousands."""
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path) as place:
        yield Path(place)


class Proof:
    """Opens one damaged version after the other and judges what comes of it.

    `expected` are the commits, `ends` the byte where each line ends, the header's first.
    `confirmed`: the highest number that a line which is still whole names as on disk.
    """

    def __init__(self, directory: Path, groups: dict[int, int] | None = None) -> None:
        self.directory = directory
        self.lines = journal_bytes(COMMITS, groups)
        self.whole = b"".join(self.lines)
        self.ends = list(accumulate(map(len, self.lines)))
        (directory / NAME).write_bytes(self.whole)
        journal, self.expected = Journal.open(directory)
        journal.close()
        self.refused = 0

    def opened(self, content: bytes, named_elsewhere: int = 0) -> int | None:
        """How many commits came back; None if it was refused, by name and untouched."""
        for left in self.directory.iterdir():
            left.unlink()
        (self.directory / NAME).write_bytes(content)
        try:
            journal, commits = Journal.open(self.directory, named_elsewhere)
        except JournalCorrupt as error:
            self._is_refused_by_name(str(error), content)
            return None
        journal.close()
        assert commits == self.expected[: len(commits)]
        assert len(commits) >= max(1, named_elsewhere)
        self._all_is_kept(content, len(commits))
        return len(commits)

    def _is_refused_by_name(self, text: str, content: bytes) -> None:
        assert str(self.directory / NAME) in text
        assert REFUSAL.search(text)
        assert contents(self.directory) == {NAME: content}
        self.refused += 1

    def _all_is_kept(self, content: bytes, count: int) -> None:
        found = contents(self.directory)
        tail = content[self.ends[count] :]
        assert found.pop(NAME) == self.whole[: self.ends[count]]
        assert found == ({f"journal.torn-{count + 1}": tail} if tail else {})

    def line_of(self, place: int) -> int:
        """The number of the line that has this byte."""
        return bisect_right(self.ends, place)


def assert_cuts(proof: Proof, places: Iterable[int]) -> None:
    for place in places:
        complete = bisect_right(proof.ends, place) - 1
        given = proof.opened(proof.whole[:place])
        assert given == (complete if complete >= 1 else None)
        for named in {1, complete, complete + 1, COMMITS}:
            given = proof.opened(proof.whole[:place], named)
            assert given == (complete if complete >= max(1, named) else None)


def assert_flips(proof: Proof, bits: Iterable[int]) -> None:
    for bit in bits:
        content = bytearray(proof.whole)
        content[bit // 8] ^= 1 << (bit % 8)
        line = proof.line_of(bit // 8)
        given = proof.opened(bytes(content))
        assert given == (COMMITS - 1 if line == COMMITS else None)
        assert proof.opened(bytes(content), COMMITS) is None


def test_cut_at_a_sample_of_bytes_and_around_the_end_of_every_line(directory: Path) -> None:
    proof = Proof(directory)
    assert_cuts(proof, range(0, len(proof.whole) + 1, 7))
    assert_cuts(
        proof,
        [end + off for end in proof.ends for off in (-1, 0, 1) if end + off <= proof.ends[-1]],
    )


@pytest.mark.long
@pytest.mark.timeout(900)
def test_cut_at_every_byte(directory: Path) -> None:
    proof = Proof(directory)
    assert_cuts(proof, range(len(proof.whole) + 1))


def test_a_sample_of_flipped_bits(directory: Path) -> None:
    proof = Proof(directory)
    assert_flips(proof, range(0, 8 * len(proof.whole), STRIDE))
    newlines = [8 * (end - 1) + bit for end in proof.ends for bit in range(8)]
    assert_flips(proof, newlines)
    assert proof.refused > len(newlines)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_flipped_bit(directory: Path) -> None:
    proof = Proof(directory)
    assert_flips(proof, range(8 * len(proof.whole)))


def grouped(directory: Path) -> Proof:
    """The last five lines went down in one write: none of them confirms another."""
    first = COMMITS - 4
    return Proof(directory, dict.fromkeys(range(first, COMMITS + 1), first - 1))


def assert_flips_in_group(proof: Proof, bits: Iterable[int]) -> None:
    first = COMMITS - 4
    for bit in bits:
        content = bytearray(proof.whole)
        content[bit // 8] ^= 1 << (bit % 8)
        line = proof.line_of(bit // 8)
        for named in (0, first - 1, line):
            given = proof.opened(bytes(content), named)
            assert given == (line - 1 if line >= first and line > named else None)


def test_a_sample_of_flipped_bits_where_the_end_is_not_confirmed(directory: Path) -> None:
    proof = grouped(directory)
    assert_flips_in_group(proof, range(0, 8 * len(proof.whole), 2 * STRIDE))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_flipped_bit_where_the_end_is_not_confirmed(directory: Path) -> None:
    proof = grouped(directory)
    assert_flips_in_group(proof, range(8 * proof.ends[COMMITS - 5], 8 * len(proof.whole)))
