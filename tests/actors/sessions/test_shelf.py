"""Delete, restore, purge, import on the real tree: nothing is lost, nothing starts by itself."""

from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage import exported, sessions_file, trash
from storage.errors import StorageFull
from storage.records import event as e
from storage.records.message import ChatMessage, TextContent
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house
from tests.storage.listing import listed

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)


def export(running: House, session_id: str, target: Path, workspace: str = "default") -> Path:
    directory = running.data.session(workspace, session_id)
    exported.export(directory, target, named_elsewhere=0, version="0", at=AT)
    return target


def a_talk(running: House) -> Any:
    running.converse([{"reply": [{"text": "yes"}]}])
    made = running.create(title="Talk", config={})
    running.get("request", session=made["id"], content="hello")
    return made


def names(running: House) -> list[str]:
    return [entry["name"] for entry in running.get("list-trash")["sessions"]]


def events(running: House, session_id: str, workspace: str = "default") -> list[str]:
    found = running.journal(session_id, workspace)
    return [type(event).__name__ for event in found]


def test_what_was_said_comes_back_from_the_trash(greenroom: House) -> None:
    session_id = a_talk(greenroom)["id"]
    said = greenroom.get("get-messages", session=session_id)
    history = greenroom.get("get-history", session=session_id)
    greenroom.get("delete-session", session=session_id)
    (entry,) = greenroom.get("list-trash")["sessions"]
    assert (entry["id"], entry["title"], entry["type"]) == (session_id, "Talk", "quick")
    assert (entry["problem"], entry["workspace"]) == (None, "default")
    assert entry["bytes"] > 0
    back = greenroom.get("restore-session", session="Talk")
    assert (back["id"], back["desired"], back["location_exists"]) == (session_id, "stopped", True)
    assert names(greenroom) == []
    assert session_id not in greenroom.awake()
    assert greenroom.get("get-messages", session=session_id) == said
    assert greenroom.get("get-history", session=session_id) == history
    assert greenroom.refused("request", session=session_id, content="again") == "session-stopped"
    greenroom.get("start-session", session=session_id)
    assert greenroom.get("request", session=session_id, content="again")["status"] == "completed"


