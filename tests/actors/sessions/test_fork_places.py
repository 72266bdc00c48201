"""A fork has the files of its time, in a worktree of its own; where none were kept it says so."""

from pathlib import Path
from typing import Any

import pytest

from actors.git import worktrees
from actors.git.kept_trees import kept_trees
from storage import making
from storage.records.worktree import WorktreePlan
from tests.actors.git.places import commit, do, git_in, new_repository
from tests.actors.sessions.test_forking import fork, numbers
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.storage.listing import listed

EVER = 10**9


def rounds(running: House, session_id: str, place: Path, *texts: str, **settings: Any) -> list[int]:
    """Each writes the file `said` before it ends; the numbers that ended them."""
    running.converse([{"reply": [{"text": text}]} for text in texts], **settings)
    for text in texts:
        (place / "said").write_text(text)
        running.get("request", session=session_id, content=text)
        running.room.around.trees.wait(session_id)
    return numbers(running, session_id)


@pytest.fixture
def repository(greenroom: House) -> Path:
    do(greenroom.place, "init", "--quiet", "--initial-branch=main")
    commit(greenroom.place, "file", "committed\n")
    return greenroom.place


def worktree_session(running: House, **more: Any) -> Any:
    fields = {"session_type": "worktree", "repository": str(running.place), "config": {}, **more}
    return running.get("create-session", **fields)


def test_a_quick_session_in_a_repository_is_forked_into_a_worktree(
    greenroom: House, repository: Path
) -> None:
    session_id = greenroom.create(config={})["id"]
    first, second = rounds(greenroom, session_id, repository, "one", "two")
    (repository / "said").write_text("three")
    head = do(repository, "rev-parse", "HEAD")
    for n, text in ((first, "one"), (second, "two")):
        made = fork(greenroom, session_id, at=n, title=f"at {text}")
        place = Path(made["worktree_path"])
        assert (made["type"], made["forked_from"]["tree_n"]) == ("worktree", n)
        assert (place / "said").read_text() == text
        assert (place / "file").read_text() == "committed\n"
        assert do(place, "rev-parse", "HEAD") == head == made["base_commit"]
        assert do(place, "status", "--porcelain") == "?? said"
        assert made["location_path"] == str(place)
    assert (repository / "said").read_text() == "three"
    assert do(repository, "branch", "--show-current") == "main"


def test_a_worktree_session_is_forked_onto_a_branch_of_its_own(
    greenroom: House, repository: Path
) -> None:
    origin = worktree_session(greenroom, branch="topic", base="main")
    place = Path(origin["worktree_path"])
    session_id = origin["id"]
    (first,) = rounds(greenroom, session_id, place, "one")
    commit(place, "more", "later\n")
    made = fork(greenroom, session_id, at=first, branch="other")
    own = Path(made["worktree_path"])
    assert made["branch"] == do(own, "branch", "--show-current") == "other"
    assert (own / "said").read_text() == "one"
    assert not (own / "more").exists()
    assert (made["base_commit"], made["base_branch"]) == (origin["base_commit"], "main")
    assert made["number"] != origin["number"]
    assert do(place, "log", "-1", "--format=%s") == "add more"
    greenroom.converse([{"reply": [{"text": "on"}]}])
    assert greenroom.get("request", session=made["id"], content="on")["status"] == "completed"


def test_without_a_tree_of_its_time_it_takes_the_newest_before_or_the_base(
    greenroom: House, repository: Path
) -> None:
    origin = worktree_session(greenroom)
    place = Path(origin["worktree_path"])
    first, second = rounds(greenroom, origin["id"], place, "one", "two")
    do(repository, "update-ref", "-d", f"refs/greenroom/{origin['id']}/{second}")
    older = fork(greenroom, origin["id"], at=second)
    assert (older["forked_from"]["n"], older["forked_from"]["tree_n"]) == (second, first)
    assert (Path(older["worktree_path"]) / "said").read_text() == "one"
    early = fork(greenroom, origin["id"], at=1)
    assert early["forked_from"] == {
        "session_id": origin["id"],
        "n": 1,
        "tree_n": None,
        "files": None,
    }
    assert listed(Path(early["worktree_path"])) == [".git", "file"]


def test_where_nobody_wants_them_no_files_are_kept(greenroom: House, repository: Path) -> None:
    origin = worktree_session(greenroom)
    (first,) = rounds(greenroom, origin["id"], Path(origin["worktree_path"]), "one",
                      worktrees={"keep_rounds": False})  # fmt: skip
    assert kept_trees(git_in(repository), origin["id"], EVER) == []
    assert fork(greenroom, origin["id"], at=first)["forked_from"]["tree_n"] is None


