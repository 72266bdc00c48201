import json

import pytest

from actors.cli.command import split_number
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import yes

FORK = {
    "id": "bbbb", "title": "fork of Talk", "type": "quick", "location_path": "/work",
    "message_count": 4, "forked_from": {"session_id": "aaaa", "n": 8, "tree_n": None},
    "location_exists": True, "workers": [{"type": "conversation"}],
}  # fmt: skip
TREE = {
    **FORK,
    "type": "worktree",
    "worktree_path": "/trees/b",
    "location_path": "/trees/b",
    "branch": "b",
}


def test_a_number_goes_with_the_session(run: Run, serve: Serve) -> None:
    daemon = serve(yes(FORK))
    out = run("fork", "Talk@9", "--title", "Other").out
    asked = {key: value for key, value in daemon.requests[0].items() if key != "id"}
    assert asked == {"type": "fork-session", "session": "Talk", "at": 9, "title": "Other"}
    assert out == (
        "fork of Talk bbbb is a fork of aaaa at number 8 (no later round had ended by 9), with"
        " 4 messages\n"
        "it works in the same directory, /work, whose files are as they are now\n"
        "go on with: greenroom send bbbb TEXT\n"
    )


def test_without_a_conversation_nothing_can_be_sent(run: Run, serve: Serve) -> None:
    serve(yes({**FORK, "workers": []}))
    out = run("fork", "Talk").out
    assert "it has no conversation; see: greenroom worker add bbbb --help\n" in out
    assert "greenroom send" not in out


@pytest.mark.parametrize("reference", ["Talk@0", "Talk@000"])
def test_numbers_begin_at_one(run: Run, reference: str) -> None:
    outcome = run("fork", reference)
    assert outcome.status == 2
    assert "numbers begin at 1; greenroom history Talk shows at which" in outcome.err


BASE = "the files of its base, without commits and changes since: none of that time were kept"
NEWEST = "the files of number 5, the newest that were kept by then"
WHY = ": a round is under way there, or its directory has gone"


@pytest.mark.parametrize(
    ("session", "tree", "files", "text"),
    [
        ("Talk@8", 8, None, "the files of that time"),
        ("Talk@8", 5, None, NEWEST),
        ("Talk@9", 9, None, "the files that aaaa began with"),
        ("Talk@8", None, None, BASE),
        ("Talk", None, None, BASE),
        ("Talk", 9, "now", "the files as they are now"),
        ("Talk", 8, None, f"the files of number 8, the newest that were kept by then{WHY}"),
        ("Talk", 9, None, f"the files that aaaa began with{WHY}"),
        ("Talk", 5, None, f"{NEWEST}{WHY}"),
        (
            "Talk",
            9,
            "mid-round",
            "the files as they are now, in the middle of a round, for none were kept before it",
        ),
    ],
)
def test_it_says_of_which_number_its_files_are(
    run: Run, serve: Serve, session: str, tree: int | None, files: str | None, text: str
) -> None:
    forked_from = {"session_id": "aaaa", "n": 8, "tree_n": tree, "files": files}
    serve(yes({**TREE, "forked_from": forked_from}))
    assert f"its worktree /trees/b, branch b, has {text}\n" in run("fork", session).out


def test_it_says_where_below_the_top_it_works(run: Run, serve: Serve) -> None:
    serve(yes({**TREE, "location_path": "/trees/b/deep/er"}))
    assert "; it works in /trees/b/deep/er\n" in run("fork", "Talk").out


def test_the_answer_as_json(run: Run, serve: Serve) -> None:
    serve(yes(FORK))
    assert json.loads(run("fork", "aaaa", "--json").out)["data"] == FORK


@pytest.mark.parametrize(
    ("written", "session", "at"),
    [
        ("me@home", "me@home", {}),
        ("me@5", "me", {"at": 5}),
        ("me@5@", "me@5", {}),
        ("@5", "@5", {}),
        ("me@x@7", "me@x", {"at": 7}),
        ("me@" + "9" * 5000, "me", {"at": 10**18 - 1}),
    ],
)
def test_titles_with_an_at_sign_can_be_named(
    written: str, session: str, at: dict[str, int]
) -> None:
    assert split_number(written) == (session, at)
