"""Worktree sessions by the file inbox, by a hand edit of `sessions.json`, and from a program."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors import library
from storage import making
from tests.actors.edits.conftest import Desk
from tests.actors.git.places import do, new_repository
from tests.actors.inbox.dropping import answer, drop
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop")


@pytest.fixture
def desk(open_greenroom: House) -> Desk:
    return Desk(open_greenroom)


def wanted(shop: Path, **fields: Any) -> dict[str, Any]:
    return {"session_type": "worktree", "repository": str(shop), **fields}


def test_a_file_in_the_inbox_makes_one(open_greenroom: House, shop: Path) -> None:
    request = {"type": "create-session", **wanted(shop, branch="by/file")}
    drop(open_greenroom, "job.json", request)
    told = answer(open_greenroom, "job")
    assert told["ok"], told
    assert Path(told["data"]["worktree_path"], "file-0").exists()
    drop(open_greenroom, "again.json", request)
    assert answer(open_greenroom, "again")["error"]["code"] == "branch-in-use"


def added(desk: Desk, **entry: Any) -> str:
    desk.create()
    return desk.edit(lambda told: told["sessions"].append(entry))


def of_worktree(desk: Desk) -> Any:
    sessions = [desk.house.record(one["id"]) for one in desk.house.get("list-sessions")["sessions"]]
    return next((one for one in sessions if type(one).__name__ == "WorktreeSession"), None)


def test_an_entry_put_in_by_hand_makes_one(desk: Desk, shop: Path) -> None:
    added(desk, type="worktree", repository=str(shop), branch="by/hand", title="By hand")
    desk.until(lambda: of_worktree(desk))
    desk.at_rest()
    session = of_worktree(desk)
    assert (session.title, session.branch) == ("By hand", "by/hand")
    assert Path(session.worktree_path, "file-0").exists()
    desk.until(lambda: desk.shown(session.id)["worktree_path"] == session.worktree_path)
    assert desk.house.rejected == []


def test_an_entry_with_an_id_and_workers_makes_one_once(desk: Desk, shop: Path) -> None:
    entry = {"id": "mine", "type": "worktree", "repository": str(shop), "branch": "x"}
    added(desk, **entry, workers=[{"type": "terminal", "name": "sh"}, {"type": "conversation"}])
    desk.until(lambda: of_worktree(desk) and len(of_worktree(desk).workers) == 2)
    desk.at_rest()
    assert of_worktree(desk).id == "mine"
    assert desk.house.rejected == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"branch": "-x"}, "cannot be the name of a branch"),
        ({"branch": "main"}, "is checked out in"),
        ({"repository": "/nowhere", "branch": "x"}, "does not exist"),
        ({"branch": "x", "worktree_path": "/tmp/x"}, "not yours to give"),
        ({"branch": "x", "location_path": "/tmp/x"}, "leave out location_path"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_a_sentence(
    desk: Desk, shop: Path, entry: dict[str, Any], reason: str
) -> None:
    added(desk, **{"type": "worktree", "repository": str(shop), **entry})
    desk.until(lambda: desk.house.rejected)
    desk.at_rest()
    (why,) = [name for name in desk.house.rejected if name.endswith(".why.json")]
    assert reason in json.loads((desk.house.data.rejected / why).read_text())["reason"]
    assert of_worktree(desk) is None
    assert do(shop, "branch", "--format=%(refname:short)") == "main"
    eventually(lambda: not list(making.found(desk.house.data)))


def test_a_program_makes_one(open_greenroom: House, shop: Path) -> None:
    with library.open(open_greenroom.data.root) as client:
        made = client.create_session(wanted(shop, branch="by/program"))
    assert made["branch"] == "by/program"
    assert Path(made["worktree_path"], "file-0").exists()
