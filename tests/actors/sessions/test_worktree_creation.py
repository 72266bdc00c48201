"""Worktree sessions come to be on a whole tree, with real repositories; or nothing is left."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.git import worktrees
from actors.git.command import Git
from actors.sessions import making as makings
from storage import making
from storage.records.worktree import WorktreePlan
from tests.actors.git.places import commit, do, new_repository
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House

ALLOTTED = "abcdefgh2345"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


def wanted(shop: Path, **fields: Any) -> dict[str, Any]:
    return {
        "type": "create-session",
        "session_type": "worktree",
        "repository": str(shop),
        **fields,
    }


def made(greenroom: House, shop: Path, **fields: Any) -> Any:
    answer = greenroom.ask(wanted(shop, **fields))
    assert answer.ok, answer.error
    return greenroom.get("get-session", session=answer.data.id)


def refusal(greenroom: House, shop: Path, **fields: Any) -> Any:
    answer = greenroom.ask(wanted(shop, **fields))
    assert answer.error is not None, answer.data
    return answer.error


def left(greenroom: House, shop: Path) -> list[str]:
    """What a session that does not exist would have left."""
    trees = [str(path) for path in greenroom.data.worktrees.rglob("*")]
    branches = do(shop, "branch", "--format=%(refname:short)").splitlines()
    intents = [str(each.path) for each in making.found(greenroom.data)]
    known = do(shop, "worktree", "list", "--porcelain").count("worktree ")
    return [*trees, *(name for name in branches if name != "main"), *intents, *["x"] * (known - 1)]


def test_a_session_has_its_worktree_and_says_all_of_it(greenroom: House, shop: Path) -> None:
    session = made(greenroom, shop, branch="fix/login")
    tip = do(shop, "rev-parse", "main")
    place = greenroom.data.worktrees / "shop" / "fix-login"
    assert session["type"] == "worktree"
    assert session["location_path"] == session["worktree_path"] == str(place)
    assert (session["repository"], session["branch"]) == (str(shop), "fix/login")
    assert (session["base_commit"], session["base_branch"]) == (tip, "main")
    assert (session["number"], session["made_branch"], session["set_up"]) == (1, True, None)
    assert session["title"] == "fix/login"
    assert (place / "file-1").read_text() == "content 1\n"
    eventually(lambda: not list(making.found(greenroom.data)))


def test_it_is_there_after_a_restart(greenroom: House, shop: Path) -> None:
    session = made(greenroom, shop, branch="x")
    greenroom.again()
    assert greenroom.get("get-session", session="x")["id"] == session["id"]
    assert Path(session["worktree_path"], "file-0").exists()


def test_its_worker_runs_in_the_worktree(greenroom: House, shop: Path) -> None:
    worker = {"type": "terminal", "command": ["sh", "-c", "pwd; cat file-0; sleep 60"]}
    session = made(greenroom, shop, branch="x", worker=worker)
    worker_id = session["workers"][0]["id"]
    shown = greenroom.shows(session["id"], worker_id, "content 0")
    assert shown.split() == [session["worktree_path"], "content", "0"]


def test_numbers_and_directories_are_free_ones(greenroom: House, shop: Path) -> None:
    one, two = made(greenroom, shop, branch="a/b"), made(greenroom, shop, branch="a-b")
    assert (one["number"], two["number"]) == (1, 2)
    assert two["worktree_path"] == one["worktree_path"] + "-2"


def test_numbers_are_free_ones_where_the_repository_was_moved(greenroom: House, shop: Path) -> None:
    one = made(greenroom, shop, branch="a")
    shop = shop.rename(shop.parent / "moved")
    do(shop, "worktree", "repair", one["worktree_path"])
    assert made(greenroom, shop, branch="b")["number"] == 2


def test_many_at_once_each_get_their_own(greenroom: House, shop: Path) -> None:
    asked = [greenroom.post(wanted(shop, branch=f"b{number}")) for number in range(8)]
    sessions = [future.result(30).data for future in asked]
    assert sorted(session.number for session in sessions) == list(range(1, 9))
    assert len({session.worktree_path for session in sessions}) == 8


def test_of_two_at_once_for_a_branch_one_is_refused_and_leaves_nothing(
    greenroom: House, shop: Path
) -> None:
    asked = [greenroom.post(wanted(shop, branch="same")) for _ in range(4)]
    answers = [future.result(30) for future in asked]
    assert [answer.ok for answer in answers].count(True) == 1
    assert {answer.error.code for answer in answers if answer.error} == {"branch-in-use"}
    assert all("name another branch" in answer.error.message for answer in answers if answer.error)
    eventually(lambda: len(left(greenroom, shop)) == len(["dir", "repo", "2 files", ".git"]) + 3)


def test_an_existing_branch_is_checked_out(greenroom: House, shop: Path) -> None:
    do(shop, "checkout", "--quiet", "-b", "side")
    commit(shop, "side", "x")
    do(shop, "checkout", "--quiet", "main")
    session = made(greenroom, shop, branch="side", title="Aside")
    assert (session["made_branch"], session["title"]) == (False, "Aside")
    assert Path(session["worktree_path"], "side").exists()


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"branch": "main"}, "branch-in-use", "$.branch"),
        ({"branch": "-x"}, "bad-branch", "$.branch"),
        ({"branch": ""}, "bad-branch", "$.branch"),
        ({"branch": "main/x"}, "bad-branch", "$.branch"),
        ({"branch": "x", "base": ""}, "bad-base", "$.base"),
        ({"branch": "x", "base": "nothing"}, "bad-base", "$.base"),
        ({"repository": "/nowhere"}, "bad-location", "$.repository"),
        ({"repository": "shop"}, "bad-location", "$.repository"),
        ({"repository": None}, "bad-request", "$.repository"),
        ({"repository": "/"}, "not-a-repository", "$.repository"),
        ({"location_path": "/tmp"}, "bad-request", "$.location_path"),
        ({"session_type": "quick", "location_path": "/"}, "bad-request", "$.repository"),
        ({"parent": "nobody"}, "session-not-found", "$.parent"),
        ({"worker": {"type": "terminal", "command": ["/no/such"]}}, "spawn-failed", None),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    greenroom: House, shop: Path, fields: dict[str, Any], code: str, path: str | None
) -> None:
    error = refusal(greenroom, shop, **{"branch": "fine", **fields})
    assert error.code == code, error.message
    assert path in {None, error.path}
    assert left(greenroom, shop) == []


def test_the_root_is_chosen_in_workspace_json(greenroom: House, shop: Path, tmp_path: Path) -> None:
    greenroom.write_workspace({"worktrees": {"root": str(tmp_path / "trees")}})
    session = made(greenroom, shop, branch="x")
    assert session["worktree_path"] == str(tmp_path / "trees" / "shop" / "x")
    greenroom.write_workspace({"worktrees": {"root": str(shop)}})
    error = refusal(greenroom, shop, branch="y")
    assert (error.code, "worktrees.root" in error.message) == ("bad-location", True)


def test_a_request_for_one_that_is_being_made_waits_for_it(greenroom: House, shop: Path) -> None:
    first = greenroom.post(wanted(shop, branch="x", title="Soon"))
    second = greenroom.post({"type": "get-messages", "session": "Soon"})
    assert first.result(30).ok
    assert second.result(30).ok


def test_an_id_that_was_allotted_makes_one_session(greenroom: House, shop: Path) -> None:
    fields = wanted(shop, branch="x", id="mine")
    asked = [
        greenroom.post(fields, request_id="mine", allotted=ALLOTTED, again=again)
        for again in (False, True)
    ]
    assert {future.result(30).data.id for future in asked} == {ALLOTTED}
    assert len(greenroom.get("list-sessions")["sessions"]) == 1


# A crash, at each point.


class Stopper:
    """Holds a git of ours at its n-th run, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
        self.came = threading.Event()
        self.go = threading.Event()
        real = Git.run

        def run(git: Git, *words: str, **options: Any) -> Any:
            if words[: len(at.split())] == tuple(at.split()):
                self.came.set()
                assert self.go.wait(30)
            return real(git, *words, **options)

        monkeypatch.setattr(Git, "run", run)


