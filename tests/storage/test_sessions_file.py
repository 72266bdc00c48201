"""Our own file is evidence, whatever its layout; anything else is not, and is never lost."""

import gc
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from storage import sessions_file
from storage.edit_claims import claims
from storage.errors import StorageFull
from storage.journal.frame import JournalEnd
from storage.records.worker import TerminalWorker
from storage.rejected import reject
from storage.revisions import NAME, Revisions
from storage.sessions_file import (
    Broken,
    Edited,
    Entry,
    Missing,
    Outdated,
    SessionsFile,
    Written,
)
from tests.storage.histories import START, session
from tests.storage.listing import listed


def entry(number: int, title: str = "Sample") -> Entry:
    made = START + timedelta(seconds=number)
    worker = TerminalWorker(id=f"worker{number}", name="one", created_at=made)
    one = replace(session(f"session{number}", title), created_at=made, workers=(worker,))
    return one, JournalEnd(number + 1, number * 100, f"{number:08x}")


def write(
    path: Path,
    revision: int = 1,
    entries: list[Entry] | None = None,
    last: Written | None = None,
    revisions: Revisions | None = None,
) -> Written:
    entries = [entry(1), entry(2, 'Zwei "ü" \u2028 🙂')] if entries is None else entries
    return sessions_file.write(
        path,
        revision,
        entries,
        previous=last.numbers if last else None,
        at=START,
        seal=last.seal if last else None,
        revisions=revisions,
    )


def edit(path: Path, change: Callable[[Any], object]) -> None:
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


def told_revisions(path: Path) -> list[Any]:
    return [
        json.loads(line) for line in (path.parent / ".revisions.jsonl").read_text().splitlines()
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.json"


def test_what_was_written_is_read(path: Path) -> None:
    entries = [entry(1), entry(2)]
    assert write(path, 42, entries).numbers == {"session1": 2, "session2": 3}
    assert sessions_file.read(path) == SessionsFile(42, entries)
    assert gc.isenabled()


def test_no_sessions_are_a_file_too(path: Path) -> None:
    write(path, 1, [])
    assert sessions_file.read(path) == SessionsFile(1, [])


def test_an_entry_is_the_record_with_the_end_of_its_journal_after_its_id(path: Path) -> None:
    write(path, 42)
    told = json.loads(path.read_text())
    assert list(told) == ["version", "revision", "digest", "sessions"]
    assert told["digest"].startswith("sha256:")
    assert list(told["sessions"][0])[:6] == ["type", "id", "n", "bytes", "crc", "title"]
    assert path.read_text().startswith('{\n  "version": 1,\n  "revision": 42,\n')


def test_the_oldest_session_comes_first_in_whatever_order_they_are_given(path: Path) -> None:
    write(path, 1, [entry(3), entry(1), entry(2)])
    told = json.loads(path.read_text())
    assert [one["id"] for one in told["sessions"]] == ["session1", "session2", "session3"]


@pytest.mark.parametrize(
    "layout",
    [
        {"indent": None, "separators": (",", ":")},
        {"indent": 7, "ensure_ascii": False},
        {"indent": 2, "sort_keys": True},
    ],
)
def test_another_layout_is_no_edit(path: Path, layout: dict[str, Any]) -> None:
    write(path)
    before = sessions_file.read(path)
    path.write_text(json.dumps(json.loads(path.read_text()), **layout))
    assert sessions_file.read(path) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["sessions"][0].update(title="Mine"),
        lambda told: told["sessions"][0].update(unknown="field"),
        lambda told: told["sessions"][0]["workers"][0].update(colour="red"),
        lambda told: told["sessions"].pop(),
        lambda told: told["sessions"].append({"location_path": "/tmp"}),
        lambda told: told["sessions"][0].update(title=5),
        lambda told: told["sessions"].reverse(),
        lambda told: told.update(digest="sha256:0"),
        lambda told: told.update(sessions={}),
        lambda told: told.update(sessions=[1]),
    ],
)
def test_a_changed_value_is_an_edit_of_the_revision_that_it_names(
    path: Path, change: Callable[[Any], object]
) -> None:
    write(path, 42)
    edit(path, change)
    digest = json.loads(path.read_text())["digest"]
    assert sessions_file.read(path) == Edited(42, digest)


@pytest.mark.parametrize(
    ("old", "new", "reason", "line"),
    [
        ('"title"', '"title": "Mine",\n"title"', '"title" stands twice', 13),
        ('"version": 1', '"version": 1, "colour": "red"', "colour", 2),
        ('"sessions"', '"sessions": [],\n"sessions"', '"sessions" stands twice', 6),
    ],
)
def test_what_would_be_lost_in_silence_is_no_file_of_ours(
    path: Path, old: str, new: str, reason: str, line: int
) -> None:
    write(path)
    path.write_text(path.read_text().replace(old, new, 1))
    verdict = sessions_file.read(path)
    assert isinstance(verdict, Broken)
    assert reason in verdict.reason
    assert verdict.line == line


