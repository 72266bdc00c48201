"""What a new worktree is given, from repositories that mean well and from those that do not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from actors.git import set_up as module
from actors.git.set_up import set_up
from storage.records.worktree import SetUp
from tests.actors.git.places import plan_of


class Place:
    """A repository, a worktree of it, the workspace's own directory, and what lies outside."""

    def __init__(self, home: Path) -> None:
        self.repository = home / "shop"
        self.worktree = home / "trees" / "x"
        self.own = home / "own"
        self.outside = home / "outside"
        for each in (self.repository, self.worktree, self.outside):
            each.mkdir(parents=True)
        (self.outside / "secret").write_text("secret")
        self.rules = self.repository / ".greenroom"
        self.templates = self.rules / "templates"

    def say(self, **said: Any) -> None:
        self.templates.mkdir(parents=True, exist_ok=True)
        (self.rules / "worktree.json").write_text(json.dumps(said))

    def done(self, *, trusts_repository: bool = False) -> SetUp:
        plan = plan_of(self.repository, self.worktree, "abc", "fix/ü")
        found = set_up(plan, self.own, trusts_repository=trusts_repository)
        assert found is not None
        return found

    def given(self) -> dict[str, str]:
        """What is in the worktree, links as what they lead to in words."""
        return {
            str(path.relative_to(self.worktree)): path.read_text()
            for path in sorted(self.worktree.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_templates_are_filled_and_keep_their_modes(place: Place) -> None:
    place.say()
    (place.templates / "bin").mkdir()
    (place.templates / "bin" / "run").write_text("{{BRANCH}} {{REPO}} {{WORKTREE_NUM + 1}}")
    (place.templates / "bin" / "run").chmod(0o750)
    (place.templates / "raw").write_bytes(b"\xff{{BRANCH}}")
    assert place.done() == SetUp(source="repository", files=2)
    assert (place.worktree / "bin" / "run").read_text() == "fix/ü shop 3"
    assert (place.worktree / "bin" / "run").stat().st_mode & 0o777 == 0o750
    assert (place.worktree / "raw").read_bytes() == b"\xff{{BRANCH}}"


def test_files_and_directories_are_copied(place: Place) -> None:
    (place.repository / "config" / ".git").mkdir(parents=True)
    for name in (".env", "config/a", "config/ b\n", "config/.git/HEAD"):
        (place.repository / name).write_text(name)
    place.say(copy=[".env", "config"])
    assert place.done().files == 3
    assert place.given() == {".env": ".env", "config/a": "config/a", "config/ b\n": "config/ b\n"}


def test_what_is_in_the_branch_is_not_written_over(place: Place) -> None:
    (place.worktree / ".env").write_text("mine")
    (place.repository / ".env").write_text("theirs")
    place.say(copy=[".env"])
    (place.templates / ".env").write_text("a template's")
    notes = place.done().notes
    assert place.given() == {".env": "mine"}
    assert notes == (".env was left out: the branch has a file of that name",) * 2


@pytest.mark.parametrize(
    "name",
    ["../outside/secret", "/etc/passwd", "..", ".", "", "a/../../outside/secret", "\0",
     ".git/config", ".GIT/config", "none", "link", "directory/secret", "pipe", "./../outside",
     "a" * 300],
)  # fmt: skip
def test_nothing_is_copied_from_outside(place: Place, name: str) -> None:
    (place.repository / ".git").mkdir()
    (place.repository / ".git" / "config").write_text("")
    (place.repository / "link").symlink_to(place.outside / "secret")
    (place.repository / "directory").symlink_to(place.outside)
    os.mkfifo(place.repository / "pipe")
    place.say(copy=[name])
    done = place.done()
    assert (done.files, len(done.notes)) == (0, 1), done
    assert place.given() == {}


@pytest.mark.parametrize("by", ["copy", "template"])
def test_nothing_is_put_outside_by_links_of_the_branch(place: Place, by: str) -> None:
    (place.worktree / "way").symlink_to(place.outside)
    (place.worktree / "file").symlink_to(place.outside / "new")
    place.say(copy=["way", "file"] if by == "copy" else [])
    source = place.repository if by == "copy" else place.templates
    (source / "way").mkdir()
    for name in ("way/new", "file"):
        (source / name).write_text("x")
    done = place.done()
    assert (done.files, len(done.notes)) == (0, 2)
    assert [path.name for path in place.outside.iterdir()] == ["secret"]


def test_links_among_templates_are_left_out(place: Place) -> None:
    place.say()
    (place.templates / "a").symlink_to(place.outside / "secret")
    (place.templates / "b").symlink_to(place.outside)
    assert (place.done().files, len(place.done().notes)) == (0, 2)
    assert place.given() == {}


def test_a_directory_of_rules_that_is_a_link_counts_for_nothing(place: Place) -> None:
    place.rules.symlink_to(place.outside)
    place.own.mkdir()
    (place.own / "worktree.json").write_text('{"setup": ["make"]}')
    assert place.done() == SetUp(source="workspace", command=("make",), trusted=True)


def test_that_of_the_branch_holds_where_the_main_tree_has_none(place: Place) -> None:
    (place.worktree / ".greenroom").mkdir()
    (place.worktree / ".greenroom" / "worktree.json").write_text('{"cleanup": ["x", "{{REPO}}"]}')
    done = place.done(trusts_repository=True)
    assert (done.source, done.cleanup, done.trusted) == ("repository", ("x", "shop"), True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('{"setup": "make"}', ", line 1: setup is not right; setup must be a list of words"),
        ('{\n"setup": []}', ", line 2: setup is not right; setup must be a list of words"),
        ('{"copy": ["a", 1]}', ", line 1: copy[1] is not right; copy must be a list of paths"),
        ('{"cleanup": {}}', ", line 1: cleanup is not right; cleanup must be a list of words"),
        ("[]", ", line 1: it must be an object in braces that may have copy, setup and cleanup"),
        ("{", ", line 1: it cannot be read as JSON: "),
        ("", ": it cannot be read as JSON: empty"),
        (
            '{"copy": [".env"],\n"setup": ["make"],\n"zzz": 1}',
            ", line 3: there is no key 'zzz'; it may have copy, setup and cleanup",
        ),
    ],
)
def test_nothing_of_rules_with_a_fault_is_used_and_why_is_said(
    place: Place, said: str, why: str
) -> None:
    place.say()
    (place.repository / ".env").write_text("KEY=1")
    (place.rules / "worktree.json").write_text(said)
    done = place.done()
    (note,) = done.notes
    assert note.startswith(f"nothing of .greenroom/worktree.json is used{why}")
    assert (done.files, done.command, done.cleanup) == (0, None, None)


def test_too_much_is_copied_in_part(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COPIED_FILES", 2)
    (place.repository / "many").mkdir()
    for number in range(5):
        (place.repository / "many" / str(number)).write_text("")
    place.say(copy=["many"])
    done = place.done()
    assert done.files == 2
    assert "copied in part" in done.notes[0]


@pytest.mark.parametrize(("limit", "value"), [("TEMPLATE_FILES", 2), ("COPIED_BYTES", 2 << 20)])
def test_too_many_templates_are_put_in_part(
    place: Place, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(module, limit, value)
    place.say(copy=["also"])
    for number in range(3):
        (place.templates / str(number)).write_bytes(b"x" * (1 << 20))
    (place.repository / "also").write_text("")
    done = place.done()
    assert sorted(place.given()) == ["0", "1", "also"]
    assert done.files == 3
    assert done.notes[0].startswith("templates was put in part: ")
    assert "copy in worktree.json" in done.notes[0]


def test_what_is_larger_than_it_may_be_is_left_out_and_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COPIED_FILE_BYTES", 1 << 20)
    monkeypatch.setattr(module, "COPIED_BYTES", 3 << 19)
    for name, size in (("a", 1 << 20), ("b", (1 << 20) + 1), ("c", 1 << 20), ("d", 1)):
        with (place.repository / name).open("wb") as file:
            file.truncate(size)
    place.say(copy=["b", "a", "c", "d"])
    done = place.done()
    assert done.notes == (
        "b was left out: it is larger than 1 MiB",
        "c was copied in part: 20000 files and 1 MiB are the most",
    )
    assert list(place.given()) == ["a", "d"]


def test_many_notes_are_counted(place: Place) -> None:
    place.say(copy=[f"none-{number}" for number in range(50)])
    notes = place.done().notes
    assert len(notes) == 21
    assert notes[-1] == "and 30 more of these"


def test_without_rules_there_is_no_set_up(place: Place) -> None:
    (place.own).mkdir()
    assert place.done() == SetUp(source="workspace", trusted=True)
