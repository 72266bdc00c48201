"""Two hundred hostile names of branches, bases and directories, and everything that a repository
can name to be run: each is used or refused, nothing lies outside, nothing is left, nothing runs.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from storage import making
from storage.records.request import Answer
from tests.actors.git.places import commit, do, new_repository
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House

_PIECES = (
    *("..", "../..", "/etc/passwd", "~", "~root", "$HOME", "`id`", "$(id)", ";id", "|id", "&&id"),
    *(" ", "a b", " a", "a ", "\t", "\n", "a\nb", "\r", "\x1b[2J", "\x07", "\x7f", "\u202eb"),
    *("*", "?", "[a]", "{a,b}", "a:b", "a^", "a~1", "a\\b", "'", '"', "a'b", "%s", "%00", "#"),
    *("@", "@{-1}", "@{u}", "a@{0}", ".git", ".git/hooks", "a.lock", "a/.lock", ".a", "a.", "a//b"),
    *("HEAD", "FETCH_HEAD", "refs/heads/x", "refs/stash", "ORIG_HEAD", "-", "--", "-b", "--force"),
    *("--upload-pack=id", "-c core.pager=id", "--exec-path=/tmp", "ext::sh -c id", "file:///etc"),
    *("ä", "日本", "é\u0301", "👩‍💻", "\u200b", "\ufeffa", "ﬀ", "\U0010ffff", "a\u2028b", "İ"),
    *("a" * 200, "a" * 201, "a" * 5000, "日" * 90, "a/" * 60 + "a", "0" * 40, "f" * 64, "a" * 255),
    *("CON", "nul", "con.txt", "a" * 80 + ".git", ".", "/", "//", "\\\\server\\share", "C:\\x"),
)
BRANCHES = [form.format(piece) for form in ("{}", "x/{}") for piece in _PIECES]
BASES = [piece for piece in _PIECES if piece][:60]
DIRECTORIES = [
    *("-x", "--git-dir=x", "a b", " ", "ä", "日本", "$(id)", "`id`", "a'b", 'a"b', "a;b", "a|b"),
    *("*", "?", "[a]", "a\nb", "a\tb", "\x1b[2J", "\u202ea", "x.git", ".hidden", "...", "~", "%s"),
    *("a" * 200, "👩‍💻", "a\\b", "a:b", "@", "{{BRANCH}}", "é\u0301", "HEAD", ".bare", "con"),
]  # fmt: skip


def wanted(shop: Path, **fields: Any) -> dict[str, Any]:
    return {
        "type": "create-session",
        "session_type": "worktree",
        "repository": str(shop),
        **fields,
    }


def below(place: Path) -> set[Path]:
    return set(place.iterdir())


def answers(greenroom: House, requests: list[dict[str, Any]]) -> list[Answer]:
    asked = [greenroom.post(request) for request in requests]
    return [future.result(120) for future in asked]


def check(greenroom: House, answer: Answer) -> str | None:
    """Its worktree lies in the root, whole; or the refusal is a sentence. The branch, if any."""
    if answer.error is not None:
        assert answer.error.message
        assert answer.error.code not in {"internal-error", "git-failed"}, answer.error
        return None
    place = Path(answer.data.worktree_path).resolve()
    assert place.parent.parent == greenroom.data.worktrees.resolve()
    assert (place / "file-0").read_text() == "content 0\n"
    branch: str = answer.data.branch
    return branch


def test_there_are_two_hundred() -> None:
    assert len(BRANCHES) + len(DIRECTORIES) >= 200


def test_every_name_of_a_branch_is_used_or_refused(greenroom: House, tmp_path: Path) -> None:
    shop = new_repository(tmp_path / "shop")
    before = below(tmp_path)
    told = answers(greenroom, [wanted(shop, branch=name) for name in BRANCHES])
    made = [check(greenroom, answer) for answer in told]
    used = {branch for branch in made if branch}
    assert 20 < len(used) < len(BRANCHES)
    assert below(tmp_path) == before
    named = do(shop, "for-each-ref", "--format=%(refname)", "refs/heads").split("\n")
    assert set(named) == {f"refs/heads/{name}" for name in used | {"main"}}
    assert len(list((greenroom.data.worktrees / "shop").iterdir())) == len(used)
    eventually(lambda: not list(making.found(greenroom.data)))


def test_every_base_is_used_or_refused(greenroom: House, tmp_path: Path) -> None:
    shop = new_repository(tmp_path / "shop")
    before = below(tmp_path)
    requests = [wanted(shop, branch=f"b{n}", base=base) for n, base in enumerate(BASES)]
    used = [check(greenroom, answer) for answer in answers(greenroom, requests)]
    assert {branch for branch in used if branch} <= {
        f"b{n}" for n, base in enumerate(BASES) if base in {"@", "HEAD"}
    }
    assert below(tmp_path) == before


def test_every_name_of_a_directory_is_used(greenroom: House, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    places = [new_repository(tmp_path / "all" / name) for name in DIRECTORIES]
    before = below(tmp_path)
    told = answers(greenroom, [wanted(place, branch="x") for place in places])
    assert [check(greenroom, answer) for answer in told] == ["x"] * len(places)
    assert [answer.data.repository for answer in told] == [str(place) for place in places]
    assert below(tmp_path) == before


@pytest.mark.parametrize("root", ["a b", "日本", "-x", "$(id)", "a'b", "x.git"])
def test_every_root_is_used(greenroom: House, tmp_path: Path, root: str) -> None:
    shop = new_repository(tmp_path / "shop")
    greenroom.write_workspace({"worktrees": {"root": str(tmp_path / root)}})
    (answer,) = answers(greenroom, [wanted(shop, branch="x")])
    assert answer.ok, answer.error
    assert answer.data.worktree_path == str(tmp_path / root / "shop" / "x")


# Canaries.


def armed(shop: Path, trap: Path) -> None:
    """A repository that would have everything run that it can name, but filters."""
    hooks = shop / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        *("post-checkout", "reference-transaction", "post-index-change", "pre-commit"),
        *("post-merge", "fsmonitor-watchman", "pre-auto-gc", "sendemail-validate"),
    ):
        (hooks / name).unlink(missing_ok=True)
        (hooks / name).symlink_to(trap)
    for name, value in (
        ("core.hooksPath", str(hooks)),
        ("core.fsmonitor", str(trap)),
        ("core.pager", str(trap)),
        ("core.editor", str(trap)),
        ("core.sshCommand", str(trap)),
        ("core.askPass", str(trap)),
        ("core.gitProxy", str(trap)),
        ("core.alternateRefsCommand", str(trap)),
        ("credential.helper", str(trap)),
        ("diff.external", str(trap)),
        ("gpg.program", str(trap)),
        ("uploadpack.packObjectsHook", str(trap)),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("submodule.recurse", "true"),
        ("remote.origin.url", f"ext::{trap}"),
        ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
        ("remote.origin.promisor", "true"),
        ("extensions.worktreeConfig", "true"),
        ("alias.worktree", f"!{trap}"),
        ("alias.update-ref", f"!{trap}"),
    ):
        do(shop, "config", name, value)


def test_nothing_that_a_repository_names_is_run(greenroom: House, tmp_path: Path) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {canary}\n')
    trap.chmod(0o755)
    shop = new_repository(tmp_path / "shop")
    rules = {"setup": [str(trap)], "cleanup": [str(trap)], "copy": [f"$({trap})", f"ext::{trap}"]}
    commit(shop, ".greenroom/worktree.json", json.dumps(rules))
    commit(shop, ".greenroom/templates/x", f"$({trap}) `{trap}` {{{{BRANCH}}}} ext::{trap}")
    commit(shop, ".gitmodules", f'[submodule "s"]\n\tpath = s\n\turl = ext::{trap}\n')
    do(shop, "update-ref", "refs/remotes/origin/theirs", "main")
    do(shop, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/theirs")
    armed(shop, trap)
    requests = [
        wanted(shop, branch="one"),
        wanted(shop, branch="theirs"),
        wanted(shop, base=f"ext::{trap}"),
        wanted(shop, branch=f"ext::{trap}"),
        {**wanted(shop, branch="y"), "repository": f"ext::{trap}"},
    ]
    told = answers(greenroom, requests)
    assert [answer.ok for answer in told] == [True, True, False, False, False]
    for answer in told[:2]:
        place = Path(answer.data.worktree_path)
        assert (place / "x").read_text().startswith(f"$({trap})")
        setup = answer.data.workers[-1]
        assert (setup.name, setup.status, setup.process) == ("setup", "stopped", None)
    greenroom.again()
    assert not canary.exists(), canary.read_text()
