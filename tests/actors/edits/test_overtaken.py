from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.edits import overtaken as module
from actors.edits.plan import Plan, Task
from storage.journal.log import Journal
from storage.records import event as e
from storage.records import request as r
from storage.records.session import Session
from storage.records.worker import ConversationWorker
from tests.storage.histories import START, session

ID = "abcdefghijkl"
WORKER = ConversationWorker(id="talker", name="talker", created_at=START)


def written(tmp_path: Path, *between: e.Event) -> Path:
    """A journal of one line, then one for each of `between`, then what the edit did."""
    made: Session = replace(session(ID), workers=(WORKER,))
    lines = [(START, (event,), None) for event in (e.SessionCreated(made), *between)]
    own = (START, (e.SessionUpdated({"title": "By hand"}),), "edit-1")
    with Journal.create(tmp_path / ID, ID, "default", START) as journal:
        journal.append([*lines, own])
    return tmp_path / ID


def overtaken(directory: Path, task: Task, request_id: str, *before: Task) -> list[str]:
    plan = Plan(sha256="0", tasks=(*before, task))
    return module.overtaken(directory, plan, task, request_id)


def task(n: int = 1, **updates: Any) -> Task:
    return Task(position=0, request=r.UpdateSession(session=ID, updates=updates), n=n)


def test_the_same_field_set_by_somebody_else_meanwhile_is_told(tmp_path: Path) -> None:
    directory = written(tmp_path, e.SessionUpdated({"title": "By command"}))
    (line,) = overtaken(directory, task(title="By hand"), "edit-1")
    assert '"By command"' in line
    assert overtaken(directory, task(2, title="By hand"), "edit-1") == []
    assert overtaken(directory, task(title="By command"), "edit-1") == []


def test_another_field_is_not(tmp_path: Path) -> None:
    directory = written(tmp_path, e.SessionUpdated({"metadata": {"a": 1}}))
    assert overtaken(directory, task(title="By hand"), "edit-1") == []
    assert overtaken(directory, task(metadata={"a": 1}), "edit-1") == []
    assert len(overtaken(directory, task(metadata={"a": 2}), "edit-1")) == 1


def test_metadata_is_set_as_a_whole_so_what_went_with_it_is_told(tmp_path: Path) -> None:
    directory = written(tmp_path, e.SessionUpdated({"metadata": {"a": 1}}))
    assert len(overtaken(directory, task(metadata={"b": 2}), "edit-1")) == 1


def test_what_the_journal_does_not_name_was_not_overtaken(tmp_path: Path) -> None:
    directory = written(tmp_path, e.SessionUpdated({"title": "By command"}))
    assert overtaken(directory, task(title="By hand"), "edit-2") == []
    assert overtaken(directory, task(0, title="By hand"), "edit-1") == []
    deletion = Task(position=0, request=r.DeleteSession(session=ID), n=1)
    assert overtaken(directory, deletion, "edit-1") == []


@pytest.mark.parametrize(("worker", "count"), [("talker", 1), ("gone", 0)])
def test_a_workers_fields_are_compared_too(tmp_path: Path, worker: str, count: int) -> None:
    directory = written(tmp_path, e.WorkerUpdated("talker", {"name": "third"}))
    updates = r.WorkerUpdates(name="other")
    request = r.UpdateWorker(session=ID, worker=worker, updates=updates)
    assert len(overtaken(directory, Task(position=0, request=request, n=1), "edit-1")) == count


def renaming(position: int, name: str) -> Task:
    request = r.UpdateWorker(session=ID, worker="talker", updates=r.WorkerUpdates(name=name))
    return Task(position=position, request=request, n=1)


def test_what_the_edit_itself_did_before_is_nobody_elses(tmp_path: Path) -> None:
    aside, last = renaming(0, "aside"), renaming(1, "other")
    directory = written(tmp_path, e.WorkerUpdated("talker", {"name": "aside"}))
    assert overtaken(directory, last, "edit-1", aside) == []
    assert len(overtaken(directory, last, "edit-1")) == 1
