import os
import time
from pathlib import Path

import pytest

from actors.edits.keeping import has_settled, keep_original, reject
from storage.edit_claims import Claim, stamp_of, write_plan
from storage.errors import FileRefused


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    made = Claim(3, tmp_path / "sessions-3.json")
    made.path.write_text('{"a": 1}')
    os.utime(made.path, (1764500000, 1764500000))
    return made


def test_a_file_left_alone_has_settled(claim: Claim) -> None:
    assert has_settled(claim.path, None)
    claim.path.touch()
    assert not has_settled(claim.path, None)
    future = time.time() + 1000
    os.utime(claim.path, (future, future))
    assert has_settled(claim.path, None)
    assert has_settled(claim.path.with_name("gone"), None)


def test_half_a_file_has_not_settled_while_it_is_open_but_for_a_long_time(claim: Claim) -> None:
    with claim.path.open("r+") as file:
        for age_seconds, is_settled in ((5, False), (100, True)):
            os.utime(claim.path, (time.time() - age_seconds,) * 2)
            assert has_settled(claim.path, None)
            file.truncate(4)
            os.utime(claim.path, (time.time() - age_seconds,) * 2)
            assert has_settled(claim.path, None) is is_settled
            file.seek(0)
            file.write('{"a": 1}')
            file.flush()
        file.truncate(4)
    os.utime(claim.path, (time.time() - 5,) * 2)
    assert has_settled(claim.path, None)


def test_one_that_was_closed_has_settled_if_it_can_be_read(claim: Claim) -> None:
    claim.path.touch()
    assert has_settled(claim.path, stamp_of(claim.path))
    before = stamp_of(claim.path)
    claim.path.write_text('{"a": ')
    assert not has_settled(claim.path, before)
    assert not has_settled(claim.path, stamp_of(claim.path))


def test_an_original_is_kept_once(claim: Claim, tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    for _ in range(2):
        keep_original(claim, path)
    (kept,) = tmp_path.glob("*.before-migration-*")
    assert kept.name == "sessions.json.before-migration-20251130T105320Z"
    assert kept.read_text() == '{"a": 1}'


def test_an_original_of_the_same_second_gets_another_name(claim: Claim, tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    keep_original(claim, path)
    again = claim.path.rename(tmp_path / "again")
    claim.path.write_text("[2]")
    os.utime(claim.path, (1764500000, 1764500000))
    for _ in range(2):
        keep_original(claim, path)
    assert sorted(kept.read_text() for kept in tmp_path.glob("*.before-migration-*")) == [
        "[2]",
        '{"a": 1}',
    ]
    os.utime(again, (1764600000, 1764600000))
    keep_original(Claim(9, again), path)
    assert len(list(tmp_path.glob("*.before-migration-*"))) == 2


def test_what_is_refused_goes_with_its_plan(claim: Claim, tmp_path: Path) -> None:
    (tmp_path / "rejected").mkdir()
    write_plan(claim, {})
    reject(claim, tmp_path / "rejected", FileRefused("no", line=2, path="$.a"))
    names = sorted(path.name for path in (tmp_path / "rejected").iterdir())
    assert names == ["sessions-3.json", "sessions-3.json.why.json"]
    assert not claim.plan.exists()
