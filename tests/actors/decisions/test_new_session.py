"""The record of a worktree session, and the worker that sets its worktree up."""

from typing import Any

import pytest

from actors.decisions import new_session
from actors.decisions import session as sessions
from actors.decisions.decision import Decision
from storage import fold
from storage.records import request as r
from storage.records.session import Session, WorktreeSession
from storage.records.worker import TerminalWorker
from storage.records.worktree import MadeWorktree, SetUp, WorktreePlan
from storage.state import SessionState
from tests.actors.decisions.given import ID, NOW, given

PLAN = WorktreePlan(
    session_id=ID,
    repository="/work/shop",
    common_dir="/work/shop/.git",
    worktree_path="/trees/shop/x",
    branch="fix/login",
    makes_branch=True,
    start="1" * 40,
    base_commit="1" * 40,
    base_branch="main",
    number=4,
)


def created(made: MadeWorktree | None, **fields: Any) -> Session:
    asked = {"session_type": "worktree", "repository": "/work/shop/deep", **fields}
    decision = sessions.create(r.CreateSession(**asked), ID, given(), (), made)
    assert isinstance(decision, Decision), decision
    return fold.apply_all(SessionState(), decision.events, NOW).record


def test_the_record_says_what_was_made() -> None:
    session = created(MadeWorktree(plan=PLAN), branch="fix/login")
    assert isinstance(session, WorktreeSession)
    assert session.location_path == session.worktree_path == "/trees/shop/x"
    assert (session.repository, session.branch, session.number) == ("/work/shop", "fix/login", 4)
    assert (session.base_branch, session.base_commit) == ("main", "1" * 40)
    assert (session.made_branch, session.title, session.set_up) == (True, "fix/login", None)


def test_without_its_worktree_it_says_what_was_asked_for() -> None:
    session = created(None, title="Mine")
    assert (session.title, session.location_path) == ("Mine", "/work/shop/deep")
    assert created(None).title == "deep"


@pytest.mark.parametrize(
    ("trusted", "desired", "status"), [(True, "run", "starting"), (False, "stopped", "stopped")]
)
def test_the_set_up_waits_unless_it_is_trusted(trusted: bool, desired: str, status: str) -> None:
    set_up = SetUp(source="repository", command=("make",), trusted=trusted)
    worker = created(MadeWorktree(plan=PLAN, set_up=set_up)).workers[0]
    assert isinstance(worker, TerminalWorker)
    assert (worker.name, worker.command) == ("setup", ("make",))
    assert (worker.desired, worker.status, worker.restart) == (desired, status, "never")


def test_its_name_gives_way_to_that_of_the_first_worker() -> None:
    set_up = SetUp(source="workspace", command=("make",), trusted=True)
    wanted = r.CreateWorkerRequest(type="terminal", name="setup")
    made = created(MadeWorktree(plan=PLAN, set_up=set_up), worker=wanted)
    assert [worker.name for worker in made.workers] == ["setup", "setup-2"]


def test_without_a_command_nothing_runs() -> None:
    assert created(MadeWorktree(plan=PLAN, set_up=SetUp(source="workspace"))).workers == ()


@pytest.mark.parametrize(
    ("path", "title"), [("/a/b/", "b"), ("/", "/"), ("/a/" + "x" * 300, "x" * 200)]
)
def test_a_title_is_made_of_a_path(path: str, title: str) -> None:
    assert new_session.title_of(path) == title
