"""Files that agent-console wrote, as frozen samples, become sessions of ours."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage import codec, fold, strict_json
from storage.errors import FileRefused
from storage.migrations import migrate
from storage.records import event as e
from storage.records.ids import is_id
from storage.records.process import ProcessExit
from storage.records.session import QuickSession, Session, WorktreeSession
from storage.records.worker import AgentWorker, TerminalWorker
from storage.state import SessionState

SAMPLES = Path(__file__).parents[1] / "samples"
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BROKEN = {
    "empty": "$",
    "pid": "$[3].pid",
    "no-id": "$[0]",
    "twice": "$[1].id",
    "time": "$[0].createdAt",
    "worker": "$[1].workers[1].type",
    "worker-twice": "$[0].workers[1].id",
    "repository": "$[0].repositoryId",
    "path": "$[0].locationPath",
    "entry": "$[1]",
}
REPOSITORY = "b7a1d2c3-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def document(name: str) -> Any:
    return strict_json.parse((SAMPLES / f"sessions-{name}.json").read_bytes())


def migrated(name: str) -> tuple[Session, ...]:
    return migrate(document(name), "garden", AT)


def evidence(session: Session) -> Any:
    return session.metadata["migrated"]


def test_the_first_format() -> None:
    worktree, quick = migrated("1")
    assert isinstance(worktree, WorktreeSession)
    assert isinstance(quick, QuickSession)
    assert worktree.id == "3f0e9c1a-7b52-4d3e-9a41-6c2d8e5f1b07"
    assert (worktree.title, worktree.workspace) == ("feature-watering", "garden")
    assert worktree.location_path == "/home/mei/code/garden-worktrees/feature-watering"
    assert (worktree.repository, worktree.worktree_path) == (REPOSITORY, worktree.location_path)
    assert (worktree.branch, worktree.base_commit) == (None, None)
    assert worktree.created_at == datetime(2025, 12, 2, 8, 14, 51, 337000, tzinfo=UTC)
    assert worktree.updated_at == AT
    assert evidence(worktree) == {"format": 1, "pid": 48213, "repository_id": REPOSITORY}
    (agent,) = worktree.workers
    assert isinstance(agent, AgentWorker)
    assert (agent.name, agent.agent, agent.created_at) == ("agent-1", "claude", worktree.created_at)
    assert "48213" in str(agent.last_error)
    assert quick.title == "notes"


def test_the_second_format_also_names_the_server() -> None:
    worktree, quick = migrated("2")
    assert evidence(worktree)["format"] == evidence(quick)["format"] == 2
    assert evidence(worktree)["server_pid"] == 50988
    assert evidence(quick)["pid"] == 51100
    assert (quick.title, quick.location_path) == ("scratch", "/srv/scratch/")
    assert quick.created_at == datetime(2025, 12, 9, 14, 0, tzinfo=UTC)


def test_the_third_format_has_workers() -> None:
    worktree, quick, bare = migrated("3")
    assert isinstance(worktree, WorktreeSession)
    agent, terminal = worktree.workers
    assert isinstance(agent, AgentWorker)
    assert isinstance(terminal, TerminalWorker)
    assert (agent.id, agent.name) == ("5a6b7c8d-9e0f-4123-8456-789abcdef012", "Claude Code")
    assert (terminal.name, terminal.command) == ("Terminal 1", None)
    assert terminal.created_at == datetime(2025, 12, 18, 16, 25, 2, 777000, tzinfo=UTC)
    assert evidence(worktree) == {
        "format": 3,
        "server_pid": 60412,
        "repository_id": REPOSITORY,
        "worktree_id": "feature/seasons",
        "workers": {
            agent.id: {"pid": 60490, "agent_id": "claude-code-builtin"},
            terminal.id: {"pid": 60533},
        },
    }
    assert isinstance(quick.workers[0], AgentWorker)
    assert quick.workers[0].agent == "4c1f0a92-aider"
    assert (bare.workers, isinstance(bare, QuickSession)) == ((), True)


def test_every_entry_of_a_mixed_file_is_read_by_its_own_format() -> None:
    first, second, third = migrated("mixed")
    assert [evidence(one)["format"] for one in (first, second, third)] == [1, 2, 3]
    assert isinstance(third, QuickSession)  # its repository is that of sessions without one
    assert third.created_at == datetime(2025, 12, 18, 15, 20, 33, tzinfo=UTC)
    assert third.workers[0].created_at == datetime(2025, 12, 18, 16, 20, 34, 50000, tzinfo=UTC)


def test_an_id_that_cannot_be_ours_is_derived_and_kept_as_evidence() -> None:
    _, second, third = migrated("mixed")
    assert is_id(second.id)
    assert evidence(second)["id"] == "session_0007"
    agent = third.workers[0]
    assert is_id(agent.id)
    assert evidence(third)["workers"][agent.id]["id"] == "session_0007:agent"


def test_a_name_that_is_taken_or_cannot_be_ours_is_replaced_and_kept_as_evidence() -> None:
    third = migrated("mixed")[2]
    assert [worker.name for worker in third.workers] == ["Terminal 1", "terminal-2", "terminal-3"]
    kept = [evidence(third)["workers"][worker.id].get("name") for worker in third.workers]
    assert kept == [None, "Terminal 1", "(shell)"]


def test_a_new_name_is_one_that_no_worker_of_the_file_has() -> None:
    old = document("3")
    names = ("terminal-2", "(x)", "terminal-3")
    old[0]["workers"] = [
        {**old[0]["workers"][1], "id": f"w{place}", "name": name}
        for place, name in enumerate(names)
    ]
    names_now = [worker.name for worker in migrate(old, "garden", AT)[0].workers]
    assert names_now == ["terminal-2", "terminal-4", "terminal-3"]


@pytest.mark.parametrize("name", ["1", "2", "3", "mixed"])
def test_nothing_of_it_is_running_or_to_be_run(name: str) -> None:
    for session in migrated(name):
        assert (session.desired, session.status) == ("stopped", "inactive")
        for worker in session.workers:
            assert (worker.desired, worker.status, worker.process) == ("stopped", "lost", None)
            assert worker.exit == ProcessExit(at=AT, cause="lost")


@pytest.mark.parametrize("name", ["1", "2", "3", "mixed"])
def test_it_comes_to_the_same_every_time_and_stands_in_a_journal(name: str) -> None:
    sessions = migrated(name)
    assert sessions == migrated(name)
    for session in sessions:
        event = codec.decode(codec.encode(e.SessionCreated(session)), e.SessionCreated)
        assert fold.apply(SessionState(), event, AT).session == session


def test_no_two_workers_have_one_id_or_name() -> None:
    for name in ("1", "2", "3", "mixed"):
        for session in migrated(name):
            assert len({worker.id for worker in session.workers}) == len(session.workers)
            assert len({worker.name for worker in session.workers}) == len(session.workers)


@pytest.mark.parametrize(("name", "path"), BROKEN.items())
def test_a_broken_file_is_refused_whole_with_the_place(name: str, path: str) -> None:
    with pytest.raises(FileRefused) as refused:
        migrated(f"broken-{name}")
    assert refused.value.path == path


def test_every_broken_sample_has_its_test() -> None:
    names = {path.stem for path in SAMPLES.glob("sessions-broken-*.json")}
    assert names == {f"sessions-broken-{name}" for name in BROKEN}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("pid", 0),
        ("pid", True),
        ("pid", 1.5),
        ("createdAt", 1e300),
        ("createdAt", "0001-01-01T00:00:00+23:00"),
        ("createdAt", None),
        ("worktreePath", "relative"),
        ("worktreePath", "/nul\0"),
        ("worktreePath", 7),
        ("repositoryId", None),
        ("id", 7),
    ],
)
def test_a_field_of_a_wrong_kind_is_refused_with_its_path(field: str, wrong: Any) -> None:
    old = document("1")
    old[1][field] = wrong
    with pytest.raises(FileRefused) as refused:
        migrate(old, "garden", AT)
    assert refused.value.path == f"$[1].{field}"


def test_the_root_of_the_file_system_has_a_title_too() -> None:
    old = document("1")
    old[0]["worktreePath"] = "/"
    assert migrate(old, "garden", AT)[0].title == "/"


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(FileRefused, match="array"):
        migrate({"sessions": []}, "garden", AT)
