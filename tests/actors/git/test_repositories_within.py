"""A worktree with repositories within it, removed: none of their work is lost."""

from pathlib import Path

import pytest

from actors.messages import outcomes as o
from tests.actors.git.places import commit, do, git_in, new_repository
from tests.actors.git.removed_place import AT, FORCED, Place

TAG = ("tag", "--annotate", "--message", "text")


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
    assert place.remove().branch == "work"
    assert (module / "file-0").exists()


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
    assert place.remove().branch == "work"
    assert (tmp_path / "gone" / "file-0").exists()


def test_notes_in_one_count(place: Place, tmp_path: Path) -> None:
    do(cloned(place, tmp_path), "notes", "add", "-m", "a note")
    assert "commits that are on no branch of a remote" in refused(place)


def tag_of_long_ago(repository: Path) -> None:
    past = {"GIT_COMMITTER_DATE": "1700000000 +0000"}
    git = git_in(repository).having(past)
    git.ask("-c", "user.name=A", "-c", "user.email=a@example.org", *TAG, "v1", "main")


def test_a_tag_of_its_own_counts_and_one_that_came_with_it_does_not(
    place: Place, tmp_path: Path
) -> None:
    origin = new_repository(tmp_path / "origin-of-it")
    tag_of_long_ago(origin)
    commit(place.worktree, ".gitignore", "ignored/\n")
    clone = place.worktree / "ignored" / "clone"
    do(tmp_path, "clone", "--quiet", str(origin), str(clone))
    do(clone, "tag", "light")
    place.restore(place.remove())
    do(tmp_path, "clone", "--quiet", str(origin), str(clone))
    do(clone, *TAG, "mine", "main")
    assert "it has the tag mine" in refused(place)
    do(clone, "tag", "--delete", "mine")
    do(clone, *TAG, "of-a-tree", "main^{tree}")
    assert "it has the tag of-a-tree" in refused(place)


def test_a_tag_in_one_that_was_not_cloned_counts(place: Place, tmp_path: Path) -> None:
    clone = cloned(place, tmp_path)
    do(clone, *TAG, "v1", "main")
    do(clone, "reflog", "expire", "--expire=all", "--all")
    assert "it has the tag v1" in refused(place)
    do(clone, "tag", "--delete", "v1")
    (clone / ".git" / "logs" / "HEAD").unlink()
    place.remove()


def test_the_tags_of_a_worktree_within_stay_where_they_are(place: Place, tmp_path: Path) -> None:
    commit(place.worktree, ".gitignore", "ignored/\n")
    do(tmp_path, "clone", "--quiet", str(place.repository), "other")
    do(tmp_path / "other", *TAG, "v1", "main")
    within = place.worktree / "ignored" / "within"
    do(tmp_path / "other", "worktree", "add", "--quiet", "--detach", str(within))
    place.remove()
    assert not place.worktree.exists()
    assert do(tmp_path / "other", "tag", "--list") == "v1"


def test_a_stash_in_one_counts(place: Place, tmp_path: Path) -> None:
    clone = cloned(place, tmp_path)
    (clone / "file-0").write_text("put aside\n")
    do(clone, "stash", "push", "--quiet")
    assert "it has a stash" in refused(place)


def test_the_tags_of_a_submodule_that_came_with_it_do_not_count(
    place: Place, tmp_path: Path
) -> None:
    module = new_repository(tmp_path / "module")
    tag_of_long_ago(module)
    do(place.worktree, "submodule", "add", "--quiet", str(module), "module")
    do(place.worktree, "commit", "--quiet", "--message", "a submodule")
    assert place.remove().branch == "work"


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
