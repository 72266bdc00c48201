"""Each file is claimed once, and no other file goes with it, whatever is done with its name."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from storage import request_claims as claims
from storage import request_files as files
from storage.errors import FileRefused, StorageError
from storage.request_claims import Claim
from tests.storage.listing import listed


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / ".claimed").mkdir(parents=True)
    return tmp_path / "inbox"


def drop(inbox: Path, name: str = "job.json", content: str = '{"a": 1}') -> None:
    """As `mv` does: another file has the name then."""
    (inbox / f".{name}.part").write_text(content)
    (inbox / f".{name}.part").rename(inbox / name)


def read(inbox: Path, name: str = "job.json") -> Any:
    found = files.read(inbox / name, 0.0)
    assert found is not None
    return found.request


def begun(inbox: Path, counter: int = 7, name: str = "job.json") -> Claim:
    """Read and claimed; its first name is there still."""
    found = files.read(inbox / name, 0.0)
    assert found is not None
    taken = claims.claim(inbox, name, counter, found.inode, found.print)
    assert taken is not None
    return taken


def taken(inbox: Path, counter: int = 7, name: str = "job.json") -> Claim:
    made = begun(inbox, counter, name)
    assert claims.take_away(inbox, made)
    return made


def found_at_start(inbox: Path) -> list[str]:
    return [claim.path.name for claim in claims.claimed(inbox)]


def names(inbox: Path) -> list[str]:
    return sorted(name for name in listed(inbox) if name != claims.CLAIMED)


def test_a_claim_takes_the_file_away_under_its_number(inbox: Path) -> None:
    drop(inbox)
    made = taken(inbox)
    assert made.path == inbox / ".claimed" / "7-job.json"
    assert json.loads(made.path.read_text()) == claims.read_claim(made) == {"a": 1}
    assert names(inbox) == []
    assert found_at_start(inbox) == ["7-job.json"]
    claims.release(made)
    claims.release(made)
    assert found_at_start(inbox) == []
    assert claims.claim(inbox, "job.json", 8, 1) is None


def test_a_file_that_took_the_name_meanwhile_is_not_claimed(inbox: Path) -> None:
    drop(inbox)
    found = files.read(inbox / "job.json", 0.0)
    assert found is not None
    drop(inbox, content='{"b": 2}')
    assert claims.claim(inbox, "job.json", 7, found.inode) is None
    assert found_at_start(inbox) == []
    assert names(inbox) == ["job.json"]


def test_a_file_that_took_the_name_of_a_claimed_one_stays(inbox: Path) -> None:
    drop(inbox)
    made = begun(inbox)
    drop(inbox, content='{"b": 2}')
    for _ in range(2):
        assert claims.settle(inbox, [made]) == []
        assert claims.read_claim(made) == {"a": 1}
        assert read(inbox) == {"b": 2}


def test_a_file_that_took_the_name_at_the_last_moment_stays(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at whose the name is, and its going."""
    drop(inbox)
    made = begun(inbox)
    set_aside = claims.set_aside

    def late(*where: Any) -> Path:
        drop(inbox, content='{"b": 2}')
        return set_aside(*where)

    monkeypatch.setattr(claims, "set_aside", late)
    assert claims.take_away(inbox, made)
    assert read(inbox) == {"b": 2}
    assert claims.read_claim(made) == {"a": 1}
    assert names(inbox) == ["job.json"]


@pytest.mark.parametrize("content", ['{"a": 2}', "", '{"a"', " " * (files.SIZE_LIMIT_BYTES + 1)])
def test_what_was_written_anew_since_it_was_read_is_given_back(inbox: Path, content: str) -> None:
    """As `echo … > inbox/job.json` does: the file is the same one."""
    drop(inbox)
    made = begun(inbox)
    (inbox / "job.json").write_text(content)
    assert claims.settle(inbox, [made]) == [made]
    assert (inbox / "job.json").read_text() == content
    assert (inbox / "job.json").stat().st_nlink == 1
    assert found_at_start(inbox) == []