@pytest.mark.parametrize("kind", ["terminal", "conversation", "quick"])
def test_without_a_number_it_has_the_commits_and_the_files_of_now(
    greenroom: House, repository: Path, kind: str
) -> None:
    config: dict[str, Any] | None = {} if kind == "conversation" else None
    if kind == "quick":
        origin, place = greenroom.create(), repository
    else:
        origin = worktree_session(greenroom, branch="topic", config=config)
        place = Path(origin["worktree_path"])
    head = commit(place, "more", "later\n")
    (place / "new").write_text("not committed\n")
    made = fork(greenroom, origin["id"])
    own, n = Path(made["worktree_path"]), made["forked_from"]["n"]
    assert do(own, "rev-parse", "HEAD") == head
    assert (own / "new").read_text() == "not committed\n"
    assert (made["forked_from"]["tree_n"], made["forked_from"]["files"]) == (n + 1, "now")
    assert [each.n for each in kept_trees(git_in(repository), made["id"], EVER)] == [n + 1]
    assert do(place, "status", "--porcelain") == "?? new"


@pytest.fixture
def half_done(greenroom: House, repository: Path) -> Any:
    """Begins a round of a session that has changed a file and does not end."""

    def begin(session: Any) -> None:
        greenroom.converse([{"reply": [{"text": "late", "delay": 600}]}])
        greenroom.get("request", session=session["id"], content="more", wait=False)
        eventually(lambda: turns_of(greenroom, session) == 1)
        Path(session["location_path"], "said").write_text("half")

    return begin


def turns_of(running: House, session: Any) -> int:
    """How many were begun in the last round."""
    return len(running.get("get-history", session=session["id"])["rounds"][-1]["turns"])


def test_while_a_round_is_under_way_a_fork_has_the_files_of_the_last_that_ended(
    greenroom: House, repository: Path, half_done: Any
) -> None:
    origin = worktree_session(greenroom)
    (first,) = rounds(greenroom, origin["id"], Path(origin["worktree_path"]), "one")
    half_done(origin)
    made = fork(greenroom, origin["id"])
    assert (Path(made["worktree_path"]) / "said").read_text() == "one"
    assert (made["forked_from"]["tree_n"], made["forked_from"]["files"]) == (first, None)


def test_where_none_were_kept_before_the_round_it_says_that_they_are_half_done(
    greenroom: House, repository: Path, half_done: Any
) -> None:
    origin = worktree_session(greenroom)
    half_done(origin)
    made = fork(greenroom, origin["id"])
    assert (Path(made["worktree_path"]) / "said").read_text() == "half"
    assert made["forked_from"]["files"] == "mid-round"
    own = fork(greenroom, made["id"], at=made["forked_from"]["n"] + 1)
    assert (Path(own["worktree_path"]) / "said").read_text() == "half"


def test_a_fork_at_its_own_first_number_has_the_files_that_it_began_with(
    greenroom: House, repository: Path, half_done: Any
) -> None:
    origin = worktree_session(greenroom)
    place = Path(origin["worktree_path"])
    rounds(greenroom, origin["id"], place, "one")
    (place / "said").write_text("since")
    made = fork(greenroom, origin["id"])
    (Path(made["worktree_path"]) / "said").write_text("later")
    greenroom.get("update-session", session=made["id"], updates={"title": "Other"})
    first = made["forked_from"]["n"] + 1
    for at in (first, first + 1):
        own = fork(greenroom, made["id"], at=at)
        assert (Path(own["worktree_path"]) / "said").read_text() == "since"
        assert own["forked_from"]["tree_n"] == first
    half_done(made)
    under_way = fork(greenroom, made["id"])
    assert (Path(under_way["worktree_path"]) / "said").read_text() == "since"
    assert under_way["forked_from"]["files"] is None


def test_one_whose_repository_has_moved_says_what_helps(greenroom: House, repository: Path) -> None:
    shop = new_repository(repository.parent / "moving")
    origin = worktree_session(greenroom, repository=str(shop))
    shop.rename(repository.parent / "moved")
    answer = greenroom.ask({"type": "fork-session", "session": origin["id"]})
    assert answer.error is not None
    assert f"ln -s NEW {shop}, or run in its new place: git worktree repair " in (
        answer.error.message
    )
    assert "Errno" not in answer.error.message


