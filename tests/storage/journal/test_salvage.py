"""Out of a damaged journal comes all that is whole, and a list of what is not."""

import errno
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import fold
from storage.errors import (
    JournalCorrupt,
    JournalMissing,
    JournalTooNew,
    StorageError,
    StorageFull,
)
from storage.journal.frame import LINE_LIMIT_BYTES, Commit, crc_of, encode_commit
from storage.journal.log import NAME, Draft, Journal, read, read_at
from storage.journal.pieces import MOST_MISSING, UNCHAINED, Lost
from storage.journal.salvage import Salvaged, install, salvage
from storage.records import event as e
from storage.state import SessionState
from tests.storage.histories import START, added, created, histories, message, session
from tests.storage.journal.samples import SESSION, contents, journal_bytes, sealed, written
from tests.storage.listing import listed


def damaged(tmp_path: Path, lines: list[bytes]) -> Path:
    """A session's directory in its workspace, with these lines as its journal."""
    return written(tmp_path / "team" / "sessions" / SESSION, b"".join(lines))


def flipped(line: bytes) -> bytes:
    return line.replace(b'"at"', b'"aT"', 1)


def kept_events(path: Path) -> dict[int, tuple[Any, ...]]:
    """By number, those commits of the file that say something; all of it must be in order."""
    found = read_at(path)
    assert found.fault is None
    assert [commit.n for commit in found.commits] == list(range(1, found.end.n + 1))
    assert [commit.synced for commit in found.commits] == list(range(found.end.n))
    return {commit.n: commit.events for commit in found.commits if commit.events}


def extent(lines: list[bytes], first: int, count: int = 1) -> tuple[int, int]:
    """Offset and length of `count` lines from the one at place `first` on."""
    return len(b"".join(lines[:first])), len(b"".join(lines[first : first + count]))


def of(lost: Lost) -> tuple[int | None, int | None, int, int]:
    return lost.first, lost.last, lost.offset, lost.length


def test_a_whole_journal_is_left_alone(tmp_path: Path) -> None:
    directory = damaged(tmp_path, journal_bytes(3))
    found = salvage(directory, START)
    assert found == Salvaged(path=directory / NAME, kept=3, end=read(directory).end, lost=())
    assert install(directory, found) is None
    assert listed(directory) == [NAME]


def test_a_line_inside_is_left_out_and_all_others_keep_their_numbers(tmp_path: Path) -> None:
    lines = journal_bytes(6)
    lines[3] = flipped(lines[3])
    directory = damaged(tmp_path, lines)
    before = contents(directory)[NAME]
    found = salvage(directory, START)
    assert found.path == directory / "journal.salvaged-20261121T054012Z.jsonl"
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert contents(directory)[NAME] == before
    assert kept_events(found.path).keys() == {1, 2, 4, 5, 6}
    assert (found.kept, found.end) == (5, read_at(found.path).end)
    (lost,) = found.lost
    assert of(lost) == (3, 3, *extent(lines, 3))
    assert lost.reason == "damaged, by its checksum"
    assert read_at(found.path).header == read(damaged(tmp_path, lines)).header


def test_neighbours_are_one_stretch_and_a_torn_end_has_no_last_number(tmp_path: Path) -> None:
    lines = journal_bytes(8)
    lines[3], lines[4] = flipped(lines[3]), b"\0" * 50 + b"\n"
    lines[8] = lines[8][:-10]
    found = salvage(damaged(tmp_path, lines), START)
    assert [of(lost) for lost in found.lost] == [
        (3, 4, *extent(lines, 3, 2)),
        (8, None, *extent(lines, 8)),
    ]
    assert found.lost[1].reason == "cut off"
    assert found.end.n == 7