def test_what_was_written_anew_and_then_replaced_is_gone(inbox: Path) -> None:
    drop(inbox)
    made = begun(inbox)
    (inbox / "job.json").write_text('{"a": 2}')
    drop(inbox, content='{"a": 3}')
    assert claims.settle(inbox, [made]) == [made]
    assert read(inbox) == {"a": 3}
    assert found_at_start(inbox) == []


def test_a_claim_that_somebody_took_away_stays_taken(inbox: Path) -> None:
    drop(inbox)
    made = begun(inbox)
    made.path.unlink()
    assert claims.settle(inbox, [made]) == []


def test_a_claim_is_not_settled_where_that_cannot_be_synced(inbox: Path) -> None:
    drop(inbox)
    made = begun(inbox)
    made.path.unlink()
    (inbox / ".claimed").rmdir()
    with pytest.raises(StorageError):
        claims.settle(inbox, [made])
    assert names(inbox) == ["job.json"]


def test_what_lies_among_the_claims_is_read_as_carefully(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (inbox / ".claimed" / "1-link.json").symlink_to(tmp_path / "secret")
    os.mkfifo(inbox / ".claimed" / "2-pipe.json")
    for made in claims.claimed(inbox):
        with pytest.raises(FileRefused):
            claims.read_claim(made)


def test_claims_are_listed_by_number(inbox: Path) -> None:
    for counter in (10, 9, 100):
        drop(inbox)
        taken(inbox, counter)
    (inbox / ".claimed" / "stray").write_text("")
    assert [claim.counter for claim in claims.claimed(inbox)] == [9, 10, 100]


def test_a_crash_between_link_and_unlink_leaves_one_request(inbox: Path) -> None:
    drop(inbox)
    os.link(inbox / "job.json", inbox / ".claimed" / "3-job.json")
    assert [claim.name for claim in claims.claimed(inbox)] == ["job.json"]
    assert names(inbox) == []


def test_a_crash_with_the_name_set_aside_leaves_one_request(inbox: Path) -> None:
    drop(inbox)
    made = begun(inbox, 3)
    claims.set_aside(inbox, "job.json", 3)
    assert found_at_start(inbox) == [made.path.name]
    assert names(inbox) == []


@pytest.mark.parametrize("is_claimed", [False, True])
def test_a_crash_with_another_file_set_aside_leaves_both(inbox: Path, is_claimed: bool) -> None:
    """One that took the name at the last moment, or that was just being refused."""
    drop(inbox)
    if is_claimed:
        begun(inbox, 3)
        drop(inbox, content='{"b": 2}')
    before = read(inbox)
    claims.set_aside(inbox, "job.json", 3)
    assert len(found_at_start(inbox)) == is_claimed
    assert names(inbox) == ["job.json"]
    assert read(inbox) == before


def test_a_new_drop_with_the_name_of_a_claimed_one_stays(inbox: Path) -> None:
    drop(inbox)
    taken(inbox, 3)
    drop(inbox)
    assert found_at_start(inbox) == ["3-job.json"]
    assert names(inbox) == ["job.json"]


def test_what_changes_nothing_is_taken_in_one_step(inbox: Path) -> None:
    drop(inbox)
    found = files.read(inbox / "job.json", 0.0)
    assert found is not None
    made = claims.take(inbox, "job.json", 7, found.inode, found.print)
    assert made is not None
    assert claims.read_claim(made) == {"a": 1}
    assert names(inbox) == []
    assert claims.take(inbox, "job.json", 8, found.inode, found.print) is None


@pytest.mark.parametrize("is_replaced", [False, True])
def test_what_has_changed_since_it_was_read_is_not_taken(inbox: Path, is_replaced: bool) -> None:
    drop(inbox)
    found = files.read(inbox / "job.json", 0.0)
    assert found is not None
    if is_replaced:
        drop(inbox)
    else:
        (inbox / "job.json").write_text('{"a": 2}')
    before = read(inbox)
    assert claims.take(inbox, "job.json", 7, found.inode, found.print) is None
    assert read(inbox) == before
    assert found_at_start(inbox) == []
