"""Files that still are as a set-up put them are told from those that somebody has worked on."""

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from actors.git.as_put import FilesAsPut, take_away
from actors.git.set_up import set_up
from storage.records.session import WorktreeSession
from tests.actors.git.places import commit, do, git_in, plan_of
from tests.actors.git.removed_place import SAFELY, SESSION, Place

PUT = ("port", "deep/raw", ".env", "config/a")


class SetUpPlace(Place):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.own = root / "own"
        rules = self.repository / ".greenroom"
        (rules / "templates" / "deep").mkdir(parents=True)
        (rules / "worktree.json").write_text(json.dumps({"copy": [".env", "config"]}))
        (rules / "templates" / "port").write_text("{{WORKTREE_NUM + 3000}} {{BRANCH}}")
        (rules / "templates" / "deep" / "raw").write_bytes(b"\xff")
        (self.repository / "config").mkdir()
        for name in (".env", "config/a", "not-copied"):
            (self.repository / name).write_text(name)
        plan = plan_of(self.repository, self.worktree, SESSION, "work")
        done = set_up(plan, self.own, trusts_repository=False)
        assert done is not None
        assert done.files == len(PUT)
        self.session = replace(self.session, number=2, set_up=done)

    def files(self, session: WorktreeSession | None = None) -> FilesAsPut:
        return FilesAsPut(session or self.session, self.own)


@pytest.fixture
def place(tmp_path: Path) -> SetUpPlace:
    return SetUpPlace(tmp_path)


def test_all_that_was_put_is_as_it_was_put(place: SetUpPlace) -> None:
    assert [name for name in PUT if not place.files().has(name)] == []


@pytest.mark.parametrize("name", PUT)
def test_what_was_changed_since_is_somebodys(place: SetUpPlace, name: str) -> None:
    path = place.worktree / name
    before = path.read_bytes()
    for content in (before + b"x", b"", before[:-1] + b"~"):
        path.write_bytes(content)
        assert not place.files().has(name)
    path.write_bytes(before)
    path.chmod(0o755)
    assert not place.files().has(name)
    path.unlink()
    path.symlink_to(place.repository / name)
    assert not place.files().has(name)
    path.unlink()
    path.mkdir()
    assert not place.files().has(name)


def test_an_entry_that_is_none_is_left_out_alone(place: SetUpPlace) -> None:
    rules = place.repository / ".greenroom" / "worktree.json"
    rules.write_text(json.dumps({"copy": [".env", "../x", "", "config"]}))
    assert [name for name in PUT if not place.files().has(name)] == []


def test_a_file_of_another_origin_is_somebodys(place: SetUpPlace) -> None:
    (place.worktree / "not-copied").write_text("not-copied")
    (place.worktree / "own").write_text("own")
    for name in ("not-copied", "own", "../repository/.env", ".git", "", "none", "a\nb"):
        assert not place.files().has(name)
    assert not place.files(replace(place.session, number=3)).has("port")
    assert not place.files(replace(place.session, set_up=None)).has(".env")


@pytest.mark.parametrize("text", ["{", '{"copy": ["../x"]}'])
def test_rules_that_cannot_be_read_prove_nothing(place: SetUpPlace, text: str) -> None:
    (place.repository / ".greenroom" / "worktree.json").write_text(text)
    assert not place.files().has(".env")
    assert place.files().has("port")


def test_only_what_is_not_in_git_and_as_it_was_put_is_taken_away(place: SetUpPlace) -> None:
    do(place.worktree, "add", "port")
    commit(place.worktree, ".env", ".env")
    (place.worktree / "config" / "a").write_text("changed")
    (place.worktree / "own").write_text("own")
    take_away(git_in(place.worktree), place.files())
    left = {name for name in (*PUT, "own") if os.path.lexists(place.worktree / name)}
    assert left == {"port", ".env", "config/a", "own"}


def test_a_worktree_with_nothing_else_is_removed(place: SetUpPlace) -> None:
    removed = place.remove(SAFELY, is_put=place.files().has)
    place.restore(removed)
    assert (place.worktree / "port").read_text() == "3002 work"
    assert place.remover(is_put=place.files().has).look(place.session.created_at).untracked == ()
    (place.worktree / "port").write_text("mine")
    seen = place.remover(is_put=place.files().has).look(place.session.created_at)
    assert seen.untracked == ("port",)
