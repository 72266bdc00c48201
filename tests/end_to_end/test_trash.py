"""The real program: a deleted session comes back whole, and moves elsewhere as one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import House, processes_of


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "other-home"
    home.mkdir()
    made = House(tmp_path / "elsewhere", home)
    made.run("start")
    yield made
    made.run("stop", expect=None)
    made.wait(lambda: not processes_of(made.data))


def output(house: House, session: str, worker: str) -> str:
    fields = {"session": session, "worker": worker, "epoch": 1}
    return str(house.data_of({"type": "get-output", **fields})["data"])


def test_delete_restore_export_import_purge(
    running: House, elsewhere: House, tmp_path: Path
) -> None:
    made = running.json("new", str(running.home), "--title", "Talk", "--terminal")["data"]
    session, worker = made["id"], made["workers"][0]["id"]
    running.run("type", f"{session}/{worker}", "echo he''llo")
    running.wait(lambda: "hello" in output(running, session, worker))

    running.run("delete", "Talk")
    assert "Talk" in running.run("trash").stdout
    running.run("restore", "Talk")
    back = running.json("show", "Talk")["data"]
    assert (back["id"], back["desired"], back["workers"][0]["status"]) == (
        session,
        "stopped",
        "stopped",
    )
    assert "hello" in output(running, session, worker)

    file = tmp_path / "talk.tar.gz"
    running.run("stop")
    running.run("export", "Talk", "-o", str(file))
    assert elsewhere.run("import", str(file)).stdout.startswith(f"Talk {session} is here")
    assert "hello" in output(elsewhere, session, worker)
    again = elsewhere.run("import", str(file), expect=1)
    assert f"Session already exists with ID: {session}" in again.stderr
    elsewhere.run("run", "Talk")
    assert elsewhere.worker(session, worker)["status"] == "running"
    elsewhere.run("delete", "Talk")
    assert "would be gone for good" in elsewhere.run("purge", "--all", expect=2).stderr
    elsewhere.run("purge", "--all", "--yes")
    assert "the trash is empty" in elsewhere.run("trash").stdout
    elsewhere.run("doctor")
    elsewhere.run("verify")
