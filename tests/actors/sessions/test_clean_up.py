"""Clean-up commands that leave behind all that a program can leave behind: nobody of them stays."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.inherited import UMASK
from actors.messages.orphans import CLEAN_UP, clean_up_key
from actors.orphans import sweeper
from actors.orphans.snapshot import all_marked
from actors.sessions import clean_up as module
from actors.sessions.clean_up import clean_up
from tests.actors.git.places import commit, new_repository
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.peers.hard_to_end import BULK
from tests.peers.processes import alive

LEAVER = Path(__file__).parents[2] / "peers" / "hard_to_end.py"
COUNT = BULK + 6
ENVIRON = {"PATH": os.environ["PATH"]}
HOLDER = """
import sys
from pathlib import Path
from actors.sessions.clean_up import clean_up
clean_up(tuple(sys.argv[2:]), Path("/"), {}, held=int(sys.argv[1]), over=lambda: False)
"""


@pytest.fixture
def pids(tmp_path: Path) -> Iterator[Path]:
    """Where each process of a clean-up puts a file; none of them outlives the test."""
    made = tmp_path / "pids"
    made.mkdir()
    yield made
    for pid in filter(alive, left_in(made)):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield descriptor
    os.close(descriptor)


def left_in(pids: Path) -> set[int]:
    return {int(path.name.rpartition("-")[2]) for path in pids.iterdir()}


def none_lives(pids: Path) -> bool:
    return not any(map(alive, left_in(pids)))


def leaving(pids: Path) -> tuple[str, ...]:
    return sys.executable, str(LEAVER), str(pids)


def never() -> bool:
    return False


# One command.


def test_what_goes_wrong_is_a_sentence(tmp_path: Path, lock: int) -> None:
    def said(*command: str) -> str | None:
        return clean_up(command, tmp_path, ENVIRON, held=lock, over=never)

    assert said("true") is None
    assert said("sh", "-c", "exit 5") == "its clean-up command ended with 5"
    assert said("sh", "-c", "echo why >&2; exit 3") == "its clean-up command ended with 3: why"
    assert said("sh", "-c", "kill -9 $$") == "its clean-up command was ended by signal 9"
    missing = said("no-such-program") or ""
    assert missing.startswith("its clean-up command ended with 127: no-such-program: No such file")


def test_errors_without_end_take_no_room(
    tmp_path: Path, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLEAN_UP_SECONDS", 1.0)
    script = "stat -Lc %F /proc/self/fd/2 > kind; exec yes why >&2"
    said = clean_up(("sh", "-c", script), tmp_path, ENVIRON, held=lock, over=never) or ""
    assert (tmp_path / "kind").read_text() == "fifo\n"
    assert said.startswith("its clean-up command was ended after 1 s: why\nwhy")
    assert len(said) <= 500


def test_it_runs_in_the_worktree_with_the_users_modes_and_no_lock_of_ours(
    tmp_path: Path, lock: int
) -> None:
    script = "pwd > where; ls -l /proc/self/fd > open; umask > mask"
    assert clean_up(("sh", "-c", script), tmp_path, ENVIRON, held=lock, over=never) is None
    assert (tmp_path / "where").read_text() == f"{tmp_path}\n"
    assert f"{tmp_path}\n" not in (tmp_path / "open").read_text()
    assert (tmp_path / "mask").read_text().strip() == f"{UMASK:04o}"


def test_one_that_ends_leaves_nobody(tmp_path: Path, pids: Path, lock: int) -> None:
    script = f"{' '.join(leaving(pids))} & until [ $(ls {pids} | wc -l) = {COUNT} ]; do :; done"
    assert clean_up(("sh", "-c", script), tmp_path, ENVIRON, held=lock, over=never) is None
    assert len(left_in(pids)) == COUNT
    assert none_lives(pids)


def test_one_that_does_not_end_is_ended_with_all_that_it_started(
    tmp_path: Path, pids: Path, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLEAN_UP_SECONDS", 1.0)
    said = clean_up(leaving(pids), tmp_path, ENVIRON, held=lock, over=never)
    assert said == "its clean-up command was ended after 1 s"
    assert none_lives(pids)


def test_one_that_is_cut_short_is_ended_with_all_that_it_started(
    tmp_path: Path, pids: Path, lock: int
) -> None:
    def is_there() -> bool:
        return len(left_in(pids)) == COUNT

    with pytest.raises(InterruptedError):
        clean_up(leaving(pids), tmp_path, ENVIRON, held=lock, over=is_there)
    assert none_lives(pids)


def test_it_ends_with_whoever_runs_it_and_keeps_the_lock_until_then(
    tmp_path: Path, pids: Path
) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    command = [sys.executable, "-c", HOLDER, str(descriptor), *leaving(pids)]
    root = Path(__file__).parents[3]
    runs = subprocess.Popen(command, cwd=root, pass_fds=(descriptor,))
    os.close(descriptor)
    eventually(lambda: len(left_in(pids)) == COUNT, seconds=PATIENCE_SECONDS)
    runs.kill()
    runs.wait()
    again = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(again, fcntl.LOCK_EX)
    os.close(again)
    assert none_lives(pids)


# That of a session.


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


def cleaned_by(greenroom: House, shop: Path, *command: str) -> Any:
    """A session whose worktree is cleaned up so."""
    commit(shop, ".greenroom/worktree.json", json.dumps({"cleanup": command}))
    greenroom.write_workspace({"worktrees": {"trust_setup": True}})
    return greenroom.create(
        session_type="worktree", repository=str(shop), branch="work", location_path=None
    )


@pytest.fixture
def hanging(greenroom: House, shop: Path, pids: Path, tmp_path: Path) -> Any:
    """It does not end, until there is a file `ended`."""
    script = f"test -e {tmp_path}/ended || exec {' '.join(leaving(pids))}"
    return cleaned_by(greenroom, shop, "sh", "-c", script)


def begun(greenroom: House, session: Any, pids: Path, count: int = COUNT) -> Any:
    """The answer to its deletion, to come; all processes of its clean-up are there."""
    answer = greenroom.post({"type": "delete-session", "session": session["id"]})
    eventually(lambda: len(left_in(pids)) == count, seconds=PATIENCE_SECONDS)
    return answer


def test_it_ends_with_greenroom_and_is_run_again_at_the_next_start(
    greenroom: House, hanging: Any, pids: Path, tmp_path: Path
) -> None:
    begun(greenroom, hanging, pids)
    greenroom.stop()
    assert none_lives(pids)
    assert Path(hanging["worktree_path"]).is_dir()
    (tmp_path / "ended").touch()
    greenroom.start()
    eventually(lambda: greenroom.get("list-trash")["sessions"], seconds=PATIENCE_SECONDS)
    assert not Path(hanging["worktree_path"]).exists()


def test_while_it_runs_it_is_its_sessions_and_nobody_sweeps_it_away(
    greenroom: House, hanging: Any, pids: Path
) -> None:
    begun(greenroom, hanging, pids)
    assert greenroom.get("cleanup-orphans") == {"ended": [], "left": []}
    assert all(map(alive, left_in(pids)))
    (found,) = greenroom.get("get-status")["sessions"]
    assert found["usage"]["processes"] == COUNT + 1


def test_what_a_killed_launcher_leaves_is_in_nobodys_way_and_swept(
    greenroom: House, shop: Path, pids: Path
) -> None:
    stay = "exec sleep 600"
    script = f"setsid sh -c 'echo > {pids}/a-$$; {stay}' & echo > {pids}/b-$$; {stay}"
    session = cleaned_by(greenroom, shop, "sh", "-c", script)
    answer = begun(greenroom, session, pids, 2)
    me, key = os.getpid(), clean_up_key(session["id"])
    (launcher,) = (
        each.pid
        for each in all_marked(str(greenroom.data.root))
        if each.parent == me and each.marks and each.marks.server == key
    )
    os.kill(launcher, signal.SIGKILL)
    told = answer.result(PATIENCE_SECONDS)
    assert told.ok, told
    assert told.data["worktree"]["notes"] == ["its clean-up command was ended by signal 9"]
    greenroom.get("cleanup-orphans")
    assert none_lives(pids)


def test_what_escapes_a_killed_launcher_without_a_mark_ends_too(
    greenroom: House, shop: Path, pids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cleared its environment, left its session and its parent before anybody looked."""
    monkeypatch.setattr(sweeper, "SCAN_SECONDS", 1e6)
    monkeypatch.setattr(sweeper, "AFTER_END_SECONDS", 1e6)
    bare = f"env -i setsid sh -c 'echo > {pids}/a-$$; exec sleep 600'"
    script = f'({bare} &); until [ -n "$(ls {pids})" ]; do :; done; kill -9 $PPID'
    session = cleaned_by(greenroom, shop, "sh", "-c", script)
    told = greenroom.get("delete-session", session=session["id"])
    assert told["worktree"]["notes"] == ["its clean-up command was ended by signal 9"]
    assert len(left_in(pids)) == 1
    assert none_lives(pids)


