"""Changes of real directories: everything that git can follow, and what nobody may run for it."""

import base64
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.git import diff as module
from actors.git.diff import FILES, diff
from storage.records.diff import ChangedFile, SessionDiff
from storage.records.request import Refusal
from storage.records.session import Session
from tests.fakes.repositories import Repository, plain_git, quick, worktree


def told(session: Session, form: Any = "text", most: int = 1 << 20) -> SessionDiff:
    found = diff(session, plain_git(Path("/")), form, most)
    assert isinstance(found, SessionDiff), found
    return found


def refused(session: Session) -> Refusal:
    found = diff(session, plain_git(Path("/")), "text", 1 << 20)
    assert isinstance(found, Refusal), found
    return found


def files_of(session: Session) -> dict[str, ChangedFile]:
    return {each.path: each for each in told(session, "files").files}


def state(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below git's own directory; with its time, but for objects that git used again."""
    return {
        str(path): (0 if "objects" in path.parts else path.stat().st_mtime_ns, path.read_bytes())
        for path in place.rglob("*")
        if path.is_file()
    }


def test_committed_staged_changed_and_new_are_all_told(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    home.commit(at=work, committed="1\n2\n")
    (work / "staged").write_text("x\n")
    home.git("add", "staged", at=work)
    (work / "hello").write_text("hello\nyou\n")
    (work / "new").write_text("new\n")
    (work / ".gitignore").write_text("ignored\n")
    (work / "ignored").write_text("x\n")
    found = told(session)
    numbers = (found.summary.files, found.summary.added, found.summary.removed)
    assert numbers == (5, 6, 0)
    assert (found.base, found.branch, found.is_cut) == (session.base_commit, "work", False)
    shown = {each.path: (each.status, each.added, each.removed) for each in found.files}
    assert shown == {
        ".gitignore": ("added", 1, 0),
        "committed": ("added", 2, 0),
        "hello": ("modified", 1, 0),
        "new": ("added", 1, 0),
        "staged": ("added", 1, 0),
    }
    assert "ignored" not in {each.path for each in found.files}


def test_the_text_is_a_patch_that_git_applies(home: Repository, work: Path, tmp_path: Path) -> None:
    session = worktree(home, work)
    (work / "hello").write_text("no line end")
    (work / 'a b\t"c"\n').write_text("-- x\n++ y\n@@ -1 +1 @@\ndiff --git a/x b/x\n")
    (work / "program").write_text("#!/bin/sh\n")
    (work / "program").chmod(0o755)
    (work / "link").symlink_to("hello")
    copy = tmp_path / "copy"
    home.git("worktree", "add", "--quiet", "--detach", str(copy), str(session.base_commit))
    patch = (told(session).text or "").encode()
    subprocess.run(["git", "apply", "-"], cwd=copy, input=patch, check=True)
    for name in ("hello", 'a b\t"c"\n', "program", "link"):
        assert (copy / name).read_bytes() == (work / name).read_bytes()
    assert (copy / "link").is_symlink()
    assert os.access(copy / "program", os.X_OK)


def test_a_patch_has_what_is_binary_too(home: Repository, work: Path, tmp_path: Path) -> None:
    home.commit(at=work, picture="was text\n")
    base = home.git("rev-parse", "HEAD", at=work)
    session = worktree(home, work, base_commit=base)
    (work / "picture").write_bytes(bytes(range(256)))
    (work / "new").write_bytes(b"\0new")
    copy = tmp_path / "copy"
    home.git("worktree", "add", "--quiet", "--detach", str(copy), base)
    patch = (told(session, "patch").text or "").encode()
    subprocess.run(["git", "apply", "-"], cwd=copy, input=patch, check=True)
    for name in ("picture", "new"):
        assert (copy / name).read_bytes() == (work / name).read_bytes()
    assert "GIT binary patch" not in (told(session).text or "")


def test_a_patch_that_json_cannot_carry_is_refused(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    (work / "a").write_text("diff --git a/latin b/latin\n")
    (work / "latin").write_bytes(b"gr\xfcn\n")
    (work / "later").write_text("x")
    found = diff(session, plain_git(Path("/")), "patch", 1 << 20)
    assert isinstance(found, Refusal)
    assert found.code == "not-utf-8"
    assert found.message.startswith("latin is not in UTF-8")
    assert "latin" in (told(session).text or "")


def test_files_have_their_hunks_as_they_are(home: Repository, work: Path) -> None:
    home.commit(at=work, long="".join(f"line {n}\n" for n in range(40)))
    session = worktree(home, work, base_commit=home.git("rev-parse", "HEAD", at=work))
    lines = [f"line {n}\n" for n in range(40)]
    lines[2] = "-- a/line\n"
    lines[30] = "@@ -1,2 +3,4 @@ head\n"
    (work / "long").write_text("".join(lines))
    (work / "empty").write_text("")
    found = files_of(session)
    first, second = found["long"].hunks or ()
    assert (first.old_start, first.old_lines, first.new_start, first.new_lines) == (1, 6, 1, 6)
    assert [(line.kind, line.text) for line in first.lines if line.kind != " "] == [
        ("-", "line 2"),
        ("+", "-- a/line"),
    ]
    assert ("+", "@@ -1,2 +3,4 @@ head") in {(line.kind, line.text) for line in second.lines}
    assert (found["empty"].hunks, found["empty"].added) == ((), 0)
    (work / "long").write_text("x")
    (only,) = files_of(session)["long"].hunks or ()
    assert (only.lines[-1].kind, only.lines[-1].text, only.lines[-1].has_end) == ("+", "x", False)


def test_renames_modes_links_and_binary_files_are_told_apart(home: Repository, work: Path) -> None:
    (work / "old name").write_text("the same\n" * 20)
    (work / "script").write_text("x\n")
    (work / "was a file").write_text("x\n")
    home.commit(at=work)
    session = worktree(home, work, base_commit=home.git("rev-parse", "HEAD", at=work))
    (work / "old name").rename(work / "new name")
    (work / "script").chmod(0o755)
    (work / "was a file").unlink()
    (work / "was a file").symlink_to("hello")
    (work / "picture").write_bytes(b"\0\1\2")
    (work / "hello").unlink()
    found = files_of(session)
    renamed, script = found["new name"], found["script"]
    assert (renamed.status, renamed.old_path, renamed.hunks) == ("renamed", "old name", ())
    assert (script.status, script.old_mode, script.new_mode) == ("modified", "100644", "100755")
    changed = found["was a file"]
    assert (changed.status, changed.new_mode, len(changed.hunks or ())) == (
        "type-changed",
        "120000",
        2,
    )
    picture = found["picture"]
    assert (picture.is_binary, picture.added, picture.hunks) == (True, None, ())
    assert (found["hello"].status, found["hello"].new_mode) == ("deleted", None)
    assert told(session).summary.binary == 1


def test_paths_may_hold_every_byte(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    raw = bytes(set(range(1, 256)) - {ord("/")})
    names = [raw[:120], raw[120:], b"\x1b[31mred", b" ", b"-rf", b":(top)", b"\xff", "ü".encode()]
    for name in names:
        Path(os.fsdecode(bytes(os.fsencode(work)) + b"/" + name)).write_text("x\n")
    found = told(session, "files").files
    shown = {
        base64.b64decode(each.path_base64) if each.path_base64 else each.path.encode()
        for each in found
    }
    assert shown == set(names)
    assert all(len(each.hunks or ()) == 1 for each in found)
    assert "\\xff" in {each.path for each in found}


def test_neither_index_nor_repository_is_touched(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    (work / "new").write_text("something nobody has yet\n")
    before = state(home.place / ".git")
    assert told(session).summary.files == 1
    assert state(home.place / ".git") == before


def test_a_lock_on_the_index_and_a_merge_under_way_stand_in_nobodys_way(
    home: Repository, work: Path
) -> None:
    session = worktree(home, work)
    home.commit(hello="theirs\n")
    home.commit(at=work, hello="mine\n")
    with pytest.raises(AssertionError):
        home.git("merge", "main", at=work)
    Path(home.git("rev-parse", "--absolute-git-dir", at=work), "index.lock").touch()
    assert "<<<<<<<" in str(told(session).text)


def test_no_program_of_the_repository_is_run(home: Repository, work: Path, tmp_path: Path) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {canary}\ncat "$1"\n')
    trap.chmod(0o755)
    session = worktree(home, work)
    for name in (
        "diff.external", "diff.mine.command", "diff.mine.textconv", "core.fsmonitor", "core.pager",
        "pager.diff-tree", "pager.diff", "interactive.diffFilter",
    ):  # fmt: skip
        home.git("config", name, str(trap))
    (work / ".gitattributes").write_text("* diff=mine\n")
    (work / "hello").write_text("changed\n")
    assert "+changed" in str(told(session).text)
    assert told(session, "files").summary.files == 2
    assert not canary.exists(), canary.read_text()


def test_settings_of_the_user_change_nothing(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    (work / "hello").write_text("hello\n\nchanged\n")
    plain = told(session).text
    for name, value in (
        ("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("color.ui", "always"),
        ("diff.context", "0"), ("diff.renames", "false"), ("diff.submodule", "log"),
        ("diff.relative", "true"), ("core.quotePath", "true"), ("diff.wsErrorHighlight", "all"),
        ("diff.suppressBlankEmpty", "false"), ("diff.orderFile", "/nowhere"),
    ):  # fmt: skip
        home.git("config", name, value)
    assert told(session).text == plain


def test_what_is_told_is_bounded_and_says_so(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    for number in range(9):
        (work / f"file {number}").write_text(f"{number} line\n" * 100)
    cut = told(session, most=2000)
    assert cut.is_cut
    assert 1000 < len(cut.text or "") <= 2000
    assert (cut.text or "").endswith("\n")
    assert (cut.summary.files, cut.summary.added, len(cut.files)) == (9, 900, 9)
    hunks = told(session, "files", most=2000)
    assert hunks.is_cut
    assert [each.hunks is None for each in hunks.files] == [False] * 2 + [True] * 7
    alone = told(session, "summary", most=1)
    assert (alone.is_cut, alone.text, alone.files[0].hunks) == (False, None, None)
    for number in range(FILES):
        (work / f"more {number}").touch()
    many = told(session, "summary")
    assert (many.summary.files, len(many.files), many.is_cut) == (FILES + 9, FILES, True)


@pytest.mark.parametrize("read", [1 << 24, 100_000])
def test_a_large_file_leaves_the_others_their_share(
    home: Repository, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    monkeypatch.setattr(module, "READ_BYTES", read)
    for name in ("a", "c"):
        (home.place / name).write_text(f"small {name}\n")
    (home.place / "b").write_text("a line of a large file\n" * 20_000)
    found = told(quick(home.place), most=10_000)
    text = found.text or ""
    assert found.is_cut
    assert 9000 < len(text) <= 10_000
    for line in ("+small a", "+a line of a large file", "+small c"):
        assert f"{line}\n" in text
    assert "more of this file is not told" in text
    a, b, c = told(quick(home.place), "files", most=10_000).files
    assert (bool(a.hunks), b.hunks, bool(c.hunks)) == (True, None, True)


def test_a_quick_session_is_told_against_its_head(home: Repository) -> None:
    (home.place / "folder").mkdir()
    (home.place / "new").write_text("x\n")
    found = told(quick(home.place / "folder"))
    assert (found.base, found.branch, found.summary.files) == (home.head, "main", 1)


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty", is_empty=True)
    (empty.place / "new").write_text("x\n")
    found = told(quick(empty.place))
    assert (found.base, found.head, found.branch) == (None, None, "main")
    assert [each.status for each in found.files] == ["added"]


def test_submodules_show_their_commit_and_other_repositories_are_named(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner")
    home.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
             str(inner.place), "sub", at=work)  # fmt: skip
    home.commit(at=work)
    session = worktree(home, work, base_commit=home.git("rev-parse", "HEAD", at=work))
    home.git("-c", "user.name=x", "-c", "user.email=x", "commit", "--quiet", "--allow-empty",
             "--message=x", at=work / "sub")  # fmt: skip
    Repository(work / "nested")
    found = told(session)
    assert [(each.path, each.new_mode) for each in found.files] == [("sub", "160000")]
    assert "+Subproject commit" in str(found.text)
    assert found.left_out == ("nested/",)


def test_without_files_of_git_it_is_refused_with_what_helps(
    home: Repository, work: Path, tmp_path: Path
) -> None:
    plain = refused(quick(tmp_path))
    assert (plain.code, "run git init" in plain.message) == ("not-in-git", True)
    bare = Repository(tmp_path / "bare.git", "--bare", is_empty=True)
    assert "bare repository" in refused(quick(bare.place)).message
    session = worktree(home, work)
    assert refused(worktree(home, work, base_commit="1" * 40)).code == "base-not-found"
    assert refused(worktree(home, work, base_commit="--output=x")).code == "base-not-found"
    home.place.rename(tmp_path / "moved")
    assert "git worktree repair" in refused(session).message
    (tmp_path / "moved").rename(home.place)
    shutil.rmtree(work)
    gone = refused(session)
    assert (gone.code, "is gone" in gone.message) == ("directory-missing", True)


def test_an_older_session_without_a_base_is_told_against_its_head(
    home: Repository, work: Path
) -> None:
    home.commit(at=work, more="x")
    (work / "new").write_text("x\n")
    found = told(worktree(home, work, base_commit=None))
    assert [each.path for each in found.files] == ["new"]


def test_a_filter_that_is_missing_is_said(home: Repository, work: Path) -> None:
    session = worktree(home, work)
    home.git("config", "filter.lfs.clean", "no-such-program")
    home.git("config", "filter.lfs.required", "true")
    (work / ".gitattributes").write_text("*.bin filter=lfs\n")
    (work / "a.bin").write_text("x")
    found = refused(session)
    assert found.code == "git-failed"
    assert "lfs" in found.message
