"""What removals left, by its names, and what may be taken away of it."""

from pathlib import Path

from actors.git.left_places import PARKED, REMOVING, left_in, take_away
from tests.actors.git.places import do, git_in, new_repository

ID, TIME = "abcdefghijkl", "20261121T054000000000Z"
REF = f"refs/greenroom/recovery/{ID}/{TIME}"


def test_only_what_a_removal_names(tmp_path: Path) -> None:
    assert left_in(tmp_path / "none") == []
    for name in (f"{PARKED}{ID}-{TIME}", f"{REMOVING}{ID}-{TIME}", "work", f"{REMOVING}x", ".git"):
        (tmp_path / name).mkdir()
    parked, removing = left_in(tmp_path)
    assert (parked.is_kept, removing.is_kept) == (False, True)
    assert (removing.session_id, removing.ref) == (ID, REF)


def test_it_goes_when_its_copy_is_there(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    for kind in (PARKED, REMOVING):
        (tmp_path / f"{kind}{ID}-{TIME}" / "deep").mkdir(parents=True)
    parked, removing = left_in(tmp_path)
    git = git_in(repository)
    assert "its copy, is gone" in (take_away(git, removing) or "")
    do(repository, "update-ref", REF, "HEAD")
    assert "may hold what no copy does" in (take_away(git, parked) or "")
    assert take_away(git, removing) is None
    assert left_in(tmp_path) == [parked]
