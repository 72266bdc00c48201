"""What a snapshot keeps, and that a worktree filled from it is as the first one was."""

import os
from pathlib import Path

import pytest

from actors.git.command import GitFailed
from actors.git.remake import fill
from actors.git.snapshot import Snapshot, keep, snapshot
from tests.actors.git.places import commit, do, files_of, git_in, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repository", commits=3)


def status_of(place: Path) -> str:
    return do(place, "status", "--porcelain=v1", "-z", "--untracked-files=all")


def everything(place: Path) -> tuple[object, str, str]:
    """Files, what git says of them, and the index."""
    return files_of(place), status_of(place), do(place, "ls-files", "--stage", "-z")


def made_again(repository: Path, taken: Snapshot, place: Path) -> Path:
    head = taken.head or taken.commit
    do(repository, "worktree", "add", "--quiet", "--no-checkout", "--detach", str(place), head)
    fill(git_in(place), taken.commit)
    return place


def test_a_worktree_filled_from_it_is_as_the_first_was(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitignore").write_text("ignored\n")
    do(repository, "add", ".gitignore")
    (repository / "ignored").write_text("ignored")
    (repository / "file-0").write_text("changed\n")
    (repository / "file-1").write_text("staged\n")
    do(repository, "add", "file-1")
    (repository / "file-1").write_text("staged and changed\n")
    (repository / "file-2").unlink()
    (repository / "run").write_text("#!/bin/sh\n")
    (repository / "run").chmod(0o755)
    (repository / "link").symlink_to("/etc/hostname")
    (repository / "broken").symlink_to("nowhere")
    (repository / "deep" / "er").mkdir(parents=True)
    (repository / "deep" / "er" / "file").write_bytes(bytes(range(256)))
    before = everything(repository)
    taken = snapshot(git_in(repository))
    assert everything(repository) == before
    again = made_again(repository, taken, tmp_path / "again")
    (again / "ignored").write_text("ignored")
    assert everything(again) == before
    assert taken.head == do(repository, "rev-parse", "HEAD")
    assert do(repository, "rev-parse", f"{taken.commit}^{{tree}}") == taken.tree


def test_names_of_every_kind(repository: Path, tmp_path: Path) -> None:
    names = [
        *(b"-rf", b"--all", b":(glob)*", b":/", b"*", b"a b", b" ", b"new\nline", b"tab\t"),
        *(b'"quoted"', b"\\", b"$(touch x)", b"\xff\xfe", b"x" * 255, b"?", b"[a]", b"#", b"!"),
        *(b"~", b"\x01\x7f", b"CON", b"a.lock", b"HEAD"),
        *(name.encode() for name in ("grün", "e\u0301", "\U0001f469\u200d\U0001f4bb", "\u202e")),
    ]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(repository) + b"/" + name)).write_text(str(number))
    deep = repository
    for _ in range(12):
        deep = deep / ("d" * 200)
        deep.mkdir()
    (deep / "file").write_text("deep")
    before = files_of(repository)
    taken = snapshot(git_in(repository))
    assert files_of(made_again(repository, taken, tmp_path / "again")) == before


def test_neither_a_lock_nor_hidden_files_nor_a_merge_stand_in_its_way(
    repository: Path, tmp_path: Path
) -> None:
    do(repository, "switch", "--quiet", "--create", "other", "HEAD~2")
    commit(repository, "file-1", "theirs\n")
    do(repository, "switch", "--quiet", "main")
    with pytest.raises(Exception, match="merge"):
        do(repository, "merge", "other")
    do(repository, "update-index", "--assume-unchanged", "file-0")
    do(repository, "update-index", "--skip-worktree", "file-2")
    (repository / "file-0").write_text("hidden change\n")
    (repository / "file-2").write_text("hidden too\n")
    (repository / ".git" / "index.lock").write_text("")
    taken = snapshot(git_in(repository))
    (repository / ".git" / "index.lock").unlink()
    again = made_again(repository, taken, tmp_path / "again")
    assert files_of(again) == files_of(repository)
    stages = do(repository, "ls-files", "--stage", "-z")
    assert do(again, "ls-files", "--stage", "-z") == stages
    assert "1\tfile-1" not in stages
    assert "2\tfile-1" in stages
    assert "3\tfile-1" in stages
    assert do(again, "cat-file", "-t", taken.commit) == "commit"


def test_before_the_first_commit(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "empty", commits=0)
    nothing = snapshot(git_in(repository))
    assert nothing.head is None
    (repository / "file").write_text("text")
    taken = snapshot(git_in(repository))
    assert files_of(made_again(repository, taken, tmp_path / "again")) == files_of(repository)


def test_a_file_in_place_of_a_directory_and_the_other_way_round(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, "directory/file", "text\n")
    (repository / "directory" / "file").unlink()
    (repository / "directory").rmdir()
    (repository / "directory").write_text("a file now")
    (repository / "file-0").unlink()
    (repository / "file-0").mkdir()
    (repository / "file-0" / "file").write_text("in a directory now")
    (repository / "file-1").unlink()
    os.mkfifo(repository / "file-1")
    taken = snapshot(git_in(repository))
    (repository / "file-1").unlink()
    again = made_again(repository, taken, tmp_path / "again")
    assert files_of(again) == files_of(repository)


