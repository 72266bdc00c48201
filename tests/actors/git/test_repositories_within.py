"""A worktree with repositories within it, removed: none of their work is lost."""

from pathlib import Path

import pytest

from actors.messages import outcomes as o
from tests.actors.git.places import commit, do, new_repository
from tests.actors.git.removed_place import AT, FORCED, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_repository_made_within_just_before_it_is_renamed_is_not_lost(
    place: Place, *, is_ignored: bool
) -> None:
    if is_ignored:
        commit(place.worktree, ".gitignore", "within/\n")
    looks = []

    def at_the_last_look(path: Path) -> tuple[str, ...]:
        looks.append(path)
        if len(looks) == 2:
            new_repository(path / "within")
        return ()

    refused = place.remover(others=at_the_last_look).remove(FORCED, AT)
    assert isinstance(refused, o.RemovalRefused), refused
    assert "within: it " in refused.message
    assert (place.worktree / "within" / "file-0").exists()


def test_one_with_a_submodule_that_is_checked_out_goes(place: Place, tmp_path: Path) -> None:
    module = new_repository(tmp_path / "module")
    do(place.worktree, "submodule", "add", "--quiet", "--name", "a/b", str(module), "module")
    do(place.worktree, "commit", "--quiet", "--message", "a submodule")
    place.remove()


def cloned(place: Place, tmp_path: Path, name: str = "ignored/clone") -> Path:
    """In an ignored directory, with nothing of its own."""
    commit(place.worktree, ".gitignore", "ignored/\n")
    origin, clone = new_repository(tmp_path / "origin"), place.worktree / name
    do(tmp_path, "clone", "--quiet", str(origin), str(clone))
    return clone


def refused(place: Place) -> str:
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.RemovalRefused), done
    assert place.worktree.is_dir()
    return done.message + str(done.reasons)


def test_one_that_has_a_worktree_elsewhere_is_not_taken_from_it(
    place: Place, tmp_path: Path
) -> None:
    clone = cloned(place, tmp_path)
    linked = tmp_path / "linked"
    do(clone, "config", "extensions.worktreeConfig", "true")
    do(clone, "worktree", "add", "--quiet", "--detach", str(linked))
    assert f"it has a worktree in {linked}" in refused(place)
    do(clone, "worktree", "remove", str(linked))
    place.remove()


def test_one_with_worktrees_and_no_settings_of_their_own_can_be_looked_at(
    place: Place, tmp_path: Path
) -> None:
    clone = cloned(place, tmp_path)
    do(clone, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked").rename(tmp_path / "gone")
    place.remove()


def test_notes_in_one_count(place: Place, tmp_path: Path) -> None:
    do(cloned(place, tmp_path), "notes", "add", "-m", "a note")
    assert "commits that are on no branch of a remote" in refused(place)


def test_a_bare_one_that_is_ignored_counts(place: Place) -> None:
    commit(place.worktree, ".gitignore", "*.git/\n")
    bare = place.worktree / "deep" / "mirror.git"
    bare.parent.mkdir()
    do(place.worktree, "init", "--quiet", "--bare", str(bare))
    assert place.restore(place.remove()) == ()
    do(place.worktree, "init", "--quiet", "--bare", str(bare))
    made = do(bare, "commit-tree", "-m", "only here", do(bare, "mktree", stdin=""))
    do(bare, "update-ref", "refs/heads/only", made)
    assert "deep/mirror.git: it has commits" in refused(place)


def test_a_bare_one_that_is_kept_as_files_does_not_count(place: Place) -> None:
    bare = place.worktree / "fixture.git"
    do(place.worktree, "clone", "--quiet", "--bare", str(place.repository), str(bare))
    before = {name for name in (path.name for path in bare.iterdir()) if name == "HEAD"}
    place.restore(place.remove())
    assert before <= {path.name for path in bare.iterdir()}
