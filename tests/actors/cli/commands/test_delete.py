import json

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

REASONS = [
    {
        "code": "untracked",
        "message": "12 files not in git",
        "examples": [f"file \x1b[31m{number}" for number in range(12)],
        "count": 12,
        "forceable": True,
    },
    {"code": "stash", "message": "1 stash made here", "examples": ["stash@{0}: x"], "count": 1},
]


def test_a_deleted_session_is_said(run: Run, serve: Serve) -> None:
    serve(yes({"deleted": True}))
    assert run("delete", "a").out == "a is deleted\n"


def test_one_that_is_not_there_is_a_failure(run: Run, serve: Serve) -> None:
    serve(yes({"deleted": False}))
    outcome = run("delete", "a")
    assert outcome.status == 1
    assert "nothing was deleted" in outcome.err


@pytest.mark.parametrize("flag", ["--keep-worktree", "--force", "--delete-branch"])
def test_each_flag_is_asked_for(run: Run, serve: Serve, flag: str) -> None:
    daemon = serve(yes({"deleted": True}))
    assert run("delete", "a", flag).status == 0
    (request,) = daemon.requests
    del request["id"]
    name = flag.removeprefix("--").replace("-", "_")
    assert request == {"type": "delete-session", "session": "a", name: True}


def test_flags_that_contradict_each_other_are_refused(run: Run) -> None:
    assert run("delete", "a", "--keep-worktree", "--force").status == 2


def test_each_reason_is_listed_before_what_to_do(run: Run, serve: Serve) -> None:
    text = "the worktree /w is not safe to remove; --force keeps a copy"
    serve(no("worktree-not-safe", text, data={"reasons": REASONS}))
    outcome = run("delete", "a")
    assert (outcome.status, outcome.out) == (1, "")
    lines = outcome.err.splitlines()
    assert lines[:2] == ["12 files not in git", r"  file \x1b[31m0"]
    assert lines[11:14] == ["  and 2 more", "1 stash made here", "  stash@{0}: x"]
    assert lines[-1] == f"greenroom: {text}"
    assert "\x1b" not in outcome.err


def test_as_json_the_refusal_is_passed_on(run: Run, serve: Serve) -> None:
    serve(no("worktree-not-safe", "not safe", data={"reasons": REASONS}))
    outcome = run("delete", "a", "--json")
    assert json.loads(outcome.out)["error"]["data"]["reasons"] == REASONS


def test_what_was_removed_is_said_and_how_to_undo_it(run: Run, serve: Serve) -> None:
    worktree = {
        "removed": True,
        "path": "/w",
        "repository": "/r",
        "ref": "refs/greenroom/recovery/abc/1",
        "branch": "work",
        "branch_deleted": True,
        "ignored": ["a.log"],
        "ignored_count": 3,
        "notes": ["it grumbled"],
    }
    serve(yes({"deleted": True, "worktree": worktree}))
    outcome = run("delete", "a")
    assert outcome.out.splitlines() == [
        "a is deleted",
        "its worktree /w is removed",
        "its branch work is deleted",
        "gone for good, for git ignores them: a.log and 2 more",
        "all else is kept in refs/greenroom/recovery/abc/1 of /r",
        "undo it with: greenroom restore 'a'",
    ]
    assert outcome.err == "it grumbled\n"


@pytest.mark.parametrize(
    "note", ["the branch work stays, for it is not merged", "the branch work stays: git fell"]
)
def test_a_branch_that_stays_for_a_reason_is_told_once(run: Run, serve: Serve, note: str) -> None:
    worktree = {"removed": True, "path": "/w", "repository": "/r", "ref": "x", "branch": "work",
                "branch_deleted": False, "notes": [note]}  # fmt: skip
    serve(yes({"deleted": True, "worktree": worktree}))
    outcome = run("delete", "a", "--delete-branch")
    assert outcome.err == f"{note}\n"
    assert "work stays" not in outcome.out


def test_a_reason_without_examples_is_one_and_no_more(run: Run, serve: Serve) -> None:
    reason = {"code": "unknown", "message": "it cannot be told", "examples": [], "count": 1}
    serve(no("worktree-not-safe", "not safe", data={"reasons": [reason]}))
    assert "more" not in run("delete", "a").err


def test_a_worktree_that_stays_is_said(run: Run, serve: Serve) -> None:
    serve(yes({"deleted": True, "worktree": {"removed": False, "path": "/w", "why": "it is gone"}}))
    assert "the worktree /w stays: it is gone" in run("delete", "a").err