def test_repositories_within_are_named_and_left_as_they_are(
    repository: Path, tmp_path: Path
) -> None:
    new_repository(repository / "nested")
    new_repository(repository / "with space" / "empty", commits=0)
    module = new_repository(tmp_path / "module")
    do(repository, "submodule", "add", "--quiet", str(module), "module")
    do(repository, "commit", "--quiet", "--message", "a submodule")
    commit(repository / "module", "more", "text")
    taken = snapshot(git_in(repository))
    assert taken.left_out == ("nested/", "with space/empty/")
    listed = do(repository, "ls-tree", taken.tree, "module")
    assert do(repository / "module", "rev-parse", "HEAD") in listed


@pytest.mark.parametrize("where", ["module", "nested"])
@pytest.mark.parametrize("option", ["none", "untracked"])
def test_no_filter_that_a_repository_within_names_is_run(
    repository: Path, tmp_path: Path, where: str, option: str
) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0" >> {canary}\ncat\n')
    trap.chmod(0o755)
    module = new_repository(tmp_path / "module")
    new_repository(repository / "nested")
    do(repository, "submodule", "add", "--quiet", str(module), "module")
    do(repository, "config", "--file", ".gitmodules", "submodule.module.ignore", option)
    do(repository, "config", "diff.ignoreSubmodules", option)
    do(repository, "add", ".gitmodules")
    do(repository, "commit", "--quiet", "--message", "a submodule")
    within = repository / where
    do(within, "config", "filter.x.clean", str(trap))
    info = Path(do(within, "rev-parse", "--absolute-git-dir")) / "info"
    (info / "attributes").write_text("* filter=x\n")
    (within / "file-0").write_text("changed")
    taken = snapshot(git_in(repository))
    assert not canary.exists()
    listed = do(repository, "ls-tree", taken.tree, "module")
    assert do(repository / "module", "rev-parse", "HEAD") in listed


def test_a_conflict_whose_only_side_is_the_file_itself(repository: Path) -> None:
    blob = do(repository, "rev-parse", "HEAD:file-0")
    (repository / "ours").write_text("content 0\n")
    line = f"100644 {blob} 2\tours\n"
    do(repository, "update-index", "--index-info", stdin=line)
    taken = snapshot(git_in(repository))
    assert do(repository, "rev-parse", f"{taken.tree}:ours") == blob


def test_from_within_it_keeps_the_whole(repository: Path) -> None:
    (repository / "deep").mkdir()
    (repository / "new").write_text("text")
    taken = snapshot(git_in(repository / "deep"))
    assert "new" in do(repository, "ls-tree", "--name-only", taken.tree).split()


def test_what_has_a_name_survives_the_collection_of_garbage(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "new").write_text("only here")
    taken = snapshot(git_in(repository))
    keep(git_in(repository), "refs/greenroom/recovery/abc/1", taken.commit)
    (repository / "new").unlink()
    do(repository, "gc", "--quiet", "--prune=now")
    again = made_again(repository, taken, tmp_path / "again")
    assert (again / "new").read_text() == "only here"


def test_a_change_within_the_same_second_is_seen(repository: Path) -> None:
    """The copy of the index must not look younger than the index itself."""
    path = repository / "file-0"
    path.write_text("content a\n")
    do(repository, "add", "file-0")
    stamp = (repository / ".git" / "index").stat()
    path.write_text("content b\n")
    os.utime(path, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    taken = snapshot(git_in(repository))
    assert do(repository, "show", f"{taken.tree}:file-0") == "content b"


def test_no_snapshot_is_no_place_to_fill_from(repository: Path) -> None:
    with pytest.raises(GitFailed, match="no snapshot"):
        fill(git_in(repository), do(repository, "rev-parse", "HEAD"))
    assert (repository / "file-2").exists()


def test_outside_of_a_repository_it_fails(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="not a git repository"):
        snapshot(git_in(tmp_path))


def test_a_directory_that_was_replaced_by_a_link(repository: Path, tmp_path: Path) -> None:
    commit(repository, "deep/er/file", "text\n")
    (repository / "deep").rename(tmp_path / "away")
    (repository / "deep").symlink_to(tmp_path / "away")
    (tmp_path / "away" / "er" / "file").write_text("changed\n")
    before = everything(repository)
    taken = snapshot(git_in(repository))
    assert everything(made_again(repository, taken, tmp_path / "again")) == before


def test_a_file_that_is_not_in_the_encoding_that_it_should_be(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, ".gitattributes", "*.u working-tree-encoding=UTF-16\n")
    (repository / "bad.u").write_bytes(b"abc")
    (repository / "good").write_text("not in git\n")
    before = files_of(repository)
    taken = snapshot(git_in(repository))
    assert files_of(made_again(repository, taken, tmp_path / "again")) == before
