"""What a session may ask for itself: what it sees, whom it leads, what its children may have."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import rights
from storage.records import request as r
from storage.records.budget import Amounts, Spending
from storage.records.config import Budget, Limits, SessionConfig, StrictBudget, StrictLimits
from storage.records.permission import PermissionRequest
from storage.records.session import QuickSession, Session, WorktreeSession
from storage.records.worker import ConversationWorker, TerminalWorker
from tests.actors.decisions.given import NOW

SHELL = TerminalWorker(id="shell", name="shell", created_at=NOW)
TALK = ConversationWorker(id="talk", name="talk", created_at=NOW)


def session(own_id: str, *above: str, **fields: Any) -> Session:
    """`above`: its parent first."""
    made = QuickSession(
        id=own_id,
        title=own_id,
        location_path="/work",
        parent_session_id=above[0] if above else None,
        ancestors=above,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **fields)


TOP, CHILD, GRANDCHILD = session("top"), session("child", "top"), session("grand", "child", "top")
OTHER = session("other")
EVERY = {one.id: one for one in (TOP, CHILD, GRANDCHILD, OTHER)}


def test_a_session_sees_itself_and_those_below_it() -> None:
    assert set(rights.visible(EVERY, "top", EVERY.get)) == {"top", "child", "grand"}
    assert set(rights.visible(EVERY, "child", EVERY.get)) == {"child", "grand"}
    assert set(rights.visible(EVERY, "grand", EVERY.get)) == {"grand"}
    without_child = {"top": TOP, "grand": GRANDCHILD}
    assert set(rights.visible(without_child, "top", without_child.get)) == {"top", "grand"}


def test_what_is_not_named_is_refused() -> None:
    may = {kind for kind in r.REQUEST_TYPES if kind in rights._REACH or kind in rights._OF_ALL}
    kept_for_people = set(r.REQUEST_TYPES) - may
    assert {r.UpdateSession, r.PurgeSession, r.CreateWorker, r.StartWorker} <= kept_for_people
    assert {r.AddMessage, r.ForkSession, r.GetStatus, r.ImportSession} <= kept_for_people
    refused = rights.never(r.UpdateSession(session="child", updates={"config": {}}))
    assert refused is not None
    assert refused.code == "out-of-reach"
    assert rights.never(r.ListSessions()) is None
    assert rights.never(r.DeleteSession(session="child")) is None


LEADING: list[r.OfSession] = [
    r.Request(session="x", content="go on"),
    r.DeleteSession(session="x"),
    r.StopSession(session="x"),
    r.PauseSession(session="x"),
]


@pytest.mark.parametrize("request_", LEADING, ids=r.type_of)
def test_it_leads_those_below_it_and_not_itself(request_: r.OfSession) -> None:
    assert rights.refusal(request_, CHILD, GRANDCHILD) is None
    refused = rights.refusal(request_, CHILD, CHILD)
    assert refused is not None
    assert refused.code == "out-of-reach"


def test_it_looks_at_itself_too() -> None:
    assert rights.refusal(r.GetSession(session="child"), CHILD, CHILD) is None
    assert rights.refusal(r.GetOutput(session="child", worker="w"), CHILD, CHILD) is None


def test_it_has_itself_told_something_later_and_those_below_it() -> None:
    for target in (CHILD, GRANDCHILD):
        wanted = r.SetTimer(session=target.id, message="look", in_seconds=9)
        for request in (wanted, r.CancelTimer(session=target.id, timer_id="t")):
            assert rights.never(request) is None
            assert rights.refusal(request, CHILD, target) is None


def test_who_runs_no_program_types_into_no_terminal() -> None:
    typed = r.WriteInput(session="grand", worker="shell", data="rm\r")
    assert rights.refusal(typed, replace(CHILD, workers=(TALK,)), GRANDCHILD) is not None
    assert rights.refusal(typed, replace(CHILD, workers=(TALK, SHELL)), GRANDCHILD) is None


def asking(kind: Any) -> Session:
    asked = PermissionRequest(
        id="q-grand",
        session_id="grand",
        kind=kind,
        tool="files.write",
        server="files",
        hash="0",
        seconds_left=300,
        asked_at=NOW,
    )
    return replace(GRANDCHILD, permissions=(asked,))


def test_an_answer_is_for_a_call_of_one_below_and_for_that_call_alone() -> None:
    allow = r.AnswerPermission(permission="q-grand", decision="allow")
    deny = r.AnswerPermission(permission="q-grand", decision="deny")
    for answer in (allow, deny):
        assert rights.refusal(answer, CHILD, asking("call")) is None
        assert rights.refusal(answer, GRANDCHILD, asking("call")) is not None
    assert rights.refusal(replace(allow, remember=True), CHILD, asking("call")) is not None
    assert rights.refusal(allow, CHILD, asking("server")) is not None
    assert rights.refusal(deny, CHILD, asking("server")) is None


def child_of(
    own: Session, budget: Budget | None = None, *, below: int = 0, **fields: Any
) -> r.CreateSession | r.Refusal:
    above = rights.Above(own, budget)
    return rights.as_child(r.CreateSession(**fields), [above], {own.id: own}.get, below)


def refused_at(outcome: r.CreateSession | r.Refusal) -> tuple[str, str | None]:
    assert isinstance(outcome, r.Refusal)
    assert outcome.message
    return outcome.code, outcome.path


def made(outcome: r.CreateSession | r.Refusal) -> r.CreateSession:
    assert isinstance(outcome, r.CreateSession), outcome
    return outcome


def test_a_child_is_its_own_in_its_workspace_and_directory() -> None:
    found = made(child_of(session("a", workspace="ours"), prompt="Go on"))
    assert (found.parent, found.workspace, found.location_path) == ("a", "ours", "/work")
    assert found.config is None
    assert refused_at(child_of(TOP, parent="other")) == ("out-of-reach", "$.parent")
    assert refused_at(child_of(TOP, workspace="theirs")) == ("out-of-reach", "$.workspace")
    assert refused_at(child_of(TOP, run_setup=True)) == ("out-of-reach", "$.run_setup")
    assert made(child_of(TOP, parent="top", workspace="default")).parent == "top"


def test_a_worktree_is_of_the_parents_repository() -> None:
    wanted: Any = {"session_type": "worktree", "branch": "b"}
    assert made(child_of(TOP, **wanted)).repository == "/work"
    in_worktree = WorktreeSession(
        id="tree",
        title="tree",
        location_path="/trees/1",
        worktree_path="/trees/1",
        repository="/code",
        created_at=NOW,
        updated_at=NOW,
    )
    assert made(child_of(in_worktree, **wanted)).repository == "/code"


@pytest.mark.parametrize("kind", ["agent", "terminal"])
def test_a_program_is_started_by_who_runs_one(kind: Any) -> None:
    worker = r.CreateWorkerRequest(type=kind, agent="claude" if kind == "agent" else None)
    talking = replace(TOP, workers=(TALK,))
    assert refused_at(child_of(talking, worker=worker)) == ("out-of-reach", "$.worker.type")
    assert made(child_of(replace(TOP, workers=(SHELL,)), worker=worker)).worker == worker
    conversation = r.CreateWorkerRequest(type="conversation")
    assert made(child_of(talking, worker=conversation)).worker == conversation


def test_a_chain_of_sessions_comes_to_its_end() -> None:
    above = ("a", "b", "c", "d")
    made(child_of(session("x", *above[: rights.MOST_ABOVE - 1])))
    assert refused_at(child_of(session("x", *above[: rights.MOST_ABOVE])))[0] == "too-deep"


def test_so_do_many_of_them() -> None:
    made(child_of(TOP, below=rights.MOST_BELOW - 1))
    assert refused_at(child_of(TOP, below=rights.MOST_BELOW))[0] == "too-many-sessions"


def spent(**amounts: Any) -> Session:
    return replace(TOP, spending=Spending(spent=Amounts(**amounts), reserved=Amounts(tokens=10)))


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        ({"tokens": 91}, "tokens"),
        ({"usd": Decimal("1.51")}, "usd"),
        ({"tool_calls": 8}, "tool_calls"),
        ({"wall_seconds": 31.0}, "wall_seconds"),
    ],
)
def test_a_budget_is_no_more_than_what_is_left(asked: Any, limit: str) -> None:
    budget = Budget(tokens=200, usd=Decimal(2), tool_calls=10, wall_seconds=60)
    parent = spent(tokens=100, usd=Decimal("0.5"), tool_calls=3, wall_seconds=30.0)
    config = r.StrictConfig(budget=StrictBudget(**asked))
    path = f"$.config.budget.{limit}"
    assert refused_at(child_of(parent, budget, config=config)) == ("over-budget", path)
    enough = StrictBudget(tokens=90, usd=Decimal("1.5"), tool_calls=7, wall_seconds=30)
    made(child_of(parent, budget, config=r.StrictConfig(budget=enough)))
    made(child_of(parent, None, config=config))


def test_every_budget_above_counts() -> None:
    line = [rights.Above(CHILD, None), rights.Above(TOP, Budget(tokens=50))]
    known = {"top": TOP, "child": CHILD}
    config = r.StrictConfig(budget=StrictBudget(tokens=51))
    outcome = rights.as_child(r.CreateSession(config=config), line, known.get, 0)
    assert refused_at(outcome) == ("over-budget", "$.config.budget.tokens")


def test_tools_are_among_those_of_the_parent() -> None:
    parent = replace(TOP, config=SessionConfig(tools=("git.*", "time.now")))
    assert made(child_of(parent, prompt="x")).config == r.StrictConfig(tools=("git.*", "time.now"))
    for tools in (("git.log",), ("git.*", "time.now"), ()):
        found = made(child_of(parent, config=r.StrictConfig(tools=tools))).config
        assert found is not None
        assert found.tools == tools
    for tools in (("files.write",), ("*",), ("g*",), ("git.*", "time.*")):
        outcome = child_of(parent, config=r.StrictConfig(tools=tools))
        assert refused_at(outcome) == ("out-of-reach", "$.config.tools")
    made(child_of(TOP, config=r.StrictConfig(tools=("*",))))


def test_limits_are_those_of_the_parent_or_less() -> None:
    parent = replace(TOP, config=SessionConfig(limits=Limits(processes=10)))

    def limits(**asked: Any) -> Any:
        config = r.StrictConfig(limits=StrictLimits(**asked))
        return child_of(parent, config=config)

    assert made(child_of(parent)).config == r.StrictConfig(limits=StrictLimits(processes=10))
    found = made(limits(processes=3, memory_bytes=2**30)).config
    assert found is not None
    assert found.limits == StrictLimits(processes=3, memory_bytes=2**30)
    assert refused_at(limits(processes=11)) == ("out-of-reach", "$.config.limits.processes")


def test_a_set_up_that_waits_gives_no_right_to_programs() -> None:
    waiting = replace(SHELL, name="setup", desired="stopped")
    assert not rights.runs_programs(session("talks", workers=(TALK, waiting)))
    assert rights.runs_programs(session("works", workers=(TALK, waiting, SHELL)))
