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
TREE = {**FORK, "type": "worktree", "worktree_path": "/trees/b", "branch": "b"}


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


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (8, "has the files of that time"),
        (5, "has the files of number 5, the newest that were kept by then"),
        (9, "has the files as they are now"),
        (
            None,
            (
                "has the files of its base, without commits and changes since: none of that time"
                " were kept"
            ),
        ),
    ],
)
def test_it_says_of_which_number_its_files_are(
    run: Run, serve: Serve, tree: int | None, text: str
) -> None:
    serve(yes({**TREE, "forked_from": {"session_id": "aaaa", "n": 8, "tree_n": tree}}))
    assert f"its worktree /trees/b, branch b, {text}\n" in run("fork", "Talk").out


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