def test_a_terminal_comes_back_with_its_output_and_starts_when_asked(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    greenroom.get("write-input", session=session_id, worker=worker_id, data="echo o''ld\r")
    greenroom.shows(session_id, worker_id, "old")
    greenroom.get("delete-session", session=session_id)
    greenroom.get("restore-session", session=session_id)
    worker = greenroom.worker(session_id, worker_id)
    assert (worker.status, worker.process) == ("stopped", None)
    assert "old" in greenroom.output(session_id, worker_id, epoch=1)
    greenroom.again()
    assert greenroom.worker(session_id, worker_id).status == "stopped"
    greenroom.get("start-session", session=session_id)
    assert greenroom.becomes(session_id, worker_id, "running").process is not None


def test_it_can_be_deleted_and_restored_again_and_again(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    for _ in range(3):
        assert greenroom.get("delete-session", session=session_id) == {"deleted": True}
        (name,) = names(greenroom)
        assert greenroom.get("restore-session", session=name)["id"] == session_id
        assert listed(greenroom.data.sessions("default")) == [session_id]
    greenroom.again()
    assert greenroom.record(session_id).desired == "stopped"


def test_of_two_restores_at_once_one_wins(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.get("delete-session", session=session_id)
    asked = [greenroom.post({"type": "restore-session", "session": session_id}) for _ in range(6)]
    wait(asked)
    answers = [future.result() for future in asked]
    assert sum(answer.ok for answer in answers) == 1
    codes = {answer.error.code for answer in answers if answer.error}
    assert codes <= {"session-not-found", "session-exists"}
    assert events(greenroom, session_id).count("SessionRestored") == 1


def test_what_is_not_there_is_not_found(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    assert greenroom.refused("restore-session", session=session_id) == "session-not-found"
    assert greenroom.refused("purge-session", session="nowhere") == "session-not-found"
    assert greenroom.record(session_id).id == session_id


def test_an_id_that_is_in_use_stays_in_the_trash(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.get("delete-session", session=session_id)
    (name,) = names(greenroom)
    greenroom.data.session("default", session_id).mkdir()
    assert greenroom.refused("restore-session", session=name) == "session-exists"
    assert names(greenroom) == [name]


def test_a_damaged_one_stays_in_the_trash_and_can_be_purged(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.get("update-session", session=session_id, updates={"title": "Other"})
    greenroom.get("delete-session", session=session_id)
    (name,) = names(greenroom)
    journal = greenroom.data.trash("default") / name / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"Other", b"Wrong"))
    answer = greenroom.ask({"type": "restore-session", "session": session_id})
    assert answer.error is not None
    assert answer.error.code == "session-quarantined"
    assert f"greenroom salvage {session_id}" in answer.error.message
    (entry,) = greenroom.get("list-trash")["sessions"]
    assert "damaged" in entry["problem"]
    assert greenroom.get("purge-session", session=name)["purged"][0]["id"] == session_id
    assert listed(greenroom.data.trash("default")) == []


def test_a_purge_names_what_it_means(greenroom: House) -> None:
    for fields in ({}, {"all": True, "session": "x"}, {"all": False}):
        assert greenroom.refused("purge-session", **fields) == "bad-request"


def test_purging_all_leaves_the_living_alone(greenroom: House) -> None:
    kept = greenroom.create()["id"]
    gone = [greenroom.create()["id"] for _ in range(3)]
    for session_id in gone:
        greenroom.get("delete-session", session=session_id)
    assert greenroom.get("purge-session", older_than_days=1)["purged"] == []
    purged = greenroom.get("purge-session", all=True)
    assert sorted(each["id"] for each in purged["purged"]) == sorted(gone)
    assert purged["bytes"] > 0
    assert listed(greenroom.data.trash("default")) == []
    assert greenroom.record(kept).id == kept
    assert greenroom.get("purge-session", older_than_days=0) == {"purged": [], "bytes": 0}


def test_what_is_purged_stands_in_sessions_json_no_more(greenroom: House) -> None:
    """A start that found it there, and nowhere else, would say that its directory is lost."""
    session_id = greenroom.create()["id"]
    eventually(lambda: bool(greenroom.projected()))
    greenroom.get("delete-session", session=session_id)
    greenroom.get("purge-session", session=session_id)
    assert greenroom.projected() == []


def test_what_is_purged_on_a_full_disk_makes_the_room_to_say_so(
    greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = greenroom.create()["id"]
    eventually(lambda: bool(greenroom.projected()))
    greenroom.get("delete-session", session=session_id)
    write = sessions_file.write

    def full(*given: Any, **named: Any) -> sessions_file.Written:
        if trash.shelved(greenroom.data):
            raise StorageFull("no space left")
        return write(*given, **named)

    monkeypatch.setattr(sessions_file, "write", full)
    greenroom.get("purge-session", session=session_id)
    assert greenroom.projected() == []


def test_a_start_finishes_what_a_crash_left(greenroom: House) -> None:
    greenroom.stop()
    for left in (
        greenroom.data.trash("default") / ".purging-abc-17",
        greenroom.data.workspace("default") / ".importing-abc",
    ):
        left.mkdir()
        left.joinpath("journal.jsonl").write_text("half of it")
    greenroom.start()
    assert eventually(lambda: listed(greenroom.data.trash("default")) == [])
    half = greenroom.data.workspace("default") / ".importing-abc"
    assert eventually(lambda: not half.exists())


def test_a_deleted_session_that_was_copied_back_goes_to_the_trash_beside_the_other(
    greenroom: House,
) -> None:
    session_id = greenroom.create()["id"]
    greenroom.get("delete-session", session=session_id)
    (name,) = names(greenroom)
    source = greenroom.data.trash("default") / name
    greenroom.stop()
    target = greenroom.data.session("default", session_id)
    target.mkdir()
    target.joinpath("journal.jsonl").write_bytes(source.joinpath("journal.jsonl").read_bytes())
    greenroom.start()
    eventually(lambda: listed(greenroom.data.trash("default")) == [name, f"{name}.2"])
    assert greenroom.refused("restore-session", session=session_id) == "ambiguous"
    assert greenroom.get("restore-session", session=f"{name}.2")["id"] == session_id


@pytest.fixture
def elsewhere(tmp_path: Path) -> Any:
    home = tmp_path / "elsewhere"
    home.mkdir()
    with house(home) as running:
        yield running


def test_a_session_moves_to_another_greenroom(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    session_id = a_talk(greenroom)["id"]
    file = export(greenroom, session_id, tmp_path / "talk.tar.gz")
    brought = elsewhere.get("import-session", path=str(file))
    assert (brought["id"], brought["title"], brought["desired"]) == (session_id, "Talk", "stopped")
    for kind in ("get-messages", "get-history"):
        found = elsewhere.get(kind, session=session_id)
        assert found == greenroom.get(kind, session=session_id)
    assert events(elsewhere, session_id)[-1] == "SessionRestored"
    answer = elsewhere.ask({"type": "import-session", "path": str(file)})
    assert answer.error is not None
    assert answer.error.code == "session-exists"
    assert f"Session already exists with ID: {session_id}" in answer.error.message


def test_one_that_lies_in_the_trash_is_not_imported_beside_it(
    greenroom: House, tmp_path: Path
) -> None:
    session_id = greenroom.create()["id"]
    file = export(greenroom, session_id, tmp_path / "it.tar.gz")
    greenroom.get("delete-session", session=session_id)
    assert greenroom.refused("import-session", path=str(file)) == "session-exists"
    greenroom.get("purge-session", all=True)
    assert greenroom.get("import-session", path=str(file))["id"] == session_id


def test_a_session_can_come_into_another_workspace(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    session_id = greenroom.create()["id"]
    file = str(export(greenroom, session_id, tmp_path / "it.tar.gz"))
    answer = elsewhere.refused("import-session", path=file, workspace="side")
    assert answer == "workspace-not-found"
    elsewhere.data.workspace("side").mkdir()
    assert elsewhere.get("import-session", path=file, workspace="side")["workspace"] == "side"
    elsewhere.get("update-session", session=session_id, updates={"title": "Here"})
    elsewhere.again()
    assert (elsewhere.record(session_id).workspace, elsewhere.record(session_id).title) == (
        "side",
        "Here",
    )
    elsewhere.get("delete-session", session=session_id)
    assert elsewhere.get("restore-session", session=session_id)["workspace"] == "side"


def test_an_open_request_is_cut_off_and_asks_no_model(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    """Exported while an answer was being made: here nobody goes on with it."""
    session_id = a_talk(greenroom)["id"]
    greenroom.stop()
    message = ChatMessage(id="asked", role="user", content=(TextContent("and?"),), created_at=AT)
    greenroom.add_to_journal(
        session_id,
        e.RequestQueued(f"{session_id}-open", message),
        e.MessageAdded(message),
        e.TurnStarted(f"{session_id}-open", 1, "scripted"),
    )
    file = export(greenroom, session_id, tmp_path / "open.tar.gz")
    elsewhere.converse([{"reply": [{"text": "never asked for"}]}])
    assert elsewhere.get("import-session", path=str(file))["open_requests"] == 1
    eventually(lambda: elsewhere.record(session_id).open_requests == 0)
    response = elsewhere.ask({"type": "get-response", "response_id": f"{session_id}-open"})
    assert response.data.status == "cancelled"
    elsewhere.again()
    elsewhere.get("start-session", session=session_id)
    assert events(elsewhere, session_id).count("TurnStarted") == 2
    assert events(elsewhere, session_id).count("RequestCompleted") == 2


def test_a_session_is_exported_while_it_goes_on(
    greenroom: House, elsewhere: House, tmp_path: Path
) -> None:
    session_id, worker_id = greenroom.shell()
    command = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line-$i; done\r"
    greenroom.get("write-input", session=session_id, worker=worker_id, data=command)
    for number in range(5):
        greenroom.get("update-session", session=session_id, updates={"title": f"T{number}"})
    export(greenroom, session_id, tmp_path / "live.tar.gz")
    greenroom.shows(session_id, worker_id, "line-300")
    found = elsewhere.get("import-session", path=str(tmp_path / "live.tar.gz"))
    worker = found["workers"][0]
    assert (worker["status"], worker["process"]) == ("lost", None)
    output = elsewhere.output(session_id, worker_id)
    assert greenroom.output(session_id, worker_id).startswith(output)
    assert greenroom.worker(session_id, worker_id).status == "running"


@pytest.mark.parametrize("way", ["missing", "text", "relative", "directory"])
def test_what_is_no_export_is_refused_and_leaves_nothing(
    greenroom: House, tmp_path: Path, way: str
) -> None:
    path = tmp_path / "file"
    if way == "text":
        path.write_text("hello")
    if way == "directory":
        path.mkdir()
    before = listed(greenroom.data.workspace("default"))
    name = "file" if way == "relative" else str(path)
    code = greenroom.refused("import-session", path=name)
    assert code == ("bad-request" if way == "relative" else "bad-file")
    assert listed(greenroom.data.workspace("default")) == before


def test_a_request_handed_in_again_is_answered_and_not_done_again(
    greenroom: House, tmp_path: Path
) -> None:
    """After a crash before its answer was written."""
    session_id = greenroom.create()["id"]
    file = export(greenroom, session_id, tmp_path / "it.tar.gz")
    greenroom.get("delete-session", session=session_id)
    restore = {"type": "restore-session", "session": session_id}
    first = greenroom.post(restore, request_id="7-restore").result(20)
    again = greenroom.post(restore, request_id="7-restore", again=True).result(20)
    assert first.data == again.data
    greenroom.get("delete-session", session=session_id)
    purge = {"type": "purge-session", "session": session_id}
    assert greenroom.post(purge, request_id="8-purge").result(20).data["purged"]
    assert greenroom.post(purge, request_id="8-purge", again=True).result(20).ok
    bring = {"type": "import-session", "path": str(file)}
    first = greenroom.post(bring, request_id="9-import").result(20)
    again = greenroom.post(bring, request_id="9-import", again=True).result(20)
    assert first.ok
    assert first.data == again.data
    assert events(greenroom, session_id).count("SessionRestored") == 1
    assert trash.shelved(greenroom.data) == []


def test_of_two_purges_at_once_one_wins(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.get("delete-session", session=session_id)
    asked = [greenroom.post({"type": "purge-session", "session": session_id}) for _ in range(6)]
    wait(asked)
    answers = [future.result() for future in asked]
    assert sum(answer.ok for answer in answers) == 1
    assert {answer.error.code for answer in answers if answer.error} == {"session-not-found"}


def test_nothing_comes_in_while_the_store_refuses_changes(greenroom: House, tmp_path: Path) -> None:
    session_id = greenroom.create()["id"]
    file = export(greenroom, session_id, tmp_path / "one.tar.gz")
    greenroom.get("delete-session", session=session_id)
    greenroom.room.around.health.failed(StorageFull("no space left"))
    assert greenroom.refused("restore-session", session=session_id) == "storage-full"
    assert greenroom.refused("import-session", path=str(file)) == "storage-full"
    assert greenroom.get("purge-session", session=session_id)["purged"][0]["id"] == session_id
    eventually(lambda: greenroom.room.around.health.problem is None)
    assert greenroom.get("import-session", path=str(file))["id"] == session_id


def test_a_trash_that_somebody_removed_keeps_nothing_from_being_deleted(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    greenroom.data.trash("default").rmdir()
    assert greenroom.get("delete-session", session=session_id) == {"deleted": True}
    assert len(names(greenroom)) == 1
    again = greenroom.post(
        {"type": "delete-session", "session": session_id}, request_id="other", again=True
    )
    assert again.result().data == {"deleted": False}
