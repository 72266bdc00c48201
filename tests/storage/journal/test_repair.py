"""End, torn tail, corruption: told apart, and only the second is touched."""

import os
from pathlib import Path
from typing import Any

import pytest

from storage.errors import JournalCorrupt, StorageError
from storage.journal.frame import LINE_LIMIT_BYTES, crc_of
from storage.journal.log import NAME, Journal
from tests.storage.histories import added
from tests.storage.journal.samples import contents, journal_bytes, numbers, sealed, written


def assert_refused(directory: Path, match: str = ".", named_elsewhere: int = 0) -> str:
    """Opening is refused as corrupt, and nothing was touched."""
    before = contents(directory)
    with pytest.raises(JournalCorrupt, match=match) as caught:
        Journal.open(directory, named_elsewhere)
    assert contents(directory) == before
    assert str(directory / NAME) in str(caught.value)
    return str(caught.value)


def test_cut_at_every_byte_gives_the_prefix_or_is_refused(tmp_path: Path) -> None:
    lines = journal_bytes(4)
    whole = b"".join(lines)
    ends = [len(b"".join(lines[: count + 1])) for count in range(5)]
    for cut in range(len(whole)):
        directory = written(tmp_path / f"{cut}", whole[:cut])
        if cut < ends[1]:
            assert_refused(directory)
            continue
        complete = sum(end <= cut for end in ends) - 1
        assert numbers(directory) == list(range(1, complete + 1))
        torn = whole[ends[complete] : cut]
        found = contents(directory)
        assert found.pop(NAME) == whole[: ends[complete]]
        assert found == ({f"journal.torn-{complete + 1}": torn} if torn else {})


