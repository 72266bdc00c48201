import json
import tarfile
from pathlib import Path

import pytest

from storage import exported
from storage.errors import JournalMissing
from storage.trash import move_to_trash
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes
from tests.actors.cli.store import Store

ID, OTHER = "abcdefghijkl", "abcdmnopqrst"


@pytest.fixture
def store(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(data)
    made.add(ID, 4, "Talk")
    made.add(OTHER, 3, "Other")
    made.write_sessions_file()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return made


@pytest.mark.parametrize("reference", [ID, "abcde", "Talk"])
def test_an_export_is_written_here_by_default(run: Run, store: Store, reference: str) -> None:
    outcome = run("export", reference)
    assert (outcome.status, outcome.err) == (0, "")
    file = Path.cwd() / f"greenroom-{ID}.tar.gz"
    assert outcome.out.startswith(f"Talk {ID} is in {file} (")
    with tarfile.open(file) as tar:
        assert tar.getnames()[:2] == ["manifest.json", "journal.jsonl"]


def test_where_to_is_a_file_or_a_directory(run: Run, store: Store, tmp_path: Path) -> None:
    assert run("export", ID, "-o", str(tmp_path)).status == 0
    assert (tmp_path / f"greenroom-{ID}.tar.gz").exists()
    answer = json.loads(run("export", ID, "-o", "own.tar.gz", "--json").out)
    assert answer["data"] == {
        "session_id": ID,
        "title": "Talk",
        "workspace": "default",
        "n": 4,
        "file": str(Path.cwd() / "own.tar.gz"),
        "bytes": Path("own.tar.gz").stat().st_size,
    }
    outcome = run("export", ID, "-o", "nowhere/own.tar.gz")
    assert outcome.status == 1
    assert "name another with -o" in outcome.err


def test_nothing_is_overwritten_unless_forced(run: Run, store: Store) -> None:
    Path("own").write_text("mine")
    outcome = run("export", ID, "-o", "own")
    assert outcome.status == 1
    assert "--force" in outcome.err
    assert Path("own").read_text() == "mine"
    assert run("export", ID, "-o", "own", "--force").status == 0
    assert Path("own").stat().st_size > 100


def test_what_lies_in_the_trash_can_be_exported(run: Run, store: Store) -> None:
    move_to_trash(store.data, "default", ID, 4)
    assert run("export", "Talk").status == 0


def test_what_is_not_there_or_means_several_is_refused(run: Run, store: Store) -> None:
    outcome = run("export", "nothing")
    assert outcome.status == 1
    assert "greenroom trash" in outcome.err
    answer = json.loads(run("export", "abcd", "--json").out)
    assert answer["error"]["code"] == "ambiguous"
    assert {each["id"] for each in answer["error"]["data"]["candidates"]} == {ID, OTHER}


def test_a_damaged_session_is_not_exported(run: Run, store: Store) -> None:
    store.damage(ID, 3)
    outcome = run("export", ID)
    assert outcome.status == 1
    assert "number 3" in outcome.err
    assert list(Path.cwd().iterdir()) == []


def test_a_number_that_was_answered_must_be_in_it(run: Run, store: Store) -> None:
    store.answer(ID, 9)
    assert "number 9 was confirmed" in run("export", ID).err


def test_no_data_directory_is_one_line(run: Run, data: Path) -> None:
    outcome = run("export", ID)
    assert (outcome.status, len(outcome.err.splitlines())) == (1, 1)


def test_an_import_is_asked_of_the_daemon(run: Run, serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "it.tar.gz"
    file.touch()
    made = {"id": ID, "title": "Talk", "workspace": "side", "location_exists": True}
    daemon = serve(yes(made))
    outcome = run("import", str(file), "--workspace", "side")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Talk {ID} is here, in workspace side, stopped; ")
    (request,) = daemon.requests
    del request["id"]
    assert request == {"type": "import-session", "path": str(file), "workspace": "side"}


def test_a_refused_import_is_status_1(run: Run, serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "it.tar.gz"
    file.touch()
    serve(no("session-exists", f"Session already exists with ID: {ID}"))
    outcome = run("import", str(file))
    assert outcome.status == 1
    assert f"Session already exists with ID: {ID}" in outcome.err


def test_a_file_that_is_not_there_is_said_at_once(run: Run) -> None:
    outcome = run("import", "/nowhere/it.tar.gz")
    assert outcome.status == 1
    assert "does not exist" in outcome.err


def test_one_that_is_deleted_meanwhile_is_to_be_exported_again(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(directory: Path, *_: object, **__: object) -> None:
        directory.rename(store.data.trash("default") / f"{ID}-3")
        raise JournalMissing("no journal")

    with monkeypatch.context() as patch:
        patch.setattr(exported, "export", moved)
        outcome = run("export", ID)
    assert outcome.status == 1
    assert outcome.err == f"greenroom: {ID} was moved while it was read; export it again\n"
    assert run("export", ID, "--force").status == 0
