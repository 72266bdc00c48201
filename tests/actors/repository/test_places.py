"""The repository in files: what outlives it, and what a crash or a fault leaves to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.adapters.system_clock import SystemClock
from actors.library import FileSessionRepository, Greenroom, Refused, SessionFactory
from actors.repository import open_journals
from storage import catalog
from storage.backends.files import FileBackend, FileLog
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning, StorageFull
from storage.journal.log import NAME
from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.worker import TerminalWorker
from tests.architecture.source_tree import ROOT
from tests.fakes.actors import eventually

MAKE = SessionFactory()
GPT = SessionConfig(provider="openai", model="gpt-4", system_prompt="be brief")


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


@pytest.fixture
def repository(data: DataDir) -> Iterator[FileSessionRepository]:
    with FileSessionRepository(data.root) as made:
        yield made


def test_what_was_kept_is_there_for_the_next_one(data: DataDir) -> None:
    with FileSessionRepository(str(data.root)) as first:
        made = first.create_session(MAKE.create_session(GPT))
        made = first.add_message(made.id, MAKE.create_user_message("hello"))
        messages, listed = first.get_messages(made.id), first.list_sessions()
    with FileSessionRepository(data.root) as again:
        assert again.get_session(made.id) == made
        assert again.get_messages(made.id) == messages
        assert again.list_sessions() == listed


def test_nobody_else_can_have_the_directory_meanwhile(
    data: DataDir, repository: FileSessionRepository
) -> None:
    code = "import sys; from actors import library; library.FileSessionRepository(sys.argv[1])"
    other = subprocess.run(
        [sys.executable, "-c", code, str(data.root)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert other.returncode == 1
    assert f"AlreadyRunning: greenroom already runs on {data.root} (process {os.getpid()})" in (
        other.stderr
    )
    with pytest.raises(AlreadyRunning):
        FileSessionRepository(data.root, "other")
    repository.close()
    FileSessionRepository(data.root, "other").close()


def test_one_that_cannot_be_opened_gives_the_directory_back(data: DataDir) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a workspace"):
        FileSessionRepository(data.root, "../x")
    data.lock().release()


def test_greenroom_goes_on_with_it(data: DataDir, tmp_path: Path) -> None:
    with FileSessionRepository(data.root) as repository:
        made = repository.create_session(MAKE.create_session(GPT, location_path=tmp_path))
        repository.add_message(made.id, MAKE.create_user_message("hello"))

    def look(greenroom: Greenroom, kind: str) -> Any:
        return greenroom.dispatch({"type": kind, "session": made.id}).data

    with library.open(data.root) as greenroom:
        roles = [message["role"] for message in look(greenroom, "get-messages")["messages"]]
        assert roles == ["system", "user"]
        eventually(lambda: look(greenroom, "get-session")["workers"][0]["status"] == "running")


def test_each_workspace_has_its_own(data: DataDir) -> None:
    with FileSessionRepository(data.root, "other") as other:
        made = other.create_session(MAKE.create_session(GPT))
    assert made.workspace == "other"
    assert catalog.load(data, "other").entries.keys() == {made.id}
    with FileSessionRepository(data.root) as default:
        assert default.list_sessions() == []


def test_more_sessions_than_are_kept_open(
    repository: FileSessionRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_journals, "MOST_OPEN", 2)
    made = [repository.create_session(MAKE.create_session(GPT)).id for _ in range(5)]
    for session_id in made:
        repository.update_token_metrics(session_id, 1)
    assert len(repository._journals._open) == 2
    assert [entry.id for entry in repository.list_sessions()] == made


def kept_with(data: DataDir, *events: e.Event) -> str:
    """The id of a session in whose journal these events stand last."""
    with FileSessionRepository(data.root) as repository:
        session_id = repository.create_session(MAKE.create_session(GPT)).id
    log, commits = FileBackend(data, "default").open(session_id)
    log.append([(commits[0].at, events, None)])
    log.close()
    return session_id


def test_a_session_that_may_have_a_process_is_not_deleted_here(data: DataDir) -> None:
    at = SystemClock().now()
    worker = TerminalWorker(id="w1", name="shell", status="running", created_at=at)
    session_id = kept_with(data, e.WorkerCreated(worker))
    with FileSessionRepository(data.root) as again:
        with pytest.raises(Refused, match="may be alive") as caught:
            again.delete_session(session_id)
        assert caught.value.code == "not-available"
        assert again.session_exists(session_id)


def test_a_deletion_that_was_cut_short_is_finished_by_whoever_looks(data: DataDir) -> None:
    session_id = kept_with(data, e.SessionDeleting(), e.SessionDeleted())
    with FileSessionRepository(data.root) as again:
        assert again.list_sessions() == []
        assert again.get_session(session_id) is None
    assert [path.name for path in data.trash("default").iterdir()] == [f"{session_id}-2"]


def test_a_damaged_journal_concerns_that_session_alone(
    data: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    with FileSessionRepository(data.root) as repository:
        bad, good = [repository.create_session(MAKE.create_session(GPT)).id for _ in "12"]
        for title in ("x", "y"):
            repository.update_session(bad, {"title": title})
    path = data.session("default", bad) / NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with FileSessionRepository(data.root) as again:
        assert [entry.id for entry in again.list_sessions()] == [good]
        assert bad in caplog.text
        with pytest.raises(Refused) as caught:
            again.get_session(bad)
        assert caught.value.code == "session-quarantined"


def test_an_interruption_just_after_the_disk_said_yes_loses_nothing(
    repository: FileSessionRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C comes when it likes: what is on the disk counts, and is built upon."""
    made = repository.create_session(MAKE.create_session(GPT))
    append = FileLog.append

    def interrupted(*given: Any) -> None:
        append(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FileLog, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            repository.update_token_metrics(made.id, 5)
    assert repository.update_token_metrics(made.id, 2).metrics.prompt_tokens == 7


def test_a_full_disk_is_a_refusal_and_nothing_was_done(
    repository: FileSessionRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository.create_session(MAKE.create_session(GPT))
    heard: list[Any] = []
    repository.subscribe(heard.append)

    def full(*_: object) -> None:
        raise StorageFull("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("storage.backends.files.FileLog.append", full)
        with pytest.raises(Refused) as caught:
            repository.update_session(made.id, {"title": "x"})
        assert caught.value.code == "storage-full"
        with pytest.raises(Refused) as caught:
            repository.create_session(MAKE.create_session(GPT))
        assert caught.value.code == "storage-full"
    assert heard == []
    assert [entry.id for entry in repository.list_sessions()] == [made.id]
    assert repository.get_session(made.id) == made


def test_a_place_that_cannot_be_looked_at_is_a_refusal(
    data: DataDir, repository: FileSessionRepository
) -> None:
    data.sessions("default").rmdir()
    with pytest.raises(Refused) as caught:
        repository.list_sessions()
    assert caught.value.code == "storage-failed"