def test_a_fork_of_a_fork_has_the_trees_of_both(greenroom: House, repository: Path) -> None:
    session_id = greenroom.create(config={})["id"]
    first, _ = rounds(greenroom, session_id, repository, "one", "two")
    made = fork(greenroom, session_id)
    (*_, third) = rounds(greenroom, made["id"], Path(made["worktree_path"]), "three")
    trees = kept_trees(git_in(repository), made["id"], EVER)
    assert (trees[0].n, trees[-1].n, len(trees)) == (first, third, 4)
    early = fork(greenroom, made["id"], at=first)
    assert (Path(early["worktree_path"]) / "said").read_text() == "one"
    late = fork(greenroom, made["id"])
    assert (Path(late["worktree_path"]) / "said").read_text() == "three"


def test_what_was_staged_then_is_staged_in_the_fork(greenroom: House, repository: Path) -> None:
    session_id = greenroom.create(config={})["id"]
    (repository / "file").write_text("staged\n")
    do(repository, "add", "file")
    (repository / "file").write_text("changed after\n")
    rounds(greenroom, session_id, repository, "one")
    place = Path(fork(greenroom, session_id)["worktree_path"])
    assert do(place, "status", "--porcelain") == "MM file\n?? said"
    assert do(place, "show", ":file") == "staged"


def test_one_that_works_below_the_top_does_so_in_its_fork(
    greenroom: House, repository: Path
) -> None:
    below = repository / "deep" / "er"
    below.mkdir(parents=True)
    session_id = greenroom.create(location_path=str(below), config={})["id"]
    rounds(greenroom, session_id, below, "one")
    made = fork(greenroom, session_id)
    assert made["location_path"] == f"{made['worktree_path']}/deep/er"
    assert (Path(made["location_path"]) / "said").read_text() == "one"


def test_a_fork_of_one_that_works_below_the_top_does_so_too(
    greenroom: House, repository: Path
) -> None:
    below = repository / "deep" / "er"
    below.mkdir(parents=True)
    session_id = greenroom.create(location_path=str(below), config={})["id"]
    rounds(greenroom, session_id, below, "one")
    again = fork(greenroom, fork(greenroom, session_id)["id"])
    assert again["location_path"] == f"{again['worktree_path']}/deep/er"
    assert (Path(again["location_path"]) / "said").read_text() == "one"


def test_a_directory_that_git_has_nothing_of_is_made_in_the_fork(
    greenroom: House, repository: Path
) -> None:
    below = repository / "empty" / "er"
    below.mkdir(parents=True)
    session_id = greenroom.create(location_path=str(below), config={})["id"]
    made = fork(greenroom, session_id)
    assert made["location_path"] == f"{made['worktree_path']}/empty/er"
    assert Path(made["location_path"]).is_dir()
    assert do(Path(made["worktree_path"]), "status", "--porcelain") == ""


def test_a_link_in_the_place_of_its_directory_is_not_followed(
    greenroom: House, repository: Path, tmp_path: Path
) -> None:
    (repository / "deep").mkdir()
    session_id = greenroom.create(location_path=str(repository / "deep"), config={})["id"]
    made = fork(greenroom, session_id)
    tree = Path(made["worktree_path"])
    (tree / "deep").rmdir()
    (tree / "deep").symlink_to(tmp_path)
    again = fork(greenroom, made["id"])
    assert again["location_path"] == again["worktree_path"]


def test_without_git_it_is_the_conversation_alone(greenroom: House) -> None:
    session_id = greenroom.create(location_path=str(greenroom.place), config={})["id"]
    rounds(greenroom, session_id, greenroom.place, "one")
    made = fork(greenroom, session_id)
    assert (made["type"], made["location_path"]) == ("quick", str(greenroom.place))
    refused = greenroom.refused("fork-session", session=session_id, branch="b")
    assert refused == "bad-request"