def test_it_enters_the_group_that_holds_its_session_to_its_limits(
    greenroom: House, shop: Path, pids: Path, tmp_path: Path
) -> None:
    """Where groups would be: nobody finds out that they are none."""
    groups: Any = greenroom.room.around.groups
    groups._mount, groups._base = None, tmp_path / "groups"
    session = cleaned_by(greenroom, shop, "sh", "-c", f"env > {pids}/a-$PPID")
    updates = {"config": {"limits": {"processes": 30}}}
    greenroom.get("update-session", session=session["id"], updates=updates)
    assert greenroom.get("delete-session", session=session["id"])["worktree"]["notes"] == []
    (entered,) = (tmp_path / "groups").rglob("cgroup.procs")
    assert entered.parent == tmp_path / "groups" / session["id"] / CLEAN_UP
    assert entered.read_text() == "0"
    (said,) = pids.iterdir()
    assert str(tmp_path / "groups") not in said.read_text()


def test_one_that_passes_the_limit_of_its_session_is_ended(
    greenroom: House, hanging: Any, pids: Path
) -> None:
    updates = {"config": {"limits": {"processes": 3}}}
    greenroom.get("update-session", session=hanging["id"], updates=updates)
    told = begun(greenroom, hanging, pids).result(PATIENCE_SECONDS)
    assert told.ok, told
    assert told.data["worktree"]["notes"] == ["its clean-up command was ended by signal 9"]
    assert none_lives(pids)
