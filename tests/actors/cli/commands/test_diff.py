"""`diff` against a scripted daemon: what is asked for, and what a screen may get."""

import json

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import Json, yes

PATCH = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\x1b]0;all\x07\n+new\x1b[2J\tü\n"
FILE = {"path": "x\x1b[2J", "status": "modified", "old_mode": "100644", "new_mode": "100644",
        "added": 1, "removed": 1}  # fmt: skip
DIFF: Json = {"base": "1" * 40, "files": [FILE], "text": PATCH, "is_cut": False, "left_out": [],
              "summary": {"files": 1, "added": 1, "removed": 1, "binary": 0}}  # fmt: skip


def test_a_patch_is_shown_with_what_a_screen_would_obey_as_escapes(run: Run, serve: Serve) -> None:
    daemon = serve(yes(DIFF))
    outcome = run("diff", "Fix it")
    assert outcome.status == 0
    assert outcome.out.splitlines()[-2:] == [r"-old\x1b]0;all\x07", r"+new\x1b[2J    ü"]
    (request,) = daemon.requests
    assert (request["type"], request["session"], request["form"]) == ("get-diff", "Fix it", "text")


def test_a_title_that_ends_in_a_number_can_be_named(run: Run, serve: Serve) -> None:
    daemon = serve(yes(DIFF))
    run("diff", "meet@5@")
    run("diff", "meet@5@", "--patch")
    assert [each["session"] for each in daemon.requests] == ["meet@5", "meet@5"]


def test_stat_is_a_line_for_each_file(run: Run, serve: Serve) -> None:
    daemon = serve(yes({**DIFF, "text": None}))
    assert run("diff", "a", "--stat").out == (
        "  x\\x1b[2J  +1 -1\n1 file changed since 111111111111, 1 line added, 1 removed\n"
    )
    assert daemon.requests[0]["form"] == "summary"


def test_in_json_there_are_the_hunks(run: Run, serve: Serve) -> None:
    daemon = serve(yes(DIFF))
    assert json.loads(run("diff", "a", "--json").out)["data"] == DIFF
    assert daemon.requests[0]["form"] == "files"


def test_a_patch_for_git_is_as_it_is(run: Run, serve: Serve) -> None:
    daemon = serve(yes(DIFF))
    assert run("diff", "a", "--patch").out == PATCH
    assert daemon.requests[0]["form"] == "patch"
    for other in ("--stat", "--json"):
        refused = run("diff", "a", "--patch", other)
        assert refused.status == 2
        assert "not both at once" in refused.err + refused.out


def test_half_a_patch_is_not_written(run: Run, serve: Serve) -> None:
    serve(yes({**DIFF, "is_cut": True, "path": "/trees/a", "left_out": ["nested/"]}))
    outcome = run("diff", "a", "--patch")
    assert (outcome.status, outcome.out) == (1, "")
    shown = run("diff", "a")
    assert shown.status == 0
    assert f"git add -N has named them: git -C /trees/a diff {'1' * 40}\n" in shown.err
    assert "nested/ is a repository of its own" in shown.err


def test_a_number_is_for_a_fork(run: Run) -> None:
    outcome = run("diff", "talk@7")
    assert outcome.status == 2
    assert "greenroom fork talk@7 has the files of that number" in outcome.err


def test_nothing_changed_is_said(run: Run, serve: Serve) -> None:
    serve(yes({**DIFF, "files": [], "text": "", "summary": {"files": 0}}))
    assert run("diff", "a").out == "nothing changed since 111111111111\n"
