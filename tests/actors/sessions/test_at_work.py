"""Who is at work below a directory, seen of real processes."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from actors.orphans.snapshot import all_marked
from actors.sessions.at_work import at_work_in
from storage.records.process import ProcessIdentity
from storage.records.session import QuickSession, Session
from storage.records.worker import TerminalWorker

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    begun: list[subprocess.Popen[bytes]] = []

    def start_it(
        place: Path,
        *,
        reads: IO[bytes] | None = None,
        writes: IO[bytes] | None = None,
        **marks: str,
    ) -> "subprocess.Popen[bytes]":
        begun.append(
            subprocess.Popen(
                ["sleep", "60"],
                cwd=place,
                env={"PATH": os.environ["PATH"], **marks},
                stdin=reads,
                stdout=writes,
                start_new_session=True,
            )
        )
        return begun[-1]

    yield start_it
    for one in begun:
        one.kill()
        one.wait()


def session(place: Path, name: str = "abcdefghijkl", **fields: object) -> Session:
    return QuickSession(
        id=name,
        title=f"of {name}",
        location_path=str(place),
        created_at=AT,
        updated_at=AT,
        **fields,  # type: ignore[arg-type]  # of a record
    )


def found(place: Path, own: Session, *others: Session) -> tuple[str, ...]:
    return at_work_in(place, own, all_marked("/nowhere"), [own, *others])


def test_others_are_named_and_those_elsewhere_are_not(tmp_path: Path, start: Start) -> None:
    place = tmp_path / "place"
    (place / "deep").mkdir(parents=True)
    (tmp_path / "place-2").mkdir()
    start(tmp_path / "place-2")
    one = start(place / "deep")
    assert found(place, session(place)) == (f"process {one.pid} (sleep) in {place}/deep",)


def test_its_own_are_left_out_by_mark_by_terminal_and_by_server(
    tmp_path: Path, start: Start
) -> None:
    own = session(tmp_path)
    instance = {"GREENROOM_INSTANCE": "x"}
    start(tmp_path, GREENROOM_WORKER=f"{own.id}/w", **instance)
    start(tmp_path, GREENROOM_SERVER=f"{own.id}/mcp:files", **instance)
    unmarked = start(tmp_path)
    assert len(found(tmp_path, own)) == 1
    identity = ProcessIdentity(boot_id="b", pid=unmarked.pid, start_ticks=1, nonce="n")
    worker = TerminalWorker(id="w", name="shell", created_at=AT, process=identity)
    assert found(tmp_path, session(tmp_path, workers=(worker,))) == ()
    assert len(found(tmp_path, session(tmp_path, "zzzzzzzzzzzz"))) == 3


def test_those_that_the_account_knows_are_its_own_until_its_workers_have_ended(
    tmp_path: Path, start: Start
) -> None:
    own = session(tmp_path)
    left = start(tmp_path)
    seen = [left.pid]
    processes = all_marked("/nowhere")
    assert at_work_in(tmp_path, own, processes, [], seen=seen) == ()
    (one,) = at_work_in(tmp_path, own, processes, [], seen=seen, has_ended=True)
    assert one.startswith(f"process {left.pid} ")


def test_sessions_that_live_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    own, other = session(tmp_path), session(tmp_path / "deep", "zzzzzzzzzzzz")
    assert found(tmp_path, own, other) == (
        f"session zzzzzzzzzzzz (of zzzzzzzzzzzz) in {tmp_path}/deep",
    )
    archived = session(tmp_path, "zzzzzzzzzzzz", archived=True)
    assert found(tmp_path, own, archived) == (
        f"session zzzzzzzzzzzz (of zzzzzzzzzzzz, archived) in {tmp_path}",
    )


def test_who_can_write_to_a_file_there_is_at_work_wherever_it_stands(
    tmp_path: Path, start: Start
) -> None:
    place, away = tmp_path / "place", tmp_path / "away"
    place.mkdir()
    away.mkdir()
    with (place / "log").open("wb") as log, (place / "log").open("rb") as reads:
        start(away, reads=reads)
        writer = start(away, writes=log)
    with (place / "gone").open("wb") as gone:
        start(away, writes=gone)
    (place / "gone").unlink()
    own = session(place)
    assert found(place, own) == (f"process {writer.pid} (sleep) with {place}/log open to write",)
    assert at_work_in(place, own, all_marked("/nowhere"), [own], seen=[writer.pid]) == ()
