import json
from pathlib import Path

import pytest

from actors.cli.main import main
from storage.trash import move_to_trash
from tests.actors.cli.conftest import ENVIRON, Run, Serve
from tests.actors.cli.fake_daemon import no, yes
from tests.actors.cli.store import Store

ID = "abcdefghijkl"
BACK = {"id": ID, "title": "Talk", "workspace": "default", "location_exists": True}


@pytest.fixture
def store(data: Path) -> Store:
    made = Store(data)
    made.add(ID, 3, "Talk")
    move_to_trash(made.data, "default", ID, 3)
    return made


def test_the_trash_is_listed_without_a_daemon(run: Run, store: Store) -> None:
    outcome = run("trash")
    assert (outcome.status, outcome.err) == (0, "")
    heading, row, total = outcome.out.splitlines()
    assert heading.split() == ["NAME", "TITLE", "TYPE", "DELETED", "SIZE"]
    assert row.split()[:3] == [f"{ID}-3", "Talk", "quick"]
    assert total.startswith("1 session, ")
    assert "greenroom restore NAME" in total


def test_the_listing_names_the_directory_that_was_named(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(store.data.root)
    assert main(["--data", place, "trash"], {**ENVIRON, "GREENROOM_HOME": "/elsewhere"}) == 0
    total = capsys.readouterr().out.splitlines()[-1]
    assert f"greenroom --data {place} restore NAME" in total
    assert f"greenroom --data {place} purge NAME" in total


def test_the_listing_has_the_shape_of_the_request(run: Run, store: Store) -> None:
    answer = json.loads(run("trash", "--json").out)
    assert (answer["type"], answer["ok"]) == ("list-trash", True)
    (entry,) = answer["data"]["sessions"]
    assert (entry["id"], entry["n"], entry["problem"]) == (ID, 3, None)


def test_a_damaged_one_says_so(run: Run, store: Store) -> None:
    journal = store.data.trash("default") / f"{ID}-3" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"hello", b"jello"))
    assert "damaged from number 2" in run("trash").out


def test_an_empty_trash_and_none_at_all(run: Run, data: Path) -> None:
    outcome = run("trash")
    assert outcome.status == 1
    assert f"there is no directory {data}" in outcome.err
    Store(data)
    assert run("trash") == (0, "the trash is empty\n", "")


def test_a_restored_session_says_how_to_go_on(run: Run, serve: Serve) -> None:
    daemon = serve(yes(BACK))
    outcome = run("restore", "Talk")
    assert outcome == (
        0,
        f"Talk {ID} is back, stopped; start it with: greenroom run {ID}\n",
        "",
    )
    (request,) = daemon.requests
    del request["id"]
    assert request == {"type": "restore-session", "session": "Talk"}


def test_a_directory_that_is_gone_is_said(run: Run, serve: Serve) -> None:
    serve(yes({**BACK, "location_exists": False, "location_path": "/gone"}))
    assert "/gone does not exist here; make it first" in run("restore", "Talk").err


def test_what_brings_a_worktree_back_is_named(run: Run, serve: Serve) -> None:
    gone = {"type": "worktree", "location_exists": False, "location_path": "/gone"}
    serve(yes({**BACK, **gone}))
    told = f"/gone does not exist here; what brings it back: greenroom show {ID}"
    assert told in run("restore", "Talk").err


def test_a_refused_restore_is_status_1(run: Run, serve: Serve) -> None:
    serve(no("session-not-found", "Session not found with ID: Talk"))
    assert run("restore", "Talk").status == 1


def test_without_a_daemon_nothing_is_restored_or_purged(run: Run, store: Store) -> None:
    for words in (("restore", ID), ("purge", ID)):
        outcome = run(*words)
        assert outcome.status == 3
        assert "greenroom start" in outcome.err


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (("Talk",), {"session": "Talk"}),
        (("--older-than", "30"), {"older_than_days": 30}),
        (("--all", "--yes"), {"all": True}),
    ],
)
def test_a_purge_says_what_went(
    run: Run, serve: Serve, words: tuple[str, ...], fields: dict[str, object]
) -> None:
    purged = {"id": ID, "name": f"{ID}-3", "workspace": "default"}
    daemon = serve(yes({"purged": [purged], "bytes": 12_000}))
    outcome = run("purge", *words)
    assert outcome == (0, f"{ID}-3 is gone\n1 session purged, 12 kB freed\n", "")
    (request,) = daemon.requests
    del request["id"]
    assert request == {"type": "purge-session", **fields}


@pytest.mark.parametrize(
    "words", [(), ("Talk", "--all"), ("--all", "--older-than", "1"), ("--older-than", "soon")]
)
def test_a_purge_must_be_named(run: Run, store: Store, words: tuple[str, ...]) -> None:
    assert run("purge", *words).status == 2


def test_all_of_it_is_shown_before_it_goes(run: Run, store: Store) -> None:
    outcome = run("purge", "--all")
    assert outcome.status == 2
    assert "1 session (" in outcome.err
    assert "greenroom purge --all --yes" in outcome.err
    assert (store.data.trash("default") / f"{ID}-3").exists()


def test_of_an_empty_trash_all_is_purged_without_a_question(
    run: Run, serve: Serve, data: Path
) -> None:
    Store(data)
    daemon = serve(yes({"purged": [], "bytes": 0}))
    outcome = run("purge", "--all")
    assert (outcome.status, outcome.out) == (0, "0 sessions purged, 0 B freed\n")
    assert [request["type"] for request in daemon.requests] == ["purge-session"]