@pytest.fixture(params=["rev-parse", "update-ref --create-reflog", "worktree add", "reset --hard"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stopper]:
    monkeypatch.setattr(makings, "NEXT_SECONDS", 0.2)
    stopper = Stopper(monkeypatch, request.param)
    yield stopper
    stopper.go.set()


def test_a_greenroom_that_stops_meanwhile_leaves_nothing(
    greenroom: House, shop: Path, held: Stopper
) -> None:
    future = greenroom.post(wanted(shop, branch="x"))
    assert held.came.wait(30)
    stopping = threading.Thread(target=greenroom.stop)
    stopping.start()
    eventually(lambda: greenroom.state("sessions") != "running", seconds=30)
    held.go.set()
    stopping.join(30)
    answer = future.result(30)
    assert answer.error is not None
    assert answer.error.code == "interrupted"
    greenroom.start()
    eventually(lambda: left(greenroom, shop) == [])
    assert greenroom.get("list-sessions")["sessions"] == []


def test_an_intent_without_its_session_is_undone_at_the_next_start(
    greenroom: House, shop: Path
) -> None:
    held = intended(greenroom, shop)
    worktrees.make(git_of(greenroom, shop), held.plan)
    held.release()
    assert left(greenroom, shop) != []
    greenroom.again()
    assert eventually(lambda: left(greenroom, shop) == [])


def test_an_intent_with_its_session_goes_and_the_worktree_stays(
    greenroom: House, shop: Path
) -> None:
    session = made(greenroom, shop, branch="x")
    eventually(lambda: not list(making.found(greenroom.data)))
    held = intended(greenroom, shop, session_id=session["id"], branch="y")
    held.release()
    greenroom.again()
    eventually(lambda: not list(making.found(greenroom.data)))
    assert Path(session["worktree_path"], "file-0").exists()


def test_an_intent_in_another_workspace_leaves_a_session_and_its_worktree(
    greenroom: House, shop: Path
) -> None:
    session = made(greenroom, shop, branch="x")
    place = Path(session["worktree_path"])
    (place / "precious").write_text("never saved elsewhere")
    eventually(lambda: not list(making.found(greenroom.data)))
    held = intended(greenroom, shop, session_id=session["id"], branch="y")
    held.release()
    plan = replace(held.plan, worktree_path=str(place), branch="x")
    held.path.unlink()
    greenroom.data.prepare_workspace("other")
    making.begin(greenroom.data, "other", plan).release()
    greenroom.again()
    eventually(lambda: not list(making.found(greenroom.data)))
    assert (place / "precious").exists()
    assert do(shop, "branch", "--list", "x")


def test_a_request_that_is_done_again_waits_until_the_rest_is_undone(
    greenroom: House, shop: Path
) -> None:
    held = intended(greenroom, shop, session_id=ALLOTTED)
    worktrees.make(git_of(greenroom, shop), held.plan)
    greenroom.stop()
    greenroom.start()  # `held` is as a git that outlived us
    fields = wanted(shop, branch="x", id="mine")
    future = greenroom.post(fields, request_id="mine", allotted=ALLOTTED, again=True)
    assert not future.done()
    held.release()
    answer = future.result(30)
    assert answer.ok, answer.error
    assert (answer.data.id, answer.data.branch) == (ALLOTTED, "x")
    assert Path(answer.data.worktree_path, "file-0").exists()


def intended(greenroom: House, shop: Path, **fields: Any) -> making.Held:
    named: Any = {"session_id": ALLOTTED, "branch": "x", **fields}
    git, root = git_of(greenroom, shop), greenroom.data.worktrees
    plan = worktrees.plan(git, worktrees.Wanted(**named), root)
    assert isinstance(plan, WorktreePlan), plan
    return making.begin(greenroom.data, "default", plan)


def git_of(greenroom: House, shop: Path) -> Git:
    return Git(shop, greenroom.environ)


# Set-up.


def greenroom_directory(place: Path, **said: Any) -> Path:
    (place / "templates" / "deep").mkdir(parents=True)
    (place / "worktree.json").write_text(json.dumps(said))
    return place


def test_a_repository_sets_up_its_worktrees(greenroom: House, shop: Path) -> None:
    own = greenroom_directory(
        shop / ".greenroom", copy=[".env"], setup=["sh", "-c", "echo {{REPO}}"]
    )
    (own / "templates" / "deep" / "port").write_text("{{WORKTREE_NUM * 10 + 3000}} {{BRANCH}}")
    (shop / ".env").write_text("KEY=1")
    session = made(greenroom, shop, branch="x", worker={"type": "terminal"})
    place = Path(session["worktree_path"])
    assert (place / "deep" / "port").read_text() == "3010 x"
    assert (place / ".env").read_text() == "KEY=1"
    assert session["set_up"]["source"] == "repository"
    assert (session["set_up"]["trusted"], session["set_up"]["files"]) == (False, 2)
    setup = session["workers"][-1]
    assert (setup["name"], setup["desired"], setup["status"]) == ("setup", "stopped", "stopped")
    assert setup["command"] == ["sh", "-c", "echo shop"]
    greenroom.get("start-worker", session=session["id"], worker="setup")
    greenroom.shows(session["id"], setup["id"], "shop")


@pytest.mark.parametrize("by", ["request", "settings", "workspace"])
def test_what_is_trusted_is_run_at_once(greenroom: House, shop: Path, by: str) -> None:
    place = greenroom.data.workspace("default") / "worktree"
    greenroom_directory(
        place if by == "workspace" else shop / ".greenroom", setup=["sh", "-c", "exit 3"]
    )
    if by == "settings":
        greenroom.write_workspace({"worktrees": {"trust_setup": True}})
    more = {"run_setup": True} if by == "request" else {}
    session = made(greenroom, shop, branch="x", **more)
    worker = greenroom.becomes(session["id"], session["workers"][0]["id"], "exited")
    assert worker.exit.code == 3
    assert greenroom.get("get-session", session=session["id"])["set_up"]["trusted"] is True


def test_a_set_up_that_cannot_be_read_does_not_lose_the_session(
    greenroom: House, shop: Path
) -> None:
    (shop / ".greenroom").mkdir()
    (shop / ".greenroom" / "worktree.json").write_text('{"copi": []}')
    session = made(greenroom, shop, branch="x")
    (note,) = session["set_up"]["notes"]
    assert note.startswith("nothing of .greenroom/worktree.json is used, line 1: ")


def test_what_a_set_up_put_is_nobodys_work_until_it_is_changed(
    greenroom: House, shop: Path
) -> None:
    own = greenroom_directory(shop / ".greenroom", copy=[".env"])
    (own / "templates" / "port").write_text("{{WORKTREE_NUM * 10 + 3000}} {{WORKTREE_PATH}}")
    (shop / ".env").write_text("KEY=1")
    fresh, used = made(greenroom, shop, branch="x"), made(greenroom, shop, branch="y")
    assert greenroom.get("delete-session", session=fresh["id"])["worktree"]["removed"]
    (Path(used["worktree_path"]) / ".env").write_text("KEY=2")
    answer = greenroom.ask({"type": "delete-session", "session": used["id"]})
    assert answer.error is not None
    assert answer.error.data is not None
    assert [each.examples for each in answer.error.data["reasons"]] == [(".env",)]


def test_nothing_of_a_bare_repository_is_copied(
    greenroom: House, shop: Path, tmp_path: Path
) -> None:
    greenroom_directory(shop / ".greenroom", copy=["config", "HEAD", "hooks"])
    do(shop, "add", ".greenroom")
    do(shop, "commit", "--quiet", "--message", "rules")
    do(tmp_path, "clone", "--quiet", "--bare", str(shop), "bare.git")
    session = made(greenroom, tmp_path / "bare.git", branch="x")
    assert do(Path(session["worktree_path"]), "status", "--porcelain", "--ignored") == ""
    (note,) = session["set_up"]["notes"]
    assert note.startswith("nothing was copied: ")
