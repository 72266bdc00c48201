"""The whole greenroom at work: commands, inbox, hand edits, by rows, through the real actor tree.

An answer is marked as acknowledged in the moment in which it is delivered; of a file in the outbox,
as soon as it can be seen. Adding a row is a function and a line in ROWS.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from storage import codec, exported
from storage.data_dir import DEFAULT_WORKSPACE
from storage.records.request import Answer
from tests.crash import marks as m
from tests.crash.file_layer import FileLayer
from tests.crash.saving import save
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House


class Household:
    """`house` runs, `layer` records it; `sessions` are those that are there."""

    def __init__(self, house: House, layer: FileLayer, seed: str) -> None:
        self.house = house
        self.layer = layer
        self.random = Random(seed)
        self.sessions: list[str] = []
        self.deleted: list[str] = []
        self._numbers = itertools.count(1)

    def number(self) -> int:
        return next(self._numbers)

    def some_session(self) -> str:
        if not self.sessions:
            create(self)
        return self.random.choice(self.sessions)

    def post(self, request: dict[str, Any], session_id: str | None = None) -> Future[Answer]:
        """Its answer; one that says ok is marked as done before anybody can read it."""
        future: Future[Answer] = Future()
        request_id = f"asked-{self.number()}"

        def deliver(answer: Answer) -> None:
            if answer.ok:
                session = session_id or codec.builtins(answer.data)["id"]
                self.layer.mark(m.Done(session, request_id))
            future.set_result(answer)

        self.house.room.gateway.hand_in(request, deliver, request_id=request_id)
        return future

    def done(self, request: dict[str, Any], session_id: str | None = None) -> Any:
        answer = self.post(request, session_id).result(PATIENCE_SECONDS)
        assert answer.ok, answer.error
        return codec.builtins(answer.data)

    def drop(self, request: dict[str, Any]) -> Any:
        """Through the inbox; the data of its answer."""
        name = f"dropped-{self.number()}"
        content = json.dumps({"id": name, **request}).encode()
        save(self.house.data.inbox / f"{name}.json", content)
        self.layer.mark(m.Dropped(f"{name}.json", content))
        path = self.house.data.outbox / f"{name}.json"
        eventually(path.exists, seconds=PATIENCE_SECONDS)
        answer = path.read_bytes()
        self.layer.mark(m.Answered(f"{name}.json", path.name, answer))
        found = json.loads(answer)
        assert found["ok"], found
        return found["data"]

    def projection(self) -> Path:
        return self.house.data.sessions_file(DEFAULT_WORKSPACE)


def create(house: Household) -> None:
    request = {"type": "create-session", "location_path": str(house.house.place)}
    house.sessions.append(house.done(request)["id"])


def say_much(house: Household) -> None:
    """Several at once, also in one session: they share syncs."""
    answers = []
    for _ in range(6):
        session_id = house.some_session()
        message = {"role": "user", "content": f"message {house.number()}"}
        request = {"type": "add-message", "session": session_id, "message": message}
        answers.append(house.post(request, session_id))
    refusals = [answer.result(PATIENCE_SECONDS).error for answer in answers]
    assert refusals == [None] * len(answers)


def update(house: Household) -> None:
    session_id = house.some_session()
    updates = {"metadata": {"note": f"note {house.number()}"}}
    house.done({"type": "update-session", "session": session_id, "updates": updates}, session_id)


def drop_creation(house: Household) -> None:
    request = {"type": "create-session", "location_path": str(house.house.place)}
    house.sessions.append(house.drop(request)["id"])


def drop_update(house: Household) -> None:
    updates = {"metadata": {"dropped": f"note {house.number()}"}}
    session_id = house.some_session()
    house.drop({"type": "update-session", "session": session_id, "updates": updates})


def edit(house: Household) -> None:
    """Saved by hand, and waited for until it is done."""
    session_id, title = house.some_session(), f"Title {house.number()}"
    path = house.projection()
    known = house.house.record(session_id).title
    eventually(lambda: shown_title(path, session_id) == known, seconds=PATIENCE_SECONDS)
    shown = json.loads(path.read_bytes())
    for entry in shown["sessions"]:
        if entry["id"] == session_id:
            entry["title"] = title
    content = json.dumps(shown, indent=2).encode()
    save(path, content)
    house.layer.mark(m.Edited(content, session_id, title))
    eventually(lambda: house.house.record(session_id).title == title, seconds=PATIENCE_SECONDS)


def shown_title(path: Path, session_id: str) -> str | None:
    """An edit of what the file does not show yet would be a conflict."""
    if not path.exists():
        return None
    titles = {one["id"]: one["title"] for one in json.loads(path.read_bytes())["sessions"]}
    return titles.get(session_id)


def delete(house: Household) -> None:
    session_id = house.some_session()
    house.house.get("delete-session", session=session_id)
    house.sessions.remove(session_id)
    house.deleted.append(session_id)


def restore(house: Household) -> None:
    """The one that was deleted first, if it was not just now."""
    if len(house.deleted) > 1:
        session_id = house.deleted.pop(0)
        house.house.get("restore-session", session=session_id)
        house.sessions.append(session_id)


def purge(house: Household) -> None:
    if len(house.deleted) > 1:
        house.house.get("purge-session", session=house.deleted.pop(0))


def move_out_and_in(house: Household) -> None:
    """Exported, deleted, purged; and it comes back from the file."""
    session_id = house.some_session()
    directory = house.house.data.session(DEFAULT_WORKSPACE, session_id)
    target = house.house.place / f"{session_id}-{house.number()}"
    exported.export(directory, target, named_elsewhere=0, version="1", at=datetime.now(UTC))
    house.house.get("delete-session", session=session_id)
    house.house.get("purge-session", session=session_id)
    house.house.get("import-session", path=str(target))


def fork(house: Household) -> None:
    request = {"type": "fork-session", "session": house.some_session()}
    house.sessions.append(house.done(request)["id"])


def drop_fork(house: Household) -> None:
    request = {"type": "fork-session", "session": house.some_session(), "title": "Forked"}
    house.sessions.append(house.drop(request)["id"])


def migrate(house: Household) -> None:
    """A file of the program that there was before, put where ours is, and waited for."""
    old_id = f"old-{house.number()}"
    entry = {
        "id": old_id,
        "worktreePath": str(house.house.place),
        "repositoryId": "default",
        "pid": 7,
        "createdAt": "2025-12-01T09:30:00.000Z",
    }
    content = json.dumps([entry]).encode()
    save(house.projection(), content)
    house.layer.mark(m.KeptForGood(content))
    eventually(
        lambda: house.house.ask({"type": "get-session", "session": old_id}).data is not None,
        seconds=PATIENCE_SECONDS,
    )


def again(house: Household) -> None:
    """The tree ends and starts."""
    house.house.again()


class Row(NamedTuple):
    change: Callable[[Household], None]
    weight: int


ROWS = (
    Row(create, 3),
    Row(drop_creation, 3),
    Row(say_much, 4),
    Row(update, 4),
    Row(drop_update, 3),
    Row(edit, 1),
    Row(delete, 2),
    Row(delete, 2),
    Row(restore, 2),
    Row(delete, 2),
    Row(purge, 1),
    Row(move_out_and_in, 1),
    Row(fork, 2),
    Row(drop_fork, 2),
    Row(migrate, 1),
    Row(again, 1),
)


def work(house: Household, count: int) -> Counter[str]:
    """Every row once, then by chance until there are `count`; how often each was done."""
    rows = [row.change for row in ROWS]
    drawn = house.random.choices(rows, [row.weight for row in ROWS], k=max(0, count - len(rows)))
    changes = [*rows, *drawn]
    for change in changes:
        change(house)
    return Counter(change.__name__ for change in changes)