def test_without_a_commit_it_has_the_files_and_a_branch_without_one(
    greenroom: House, tmp_path: Path
) -> None:
    empty = new_repository(tmp_path / "empty", commits=0)
    (empty / "staged").write_text("staged")
    do(empty, "add", "staged")
    session_id = greenroom.create(location_path=str(empty), config={})["id"]
    (first, _) = rounds(greenroom, session_id, empty, "one", "two")
    (empty / "said").write_text("and changed since")
    then = fork(greenroom, session_id, at=first)
    now = fork(greenroom, session_id)
    for made, said in ((then, "one"), (now, "and changed since")):
        place = Path(made["worktree_path"])
        assert (place / "said").read_text() == said
        assert do(place, "status", "--porcelain") == "A  staged\n?? said"
        assert do(place, "symbolic-ref", "HEAD") == f"refs/heads/{made['branch']}"
        assert (made["base_commit"], made["forked_from"]["tree_n"] is None) == (None, False)
    named = fork(greenroom, session_id, branch="named")
    again = fork(greenroom, named["id"])
    branches = [each["branch"] for each in (then, now, named, again)]
    assert len({*branches, "main"}) == len(branches) + 1
    taken = greenroom.refused("fork-session", session=session_id, branch="named")
    assert taken == greenroom.refused("fork-session", session=session_id, branch="main")
    assert taken == "branch-in-use"
    greenroom.get("delete-session", session=named["id"], force=True)
    greenroom.get("restore-session", session=named["id"])
    assert (Path(named["worktree_path"]) / "staged").read_text() == "staged"


def test_a_branch_that_cannot_be_leaves_nothing(greenroom: House, repository: Path) -> None:
    session_id = greenroom.create(config={})["id"]
    rounds(greenroom, session_id, repository, "one")
    before = do(repository, "for-each-ref")
    for branch in ("-x", "a..b", "main"):
        assert greenroom.refused("fork-session", session=session_id, branch=branch)
    assert do(repository, "for-each-ref") == before
    assert listed(greenroom.data.sessions("default")) == [session_id]
    assert len(do(repository, "worktree", "list").splitlines()) == 1


def test_one_whose_worktree_has_gone_can_be_forked_all_the_same(
    greenroom: House, repository: Path
) -> None:
    origin = worktree_session(greenroom)
    place = Path(origin["worktree_path"])
    rounds(greenroom, origin["id"], place, "one")
    do(repository, "worktree", "remove", "--force", "--force", str(place))
    made = fork(greenroom, origin["id"])
    assert (Path(made["worktree_path"]) / "said").read_text() == "one"


def test_a_fork_is_set_up_with_its_own_values(greenroom: House, repository: Path) -> None:
    rules = repository / ".greenroom"
    (rules / "templates").mkdir(parents=True)
    (rules / "worktree.json").write_text('{"copy": [".env"], "setup": ["sh", "-c", "exit 3"]}')
    for name in ("port", "changed"):
        (rules / "templates" / name).write_text("{{WORKTREE_NUM + 3000}} {{WORKTREE_PATH}}")
    (repository / ".env").write_text("KEY=1")
    origin = worktree_session(greenroom, branch="topic")
    place = Path(origin["worktree_path"])
    (place / "changed").write_text("by somebody")
    rounds(greenroom, origin["id"], place, "one")
    made = fork(greenroom, origin["id"])
    own = Path(made["worktree_path"])
    assert (own / "port").read_text() == f"{made['number'] + 3000} {own}"
    assert [(own / name).read_text() for name in ("changed", ".env")] == ["by somebody", "KEY=1"]
    assert made["set_up"]["notes"] == ["changed was left out: the branch has a file of that name"]
    assert (place / "port").read_text() == f"{origin['number'] + 3000} {place}"
    setup = made["workers"][-1]
    assert (setup["name"], setup["desired"], setup["status"]) == ("setup", "stopped", "stopped")
    greenroom.get("start-worker", session=made["id"], worker="setup")
    assert greenroom.becomes(made["id"], setup["id"], "exited").exit.code == 3


def test_a_fork_that_is_done_again_waits_until_the_rest_is_undone(
    greenroom: House, repository: Path
) -> None:
    session_id = greenroom.create(config={})["id"]
    rounds(greenroom, session_id, repository, "one")
    named = worktrees.Wanted(session_id="forkedforked", branch="half")
    plan = worktrees.plan(git_in(repository), named, greenroom.data.worktrees)
    assert isinstance(plan, WorktreePlan), plan
    held = making.begin(greenroom.data, "default", plan)
    worktrees.make(git_in(repository), plan)
    greenroom.again()  # `held` is as a git that outlived us
    request = {"type": "fork-session", "session": session_id}
    future = greenroom.post(request, allotted="forkedforked", again=True)
    greenroom.get("get-session", session=session_id)
    assert not future.done()
    held.release()
    answer = future.result(30)
    assert answer.ok, answer.error
    assert Path(answer.data["worktree_path"], "said").read_text() == "one"
    eventually(lambda: not list(making.found(greenroom.data)))
    listed_by_git = do(repository, "worktree", "list").splitlines()
    assert len(listed_by_git) == 2
    assert do(repository, "branch", "--list", "half") == ""
