"""The repository in files: what outlives it, and what a crash or a fault leaves to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.library import FileSessionRepository, Refused, SessionFactory
from actors.repository import open_journals
from storage import catalog
from storage.backends.files import FileBackend
from storage.data_dir import DataDir
from storage.errors import StorageFull
from storage.journal.log import NAME
from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.worker import TerminalWorker
from tests.fakes.greenroom import house

MAKE = SessionFactory()
GPT = SessionConfig(provider="openai", model="gpt-4", system_prompt="be brief")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    made = DataDir(tmp_path / "data")
    lock = made.lock()
    made.prepare()
    yield made
    lock.release()


@pytest.fixture
def repository(data: DataDir) -> Iterator[FileSessionRepository]:
    made = FileSessionRepository(data)
    yield made
    made.close()


def test_what_was_kept_is_there_for_the_next_one(
    data: DataDir, repository: FileSessionRepository
) -> None:
    made = repository.create_session(MAKE.create_session(GPT))
    made = repository.add_message(made.id, MAKE.create_user_message("hello"))
    again = FileSessionRepository(data)
    assert again.get_session(made.id) == made
    assert again.get_messages(made.id) == repository.get_messages(made.id)
    assert again.list_sessions() == repository.list_sessions()
    again.close()


def test_the_daemon_goes_on_with_it(tmp_path: Path) -> None:
    with house(tmp_path) as greenroom:
        greenroom.stop()
        repository = FileSessionRepository(greenroom.data)
        made = repository.create_session(MAKE.create_session(GPT, location_path=greenroom.place))
        repository.add_message(made.id, MAKE.create_user_message("hello"))
        repository.close()
        greenroom.start()
        roles = [m["role"] for m in greenroom.get("get-messages", session=made.id)["messages"]]
        assert roles == ["system", "user"]
        worker = made.workers[0]
        assert greenroom.becomes(made.id, worker.id, "running")


def test_each_workspace_has_its_own(data: DataDir) -> None:
    other = FileSessionRepository(data, "other")
    made = other.create_session(MAKE.create_session(GPT))
    assert made.workspace == "other"
    assert catalog.load(data, "other").entries.keys() == {made.id}
    assert FileSessionRepository(data).list_sessions() == []
    other.close()


def test_more_sessions_than_are_kept_open(
    repository: FileSessionRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_journals, "MOST_OPEN", 2)
    made = [repository.create_session(MAKE.create_session(GPT)).id for _ in range(5)]
    for session_id in made:
        repository.update_token_metrics(session_id, 1)
    assert len(repository._journals._open) == 2
    assert [entry.id for entry in repository.list_sessions()] == made


def test_a_session_that_may_have_a_process_is_not_deleted_here(
    repository: FileSessionRepository, data: DataDir
) -> None:
    made = repository.create_session(MAKE.create_session())
    log, commits = FileBackend(data, "default").open(made.id, "default")
    worker = TerminalWorker(id="w1", name="shell", status="running", created_at=commits[0].at)
    log.append([(commits[0].at, (e.WorkerCreated(worker),), None)])
    log.close()
    again = FileSessionRepository(data)
    with pytest.raises(Refused, match="may be alive") as caught:
        again.delete_session(made.id)
    assert caught.value.code == "not-available"
    assert again.session_exists(made.id)
    again.close()


def test_a_deletion_that_was_cut_short_is_finished_by_whoever_looks(
    data: DataDir, repository: FileSessionRepository
) -> None:
    made = repository.create_session(MAKE.create_session(GPT))
    repository.close()
    log, commits = FileBackend(data, "default").open(made.id, "default")
    log.append([(commits[0].at, (e.SessionDeleting(), e.SessionDeleted()), None)])
    log.close()
    again = FileSessionRepository(data)
    assert again.list_sessions() == []
    assert again.get_session(made.id) is None
    assert [path.name for path in data.trash("default").iterdir()] == [f"{made.id}-2"]
    again.close()


def test_a_damaged_journal_concerns_that_session_alone(
    data: DataDir, repository: FileSessionRepository, caplog: pytest.LogCaptureFixture
) -> None:
    bad = repository.create_session(MAKE.create_session(GPT)).id
    good = repository.create_session(MAKE.create_session(GPT)).id
    repository.update_session(bad, {"title": "x"})
    repository.update_session(bad, {"title": "y"})
    repository.close()
    path = data.session("default", bad) / NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    again = FileSessionRepository(data)
    assert [entry.id for entry in again.list_sessions()] == [good]
    assert bad in caplog.text
    with pytest.raises(Refused) as caught:
        again.get_session(bad)
    assert caught.value.code == "session-quarantined"
    again.close()


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
