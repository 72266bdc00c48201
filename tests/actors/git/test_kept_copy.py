"""The copy of a worktree under its ref: the newest of what was there, and those before it."""

from pathlib import Path

from actors.git.kept_copy import KeptCopy
from storage.records.removal import RemovedWorktree
from tests.actors.git.places import commit, do, git_in, new_repository

REF = "refs/greenroom/recovery/abc/1"


def test_only_what_the_last_one_lacks_makes_a_new_one(tmp_path: Path) -> None:
    place = new_repository(tmp_path / "repository")
    copy = KeptCopy(git_in(place), REF, "abc")
    described = RemovedWorktree(path="/w", repository=str(place), ref=REF, commit="", branch="main")
    assert (copy.read(), copy.notes()) == (None, (None, None))

    def taken() -> str:
        copy.take(git_in(place), described)
        kept = copy.read()
        assert kept is not None
        assert do(place, "rev-parse", REF) == kept.commit
        return kept.commit

    first = taken()
    (place / "file-0").unlink()
    assert (taken(), copy.notes()[0]) == (first, None)
    (place / "new").write_text("new\n")
    second = taken()
    assert do(place, "rev-parse", f"{REF}^1") == first
    assert f"{REF}^1" in str(copy.notes()[0])
    do(place, "add", "new")
    third = taken()
    assert do(place, "rev-parse", f"{REF}^1") == second
    assert taken() == third
    commit(place, "more", "more\n")
    assert taken() != third
