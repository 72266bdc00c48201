"""Bytes and rights come back as they were, whatever git makes of them."""

import stat
from pathlib import Path

import pytest

from actors.git import exact
from actors.git.kept_trees import keep_tree
from actors.git.remake import fill
from actors.git.snapshot import index_of, snapshot
from storage.records.removal import Removal
from tests.actors.git.places import commit, do, files_of, git_in, new_repository
from tests.actors.git.removed_place import REF, Place

ATTRIBUTES = """* text=auto
*.crlf text eol=crlf
*.lf text eol=lf
*.wide text working-tree-encoding=UTF-16
*.id ident
*.raw -text
"""
NAMES = ("crlf.bat", "a.crlf", "a.lf", "a.wide", "a.id", "a.raw", 'new\nline "q"\\', "-x", "\udcff")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    commit(found.worktree, ".gitattributes", ATTRIBUTES)
    return found


def rights_of(place: Path) -> dict[str, int]:
    found = {path: path.lstat().st_mode for path in place.rglob("*") if ".git" not in path.parts}
    return {str(path.relative_to(place)): stat.S_IMODE(mode) for path, mode in found.items()}


@pytest.mark.parametrize(
    "text", [b"x\r\ny\r\n", b"x\ny\n", b"x\r\ny\nz\r", b"\xff\xfex\x00$Id: x $\n"]
)
def test_no_conversion_changes_what_is_not_in_git(place: Place, text: bytes) -> None:
    for name in NAMES:
        if not name.endswith(".wide"):
            (place.worktree / name).write_bytes(text)
    (place.worktree / "a.wide").write_bytes(b"\xff\xfe" + "x\r\ny\n".encode("utf-16-le"))
    before = files_of(place.worktree)
    place.restore(place.remove())
    assert files_of(place.worktree) == before


@pytest.mark.parametrize("is_staged", [False, True])
def test_nor_what_is_changed(place: Place, *, is_staged: bool) -> None:
    commit(place.worktree, "lines", "x\ny\n")
    (place.worktree / "lines").write_bytes(b"x\r\ny\r\nz\r\n")
    if is_staged:
        do(place.worktree, "add", "lines")
    before = place.everything()
    place.restore(place.remove())
    assert place.everything() == before


def test_line_ends_that_the_users_own_configuration_converts(place: Place) -> None:
    (place.worktree / ".gitattributes").unlink()
    do(place.repository, "config", "core.autocrlf", "true")
    (place.worktree / "lf").write_bytes(b"x\ny\n")
    (place.worktree / "crlf").write_bytes(b"x\r\ny\r\n")
    removed = place.remove()
    place.restore(removed)
    assert (place.worktree / "lf").read_bytes() == b"x\ny\n"
    assert (place.worktree / "crlf").read_bytes() == b"x\r\ny\r\n"


def test_rights_come_back(place: Place) -> None:
    (place.worktree / "deep" / "er").mkdir(parents=True)
    for number, mode in enumerate((0o600, 0o644, 0o664, 0o700, 0o755, 0o777, 0o400)):
        path = place.worktree / "deep" / "er" / str(number)
        path.write_text("text")
        path.chmod(mode)
    (place.worktree / "file-0").chmod(0o600)
    (place.worktree / "deep").chmod(0o700)
    (place.worktree / "deep" / "er").chmod(0o2770)
    before = rights_of(place.worktree)
    place.restore(place.remove())
    after = rights_of(place.worktree)
    assert after.pop("deep/er") & 0o777 == before.pop("deep/er") & 0o777
    assert after == before


def test_the_rights_of_the_worktree_itself_come_back(place: Place) -> None:
    place.worktree.chmod(0o700)
    place.restore(place.remove())
    assert stat.S_IMODE(place.worktree.stat().st_mode) == 0o700


def test_what_git_was_told_to_overlook_it_overlooks_again(place: Place) -> None:
    commit(place.worktree, "both é", "text\n")
    commit(place.worktree, "absent", "text\n")
    for name in ("file-0", "both é"):
        do(place.worktree, "update-index", "--assume-unchanged", name)
    for name in ("file-1", "both é", "absent"):
        do(place.worktree, "update-index", "--skip-worktree", name)
    (place.worktree / "absent").unlink()
    (place.worktree / "file-0").write_text("mine\n")
    before = do(place.worktree, "ls-files", "-v", "file-0", "file-1", "both é")
    place.restore(place.remove())
    assert do(place.worktree, "ls-files", "-v", "file-0", "file-1", "both é") == before
    assert before.split("\n")[-2:] == ["h file-0", "S file-1"]
    assert do(place.worktree, "ls-files", "-v", "absent") == "H absent"
    assert (place.worktree / "file-0").read_text() == "mine\n"
    place.restore(place.remove(Removal(ref=f"{REF[:-2]}9Z", force=True)))
    assert do(place.worktree, "ls-files", "-v", "file-0", "file-1", "both é") == before


def test_a_change_of_bytes_or_rights_alone_makes_another_copy(place: Place) -> None:
    secret = place.worktree / "secret"
    secret.write_bytes(b"x\ny\n")

    def later(_path: Path) -> None:
        secret.write_bytes(b"x\r\ny\r\n")
        secret.chmod(0o600)

    removed = place.remove(clean_up=later)
    assert do(place.repository, "rev-parse", f"{REF}^1") != removed.head
    place.restore(removed)
    assert secret.read_bytes() == b"x\r\ny\r\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_what_a_filter_keeps_out_of_the_repository_stays_out(place: Place) -> None:
    do(place.repository, "config", "filter.hide.clean", "sed s/secret/hidden/")
    do(place.repository, "config", "filter.hide.smudge", "sed s/hidden/secret/")
    commit(place.worktree, ".gitattributes", "*.key filter=hide text\n")
    (place.worktree / "a.key").write_text("secret")
    place.restore(place.remove())
    assert (place.worktree / "a.key").read_text() == "secret"
    every = git_in(place.repository).run("cat-file", "--batch-all-objects", "--batch")
    assert b"hidden" in every.out
    assert b"secret" not in every.out


def test_a_kept_tree_has_them_too(place: Place, tmp_path: Path) -> None:
    (place.worktree / "x.bat").write_bytes(b"x\r\n")
    (place.worktree / "x.bat").chmod(0o600)
    kept = keep_tree(git_in(place.worktree), "abc", 7)
    fork = tmp_path / "fork"
    do(place.repository, "worktree", "add", "--no-checkout", "--detach", str(fork), "work")
    fill(git_in(fork), kept.commit)
    assert files_of(fork) == files_of(place.worktree)


def test_where_all_is_as_git_has_it_nothing_is_kept(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    (repository / "new").write_bytes(b"x\r\n")
    git = git_in(repository)
    assert exact.read(git, index_of(git, snapshot(git).commit)) == exact.Exact()


def test_no_link_is_followed_in_giving_back(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    (outside / "file").chmod(0o644)
    (repository / "link").symlink_to(outside)
    wanted = exact.Exact(rights={b"link/file": 0o600, b"link/": 0o700, b"link": 0o600})
    before = rights_of(outside), outside.stat().st_mode
    exact.put(git_in(repository), wanted)
    assert (rights_of(outside), outside.stat().st_mode) == before
