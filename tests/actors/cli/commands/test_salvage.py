"""From a damaged journal to a session that runs again, by the command alone."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from storage import catalog, trash
from storage.journal.log import NAME
from tests.actors.cli.conftest import Run
from tests.actors.cli.store import Store
from tests.storage.histories import START
from tests.storage.listing import listed

ONE, OTHER = "abcdefghijkl", "abcdmnopqrst"


@pytest.fixture
def store(data: Path) -> Store:
    made = Store(data)
    made.add(ONE, 6, "First")
    made.add(OTHER, 3, "Second")
    made.answer(ONE, 6)
    made.write_sessions_file()
    return made


def answered(run: Run, *words: str) -> dict[str, Any]:
    outcome = run("salvage", *words, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    data: dict[str, Any] = json.loads(outcome.out)["data"]
    return data


def refused(run: Run, code: str, *words: str) -> str:
    outcome = run("salvage", *words, "--json")
    assert outcome.status == 1
    error = json.loads(outcome.out)["error"]
    assert error["code"] == code
    assert outcome.err.startswith("greenroom: ")
    return str(error["message"])


def test_what_was_kept_and_lost_is_said_and_nothing_is_changed(run: Run, store: Store) -> None:
    offset = store.damage(ONE, 3)
    before = store.journal(ONE).read_bytes()
    outcome = run("salvage", ONE)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == f"default/{ONE}  kept 5 commits, up to number 6"
    assert lines[1].startswith("  lost: number 3; ")
    assert lines[1].endswith(f" bytes from byte {offset} on: damaged, by its checksum")
    assert f"greenroom salvage {ONE} --install" in lines[3]
    assert store.journal(ONE).read_bytes() == before
    found = answered(run, ONE)
    assert (found["kept"], found["n"], found["installed"], found["damaged"]) == (5, 6, False, None)
    assert [(lost["first"], lost["last"]) for lost in found["lost"]] == [(3, 3)]
    assert Path(found["path"]).parent == store.journal(ONE).parent


def test_installed_it_is_whole_and_the_next_start_takes_it(run: Run, store: Store) -> None:
    store.damage(ONE, 3)
    os.truncate(store.journal(ONE), store.journal(ONE).stat().st_size - 5)
    assert run("verify").status == 1
    assert ONE in catalog.load(store.data, "default").unreadable
    outcome = run("salvage", ONE, "--install")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1] == "go on with: greenroom start"
    assert run("verify").status == 0
    loaded = catalog.load(store.data, "default")
    assert loaded.unreadable == {}
    assert loaded.entries[ONE].end.n == 6
    assert "journal.damaged-3" in listed(store.journal(ONE).parent)
    assert answered(run, ONE, "--install")["installed"] is False


def test_a_whole_journal_is_left_as_it_is(run: Run, store: Store) -> None:
    before = listed(store.journal(ONE).parent)
    for words in ((ONE,), (ONE, "--install")):
        outcome = run("salvage", *words)
        assert outcome.out == (f"default/{ONE}  whole to number 6: there is nothing to salvage\n")
    assert listed(store.journal(ONE).parent) == before


def test_a_session_is_named_by_id_beginning_or_title(run: Run, store: Store) -> None:
    for reference in (ONE, "abcde", "First"):
        assert answered(run, reference)["session_id"] == ONE
    assert ONE in refused(run, "ambiguous", "abcd")
    for unknown in ("abc", "nothing", "Third", "../x"):
        assert "not found" in refused(run, "session-not-found", unknown)


def test_while_somebody_has_the_directory_nothing_is_put_in_place(run: Run, store: Store) -> None:
    store.damage(ONE, 3)
    lock = store.data.lock()
    try:
        text = refused(run, "already-running", ONE, "--install")
        assert f"process {os.getpid()}" in text
        assert "greenroom stop" in text
        assert answered(run, ONE)["kept"] == 5
    finally:
        lock.release()
    assert answered(run, ONE, "--install")["installed"] is True


def test_what_cannot_be_salvaged_says_why(run: Run, store: Store) -> None:
    store.journal(ONE).write_bytes(b"\0" * 4096)
    assert "nothing can be salvaged" in refused(run, "journal-corrupt", ONE, "--install")
    assert store.journal(ONE).read_bytes() == b"\0" * 4096
    store.journal(OTHER).unlink()
    assert NAME in refused(run, "journal-missing", OTHER)


@pytest.mark.parametrize(
    ("number", "content", "said"),
    [
        (0, b"damaged\n", "the first line, made anew; 8 bytes from byte 0 on"),
        (3, b"", "number 3; 0 bytes from byte"),
        (6, b"{\n", "number 6; 2 bytes from byte"),
    ],
)
def test_each_loss_is_one_line(
    run: Run, store: Store, number: int, content: bytes, said: str
) -> None:
    lines = store.journal(ONE).read_bytes().splitlines(keepends=True)
    lines[number] = content
    store.journal(ONE).write_bytes(b"".join(lines))
    out = run("salvage", ONE).out.splitlines()
    assert out[1].startswith(f"  lost: {said}")


def test_a_tail_that_nobody_names_is_lost_without_a_last_number(run: Run, store: Store) -> None:
    with store.journal(OTHER).open("ab") as file:
        file.write(b"half a li")
    out = run("salvage", OTHER).out.splitlines()
    assert out[1].startswith("  lost: number 4 and all after it; 9 bytes from byte ")
    with store.journal(ONE).open("ab") as file:
        file.write(b"\n")
    lines = store.journal(ONE).read_bytes().splitlines(keepends=True)
    store.journal(ONE).write_bytes(b"".join([*lines[:2], b"\n", *lines[2:6], b"x\nx\n"]))
    text = run("salvage", ONE).out
    assert "  lost: no number; 1 bytes from byte " in text


def test_what_lies_in_the_trash_is_salvaged_there(run: Run, store: Store) -> None:
    store.damage(OTHER, 2)
    place = store.data.session("default", OTHER)
    shelved = place.rename(store.data.trash("default") / f"{OTHER}-3")
    out = run("salvage", "Second").out.splitlines()
    assert out[0] == f"default/trash/{OTHER}-3  kept 2 commits, up to number 3"
    assert out[-1].endswith(f"greenroom salvage {OTHER}-3 --install")
    outcome = run("salvage", OTHER, "--install")
    assert outcome.out.splitlines()[-1] == (
        f"go on with: greenroom start; greenroom restore {OTHER}-3"
    )
    (item,) = trash.shelved(store.data)
    assert item.directory == shelved
    session, _ = trash.restore(store.data, item, START)
    assert session.id == OTHER
    assert run("verify").status == 0


def test_an_end_that_a_start_cuts_needs_no_salvage(run: Run, store: Store) -> None:
    with store.journal(ONE).open("ab") as file:
        file.write(b"half a li")
    out = run("salvage", ONE).out
    assert "the next start cuts such an end off by itself" in out
    assert "--install" not in out
    store.damage(OTHER, 2)
    assert "--install" in run("salvage", OTHER).out


def test_a_creation_that_is_lost_is_made_anew_from_sessions_json(run: Run, store: Store) -> None:
    store.damage(ONE, 1)
    outcome = run("salvage", ONE, "--install")
    assert (
        "  how the session was created is lost too; sessions.json tells what it is" in outcome.out
    )
    assert answered(run, ONE)["lost"] == []
    assert catalog.load(store.data, "default").entries[ONE].session.title == "First"
    store.data.sessions_file("default").unlink()
    store.damage(OTHER, 1)
    assert "nothing can be salvaged" in refused(run, "journal-corrupt", OTHER)