def test_every_flipped_bit_gives_the_prefix_or_is_refused(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    whole = b"".join(lines)
    last = len(whole) - len(lines[-1])
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << (position % 8)
        directory = written(tmp_path / f"{position}", bytes(flipped))
        if position >= last:
            assert numbers(directory) == [1, 2]
            assert any(name.startswith("journal.torn-") for name in contents(directory))
        else:
            assert_refused(directory)


def test_a_torn_tail_is_cut_and_kept_and_the_journal_goes_on(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    directory = written(tmp_path / "s", b"".join(lines)[:-5])
    journal, commits = Journal.open(directory)
    assert [commit.n for commit in commits] == [1, 2]
    assert journal.torn == directory / "journal.torn-3"
    assert journal.append([added(3)]) == [3]
    journal.close()
    assert numbers(directory, 3) == [1, 2, 3]


def test_a_group_that_reached_the_disk_out_of_order_is_a_torn_tail(tmp_path: Path) -> None:
    """Lines 3 to 5 went down in one write; nobody confirmed any of them."""
    lines = journal_bytes(5, synced={3: 2, 4: 2, 5: 2})
    lines[3] = b"\0" * (len(lines[3]) - 1) + b"\n"
    directory = written(tmp_path / "s", b"".join(lines))
    assert numbers(directory) == [1, 2]
    assert contents(directory)["journal.torn-3"] == b"".join(lines[3:])


def test_a_bad_line_that_a_later_one_confirms_is_corruption(tmp_path: Path) -> None:
    lines = journal_bytes(5)
    lines[3] = lines[3].replace(b"hello", b"hallo")
    text = assert_refused(written(tmp_path / "s", b"".join(lines)), "damaged")
    assert f"byte {len(b''.join(lines[:3]))}, number 3" in text


def test_a_lost_newline_does_not_hide_that_the_line_before_it_was_confirmed(tmp_path: Path) -> None:
    for number in (2, 3, 4):
        lines = journal_bytes(4)
        lines[number - 1] = lines[number - 1][:-1] + b" "
        assert_refused(written(tmp_path / f"{number}", b"".join(lines)))
    unconfirmed = journal_bytes(4, synced={3: 2, 4: 2})
    unconfirmed[3] = unconfirmed[3][:-1] + b" "
    directory = written(tmp_path / "unconfirmed", b"".join(unconfirmed))
    assert numbers(directory) == [1, 2]


def test_a_bad_line_that_a_projection_names_is_corruption(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", b"".join(journal_bytes(3))[:-5])
    assert_refused(directory, named_elsewhere=3)
    assert numbers(directory, 2) == [1, 2]


def test_fewer_lines_than_a_projection_names_is_corruption(tmp_path: Path) -> None:
    directory = written(tmp_path / "s", b"".join(journal_bytes(3)))
    assert_refused(directory, "ends at number 3, but number 4", named_elsewhere=4)


@pytest.mark.parametrize(
    "order", [[0, 1, 3], [0, 1, 2, 2, 3], [0, 2, 1, 3], [0, 1, 2, 1], [1, 2], [0, 0, 1]]
)
def test_a_gap_or_repeat_is_corruption(tmp_path: Path, order: list[int]) -> None:
    lines = journal_bytes(3)
    assert_refused(written(tmp_path / "s", b"".join(lines[number] for number in order)))


def test_a_line_of_another_journal_is_corruption(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    lines[3] = sealed(lines[3].replace(crc_of(lines[2][:-1]).encode(), b"00000000")[:-20]) + b"\n"
    assert_refused(written(tmp_path / "s", b"".join(lines)))


def test_something_put_in_between_is_corruption(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    for stray in (b"\n", b"{}\n", b"x" * 5000 + b"\n", sealed(b'{"n":9') + b"\n"):
        content = b"".join([*lines[:2], stray, *lines[2:]])
        assert_refused(written(tmp_path / f"{len(stray)}", content))


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 4096, b"{}\n", sealed(b"{}") + b"\n"])
def test_a_file_without_a_header_is_corruption(tmp_path: Path, content: bytes) -> None:
    assert_refused(written(tmp_path / "s", content), "number 0")


def test_zeros_and_blank_lines_at_the_end_are_a_torn_tail(tmp_path: Path) -> None:
    for number, tail in enumerate([b"\0" * 4096, b"\n", b"\n\n\n", b"\0\n\0\n"]):
        directory = written(tmp_path / f"{number}", b"".join(journal_bytes(2)) + tail)
        assert numbers(directory, 2) == [1, 2]
        assert contents(directory)["journal.torn-3"] == tail


def test_an_endless_line_is_a_bad_line_and_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = written(tmp_path / "s", b"".join(journal_bytes(2)))
    with (directory / NAME).open("ab") as file:
        file.truncate(file.tell() + 6 * LINE_LIMIT_BYTES)
    real, longest = os.read, []

    def reading(descriptor: int, count: int) -> bytes:
        longest.append(count)
        return real(descriptor, count)

    monkeypatch.setattr(os, "read", reading)
    assert_refused(directory, named_elsewhere=3)
    assert max(longest) < LINE_LIMIT_BYTES


def test_what_follows_an_endless_line_still_counts(tmp_path: Path) -> None:
    lines = journal_bytes(4)
    lines[2] = b"x" * (2 * LINE_LIMIT_BYTES + 5) + b"\n"
    assert_refused(written(tmp_path / "later", b"".join(lines)))
    directory = written(tmp_path / "last", b"".join(lines[:3]))
    assert numbers(directory) == [1]


def test_a_whole_line_above_the_limit_is_a_bad_line(tmp_path: Path) -> None:
    lines = journal_bytes(2)
    body = lines[2].rpartition(b',"crc"')[0].replace(b"hello", b"x" * LINE_LIMIT_BYTES)
    lines[2] = sealed(body) + b"\n"
    assert numbers(written(tmp_path / "s", b"".join(lines))) == [1]


def test_a_crash_anywhere_in_the_repair_and_the_next_one_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = b"".join(journal_bytes(3))[:-5]
    expected = written(tmp_path / "expected", torn)
    numbers(expected)
    for function in ("write", "fsync", "rename", "ftruncate", "fdatasync"):
        for calls in range(4):
            directory = written(tmp_path / f"{function}-{calls}", torn)
            crash_in(monkeypatch, function, calls, directory)
            assert numbers(directory) == [1, 2]
            assert contents(directory) == contents(expected)


def crash_in(monkeypatch: pytest.MonkeyPatch, function: str, calls: int, directory: Path) -> None:
    real, counted = getattr(os, function), []

    def crashing(*arguments: Any, **keywords: Any) -> Any:
        counted.append(1)
        if len(counted) > calls:
            raise OSError(5, "crash")
        return real(*arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(os, function, crashing)
        try:
            Journal.open(directory)[0].close()
        except StorageError:
            return


def test_an_earlier_torn_tail_with_the_same_number_is_kept_too(tmp_path: Path) -> None:
    whole = b"".join(journal_bytes(3))
    directory = written(tmp_path / "s", whole[:-5])
    (directory / "journal.torn-3").write_bytes(b"earlier")
    assert numbers(directory) == [1, 2]
    found = contents(directory)
    assert found["journal.torn-3"] == b"earlier"
    assert found["journal.torn-3.2"] == whole[-len(journal_bytes(3)[-1]) : -5]