def test_a_list_is_an_older_file(path: Path) -> None:
    path.write_text('\n [{"id": "one"}]')
    assert sessions_file.read(path) == Outdated()


def test_a_file_that_is_not_there_is_missing(path: Path) -> None:
    assert sessions_file.read(path) == Missing()


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"", "NUL", None),
        (b"\0" * 4096, "NUL", None),
        (b'{\n"version": 1,\n', "", 3),
        (b'{"version": 1,\n"revision": "x"}', "Expected `int`", 2),
        (b'{"version": 1}', "missing required field", 1),
        (b"7", "Expected `object`", 1),
        (b'{"version": 2, "revision": 1, "digest": "", "sessions": []}', "version 2", 1),
        (b'\xef\xbb\xbf{"version": 1}', "byte order mark", 1),
    ],
)
def test_what_cannot_be_read_is_broken_with_its_reason(
    path: Path, content: bytes, reason: str, line: int | None
) -> None:
    path.write_bytes(content)
    verdict = sessions_file.read(path)
    assert isinstance(verdict, Broken)
    assert reason in verdict.reason
    assert verdict.line == line
    assert str(verdict.refusal) == verdict.reason


def test_a_directory_in_its_place_is_broken(path: Path) -> None:
    path.mkdir()
    assert isinstance(sessions_file.read(path), Broken)


def test_a_link_is_no_evidence_wherever_it_leads(path: Path) -> None:
    write(path)
    path.symlink_to(path.rename(path.with_name("elsewhere.json")))
    verdict = sessions_file.read(path)
    assert isinstance(verdict, Broken)
    assert verdict.reason == "it is a link"


def test_a_broken_file_is_kept_with_the_reason(path: Path, tmp_path: Path) -> None:
    path.write_text('{\n"version": oops}')
    (tmp_path / "rejected").mkdir()
    verdict = sessions_file.read(path)
    assert isinstance(verdict, Broken)
    kept = reject(path, tmp_path / "rejected", verdict.refusal)
    why = json.loads(kept.with_name("sessions.json.why.json").read_text())
    assert why == {"line": 2, "path": None, "reason": "Expecting value"}
    assert sessions_file.read(path) == Missing()


def test_what_somebody_saved_comes_out_and_is_kept(path: Path) -> None:
    last = write(path, 1)
    saved = path.read_text().replace("Sample", "Mine")
    path.write_text(saved)
    claim = write(path, 2, last=last).claim
    assert claim is not None
    assert claim.path.read_text() == saved
    assert isinstance(sessions_file.read(path), SessionsFile)
    assert [kept.path for kept in claims(path.parent / ".edits")] == [claim.path]


@pytest.mark.parametrize("is_remembered", [True, False])
def test_what_is_ours_comes_out_and_goes(path: Path, *, is_remembered: bool) -> None:
    last = write(path, 1)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    for revision in (2, 3):
        last = write(path, revision, last=last if is_remembered else None)
        assert last.claim is None
    assert claims(path.parent / ".edits") == []


def test_ours_is_kept_while_somebody_may_still_save_it(path: Path) -> None:
    last = write(path, 1)
    with path.open("r+") as file:
        claim = write(path, 2, last=last).claim
        assert claim is not None
        file.write("{}")
    assert claim.path.read_text().startswith("{}")


def test_a_link_in_its_place_comes_out_and_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("mine")
    path.symlink_to(tmp_path / "real.json")
    claim = write(path, 1).claim
    assert claim is not None
    assert claim.path.is_symlink()
    assert not path.is_symlink()
    assert (tmp_path / "real.json").read_text() == "mine"


def test_each_revision_says_which_sessions_came_and_went(path: Path) -> None:
    kept = Revisions(path.with_name(NAME))
    last = write(path, 1, [entry(1), entry(2)], revisions=kept)
    write(path, 2, [entry(2), entry(3)], last=last, revisions=kept)
    first, second = told_revisions(path)
    assert first["added"] == {"session1": 2, "session2": 3}
    assert (second["added"], second["removed"]) == ({"session3": 4}, ["session1"])
    assert second["digest"] == json.loads(path.read_text())["digest"]
    assert (second["revision"], second["at"]) == (2, "2026-11-21T05:40:12.123456Z")


def test_a_write_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, 1)
    before = path.read_bytes()

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StorageFull):
            write(path, 2, [])
    assert path.read_bytes() == before
    assert (listed(path.parent)) == [".edits", ".revisions.jsonl", "sessions.json"]
    assert listed(path.parent / ".edits") == []


def test_ten_thousand_sessions_are_written_and_read(path: Path) -> None:
    entries = [entry(number) for number in range(10_000)]
    write(path, 7, entries)
    found = sessions_file.read(path)
    assert isinstance(found, SessionsFile)
    assert found.entries == entries