def test_it_reaches_the_number_that_others_name(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    directory = damaged(tmp_path, lines)
    found = salvage(directory, START, named_elsewhere=5)
    (lost,) = found.lost
    assert of(lost) == (4, 5, len(b"".join(lines)), 0)
    assert lost.reason == "missing"
    install(directory, found)
    journal, commits = Journal.open(directory, named_elsewhere=5)
    journal.close()
    assert [len(commit.events) for commit in commits] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("instead", [b"", b"\x0b", b"\x0b\x0b"])
@pytest.mark.parametrize("place", [0, 2, 4, 5])
def test_a_newline_that_is_lost_costs_nothing_else(
    tmp_path: Path, place: int, instead: bytes
) -> None:
    lines = journal_bytes(5)
    lines[place] = lines[place][:-1] + instead
    found = salvage(damaged(tmp_path, lines), START)
    assert kept_events(found.path).keys() == {1, 2, 3, 4, 5}
    assert read_at(found.path).header.workspace == "default"
    (lost,) = found.lost
    assert lost.length == len(instead)
    assert lost.first in {None, 6}


def test_numbers_that_vanished_with_their_lines_are_missing(tmp_path: Path) -> None:
    lines = journal_bytes(6)
    found = salvage(damaged(tmp_path, lines[:2] + lines[5:]), START)
    (lost,) = found.lost
    assert of(lost) == (2, 4, len(b"".join(lines[:2])), 0)
    assert kept_events(found.path).keys() == {1, 5, 6}


def test_what_stands_between_lines_costs_no_number(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    for stray in (b"\n", b"{}\n", sealed(b'{"n":9') + b"\n", b"x" * (LINE_LIMIT_BYTES + 5) + b"\n"):
        found = salvage(damaged(tmp_path, [*lines[:3], stray, lines[3]]), START)
        (lost,) = found.lost
        assert of(lost) == (None, None, len(b"".join(lines[:3])), len(stray))
        assert kept_events(found.path).keys() == {1, 2, 3}


def test_stale_lines_and_lines_of_the_future_do_not_cost_what_is_in_order(tmp_path: Path) -> None:
    lines = journal_bytes(9)
    stale = salvage(damaged(tmp_path / "stale", [*lines[:8], *lines[3:5], *lines[8:]]), START)
    assert kept_events(stale.path).keys() == set(range(1, 10))
    early = salvage(damaged(tmp_path / "early", [*lines[:4], lines[9], *lines[4:]]), START)
    assert kept_events(early.path).keys() == set(range(1, 10))
    assert early.lost[0].reason == "number 9 does not fit to what was kept"


def test_a_number_that_is_far_too_high_is_not_believed(tmp_path: Path) -> None:
    lines = journal_bytes(2)
    far = Commit(n=MOST_MISSING + 9, synced=2, prev=crc_of(lines[2][:-1]), at=START, events=())
    found = salvage(damaged(tmp_path, [*lines, encode_commit(far)]), START)
    assert found.end.n == 2
    assert found.lost[0].reason.startswith(f"number {MOST_MISSING + 9} does not fit")


def test_lines_that_were_put_together_are_chained_anew(tmp_path: Path) -> None:
    lines = journal_bytes(3)
    strange = lines[3].replace(crc_of(lines[2][:-1]).encode(), b"00000000")
    lines[3] = sealed(strange.rpartition(b',"crc"')[0]) + b"\n"
    directory = damaged(tmp_path, lines)
    with pytest.raises(JournalCorrupt):
        read(directory)
    found = salvage(directory, START)
    (lost,) = found.lost
    assert (*of(lost), lost.reason) == (None, None, len(b"".join(lines[:3])), 0, UNCHAINED)
    assert kept_events(found.path).keys() == {1, 2, 3}


def test_events_that_no_longer_fit_go_with_what_they_rest_on(tmp_path: Path) -> None:
    directory = tmp_path / "team" / "sessions" / SESSION
    drafts: list[Draft] = [
        created(),
        added(2),
        (START, (e.MessageUpdated("message-2", {"metadata": {"a": 1}}),), None),
        added(4),
    ]
    directory.parent.mkdir(parents=True)
    with Journal.create(directory, SESSION, "team", START) as journal:
        journal.append(drafts)
    lines = contents(directory)[NAME].splitlines(keepends=True)
    lines[2] = flipped(lines[2])
    found = salvage(damaged(tmp_path, lines), START)
    (lost,) = found.lost
    assert of(lost) == (2, 3, *extent(lines, 2, 2))
    assert lost.reason == "damaged, by its checksum; number 3 does not fit to what was kept"
    assert kept_events(found.path).keys() == {1, 4}


def test_lines_of_another_session_are_not_taken_in(tmp_path: Path) -> None:
    lines = journal_bytes(4)
    for session_id in ("otherotherot", SESSION):
        events = (e.SessionCreated(session(session_id)),)
        stranger = Commit(n=3, synced=2, prev="00000000", at=START, events=events)
        found = salvage(damaged(tmp_path, [*lines[:3], encode_commit(stranger), lines[4]]), START)
        assert kept_events(found.path).keys() == {1, 2, 4}


@pytest.mark.parametrize("first", [b"", b"damaged\n", b"\0" * 300 + b"\n"])
def test_a_header_is_made_anew(tmp_path: Path, first: bytes) -> None:
    lines = journal_bytes(3)
    directory = damaged(tmp_path, [first, *lines[1:]])
    found = salvage(directory, START + timedelta(days=1))
    header = read_at(found.path).header
    assert (header.session, header.workspace, header.at) == (SESSION, "team", START)
    assert kept_events(found.path).keys() == {1, 2, 3}
    assert of(found.lost[0]) == (0, 0, 0, len(first))


@pytest.mark.parametrize("keep", [[], [0], [0, 2, 3]])
def test_without_the_session_s_creation_there_is_nothing_to_build_on(
    tmp_path: Path, keep: list[int]
) -> None:
    lines = journal_bytes(3)
    directory = damaged(tmp_path, [lines[place] for place in keep])
    with pytest.raises(JournalCorrupt, match="nothing can be salvaged"):
        salvage(directory, START)
    assert listed(directory) == [NAME]


def test_what_a_later_greenroom_wrote_is_not_for_us_to_judge(tmp_path: Path) -> None:
    lines = journal_bytes(2)
    later = sealed(b'{"n":3,"synced":2,"prev":"0","at":"x","events":[{"type":"later"}]') + b"\n"
    directory = damaged(tmp_path, [*lines, later])
    with pytest.raises(JournalTooNew, match=rf"{NAME}.*'later'"):
        salvage(directory, START)
    header = sealed(b'{"n":0,"format":2,"session":"a","workspace":"b","at":"later"') + b"\n"
    with pytest.raises(JournalTooNew, match="format 2"):
        salvage(damaged(tmp_path, [header]), START)


def test_a_journal_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing):
        salvage(tmp_path, START)
    (tmp_path / NAME).symlink_to("/etc/hostname")
    with pytest.raises(StorageError):
        salvage(tmp_path, START)


def test_a_line_as_long_as_may_be_stays_one(tmp_path: Path) -> None:
    lines = journal_bytes(2)
    start = Commit(
        n=12, synced=0, prev="00000000", at=START, events=(e.MessageAdded(message("m", "")),)
    )
    room = LINE_LIMIT_BYTES - len(encode_commit(start))
    text = "x" * room
    longest = encode_commit(
        Commit(
            n=12,
            synced=0,
            prev="00000000",
            at=START,
            events=(e.MessageAdded(message("m", text)),),
        )
    )
    assert len(longest) == LINE_LIMIT_BYTES
    found = salvage(damaged(tmp_path, [*lines[:2], longest]), START)
    commits = read_at(found.path).commits
    assert (commits[-1].n, commits[-1].synced) == (12, 0)


def test_doing_it_again_finds_the_same_file_and_progress_is_told(tmp_path: Path) -> None:
    lines = journal_bytes(4)
    lines[2] = flipped(lines[2])
    directory = damaged(tmp_path, lines)
    first = salvage(directory, START)
    heard: list[int] = []
    again = salvage(directory, START + timedelta(hours=1), tell=heard.append)
    assert again == first
    assert heard == [len(b"".join(lines[:place])) for place in range(5)]
    (directory / NAME).write_bytes(b"".join(journal_bytes(5)[:3]) + b"x\n")
    assert salvage(directory, START).path.name == f"{first.path.name}.2"


def test_installed_it_is_the_journal_and_the_damaged_one_is_kept(tmp_path: Path) -> None:
    lines = journal_bytes(5)
    lines[2] = flipped(lines[2])
    directory = damaged(tmp_path, lines)
    (directory / "journal.damaged-2").write_bytes(b"an earlier one")
    found = salvage(directory, START)
    assert install(directory, found) == directory / "journal.damaged-2.2"
    assert contents(directory)["journal.damaged-2"] == b"an earlier one"
    assert contents(directory)["journal.damaged-2.2"] == b"".join(lines)
    assert not found.path.exists()
    journal, commits = Journal.open(directory, named_elsewhere=5)
    assert [commit.n for commit in commits if commit.events] == [1, 3, 4, 5]
    assert journal.append([added(6)]) == [6]
    journal.close()
    assert install(directory, salvage(directory, START)) is None


def test_a_crash_anywhere_and_doing_it_again_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = journal_bytes(5)
    lines[2] = flipped(lines[2])
    expected = damaged(tmp_path / "expected", lines)
    install(expected, salvage(expected, START))
    for function in ("open", "write", "fsync", "rename", "pread"):
        for calls in range(9):
            directory = damaged(tmp_path / f"{function}-{calls}", lines)
            with monkeypatch.context() as patched:
                patched.setattr(os, function, crashing(getattr(os, function), calls))
                try:
                    install(directory, salvage(directory, START))
                except StorageError:
                    assert contents(directory)[NAME] in (
                        b"".join(lines),
                        contents(expected)[NAME],
                    )
            install(directory, salvage(directory, START))
            assert visible(directory) == visible(expected)


def visible(directory: Path) -> dict[str, bytes]:
    """All but names that begin with a dot, which are left over."""
    return {name: content for name, content in contents(directory).items() if name[0] != "."}


def crashing(real: Any, calls: int) -> Any:
    """Works so many times and then never again."""
    counted: list[int] = []

    def call(*arguments: Any, **keywords: Any) -> Any:
        counted.append(1)
        if len(counted) > calls:
            raise OSError(errno.EIO, "crash")
        return real(*arguments, **keywords)

    return call


def test_the_same_result_is_not_installed_twice(tmp_path: Path) -> None:
    lines = journal_bytes(5)
    lines[2] = flipped(lines[2])
    directory = damaged(tmp_path, lines)
    found = salvage(directory, START)
    install(directory, found)
    before = contents(directory)
    assert install(directory, found) is None
    assert contents(directory) == before


def test_a_full_disk_leaves_the_damaged_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = journal_bytes(5)
    lines[2] = flipped(lines[2])
    directory = damaged(tmp_path, lines)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StorageFull):
            salvage(directory, START)
    assert contents(directory) == {NAME: b"".join(lines)}


@settings(max_examples=60)
@given(histories(), st.data())
def test_what_is_kept_folds_and_was_written_so(
    tmp_path_factory: pytest.TempPathFactory, drafts: list[Draft], data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("data") / "team" / "sessions" / SESSION
    directory.parent.mkdir(parents=True)
    with Journal.create(directory, SESSION, "team", START) as journal:
        journal.append(drafts)
    content = bytearray((directory / NAME).read_bytes())
    first = content.index(b"\n", content.index(b"\n") + 1)
    for place in data.draw(st.lists(st.integers(first, len(content) - 1), max_size=4)):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    (directory / NAME).write_bytes(bytes(content))
    found = salvage(directory, START)
    state = SessionState()
    for commit in read_at(found.path).commits:
        assert commit.events in (drafts[commit.n - 1][1], ())
        state = fold.apply_all(state, commit.events, commit.at)
    assert state.record.id == SESSION
