"""The keeper against small real programs that stand in for the daemon."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from actors.keeper import deaths_in_a_row, keep, next_delay_seconds, own_run_directory
from actors.process_table import look_up

PROJECT = Path(__file__).resolve().parents[2]
KEEP = """
import sys
sys.path.insert(0, sys.argv[1])
from actors.keeper import keep
watched = int(sys.argv[4]) if sys.argv[4:] else None
sys.exit(keep(sys.argv[2], ["/bin/sh", "-c", sys.argv[3]], watched))
"""
FULL = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))
os.execv(sys.argv[1], sys.argv[1:])
"""
FULL_DISK = [sys.executable, "-c", FULL]
"""What runs after these words cannot add a byte to any file."""
COUNTED = 'echo $$ >> "{data}/starts"; '
"""Every stand-in notes its process id first."""


class Kept:
    """A keeper with a shell script for its daemon."""

    """`watched`: a daemon that runs already; its words are for `say`."""

    def __init__(
        self, data: Path, script: str, *, full: bool = False, watched: int | None = None
    ) -> None:
        data.mkdir(exist_ok=True)
        self._starts = data / "starts"
        self._log = data / "run" / "daemon.log"
        words = [str(PROJECT), str(data), COUNTED.format(data=data) + script]
        head = FULL_DISK if full else []
        words += [] if watched is None else [str(watched)]
        self.process = subprocess.Popen(
            [*head, sys.executable, "-P", "-c", KEEP, *words],
            cwd="/",
            stdin=None if watched is None else subprocess.PIPE,
        )

    def say(self, word: bytes) -> None:
        """The last of the watched daemon."""
        assert self.process.stdin
        with self.process.stdin as pipe:
            pipe.write(word)

    def end(self) -> int:
        return self.process.wait(20)

    @property
    def starts(self) -> list[int]:
        return (
            [int(line) for line in self._starts.read_text().split()]
            if self._starts.exists()
            else []
        )

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def wait_for_starts(self, count: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.starts) < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    starts = path / "starts"
    for line in starts.read_text().split() if starts.exists() else []:
        with suppress(ProcessLookupError):
            os.kill(int(line), signal.SIGKILL)


def test_the_log_it_writes_to_is_kept_small(data: Path) -> None:
    """A daemon that dies before it can look after its log must not fill the disk by its traces."""
    log = data / "run" / "daemon.log"
    lives = f"$(wc -l < {data}/starts)"
    script = f"yes | head -c 11000000 >> {log}; exit $(({lives} < 2 ? 9 : 0))"
    kept = Kept(data, script)
    kept.wait_for_starts(2)
    assert kept.end() == 0
    assert "keeper: the daemon" in log.with_name("daemon.log.1").read_text()[-200:]


@pytest.mark.parametrize("status", [0, 1, 3])
def test_an_end_that_was_meant_ends_the_keeper_with_the_same_status(
    data: Path, status: int
) -> None:
    kept = Kept(data, f"exit {status}")
    assert kept.end() == status
    assert len(kept.starts) == 1


def test_a_crashed_daemon_is_brought_back_and_that_is_logged(data: Path) -> None:
    kept = Kept(data, f'[ $(wc -l < "{data}/starts") = 1 ] && kill -9 $$; exit 0')
    assert kept.end() == 0
    assert len(kept.starts) == 2
    died = f"keeper: the daemon (pid {kept.starts[0]}) was killed by SIGKILL; "
    assert f"{died}it is started again at once" in kept.log


def test_from_the_second_crash_on_it_waits(data: Path) -> None:
    kept = Kept(data, f'[ $(wc -l < "{data}/starts") = 3 ] && exit 0; exit 70')
    assert kept.end() == 0
    assert len(kept.starts) == 3
    ends = [line.partition("ended with ")[2] for line in kept.log.splitlines()]
    assert ends == [
        "status 70; it is started again at once",
        "status 70; it is started again in 0.5 s",
    ]


def test_sigterm_ends_the_keeper_and_leaves_the_daemon(data: Path) -> None:
    kept = Kept(data, "exec sleep 60")
    kept.wait_for_starts(1)
    kept.process.terminate()
    assert kept.end() == 0
    os.kill(kept.starts[0], 0)
    assert (data / "run" / "keeper.pid").read_text() == ""


def test_sigterm_ends_a_keeper_that_waits(data: Path) -> None:
    kept = Kept(data, "exit 70")
    kept.wait_for_starts(4)
    kept.process.terminate()
    assert kept.end() == 0


def test_the_daemon_outlives_a_killed_keeper(data: Path) -> None:
    kept = Kept(data, "exec sleep 60")
    kept.wait_for_starts(1)
    kept.process.kill()
    kept.end()
    daemon = look_up(kept.starts[0])
    assert daemon is not None
    assert not daemon.is_dead


def test_its_process_id_is_written_and_a_second_keeper_starts_nothing(data: Path) -> None:
    first = Kept(data, "exec sleep 60")
    first.wait_for_starts(1)
    assert int((data / "run" / "keeper.pid").read_text()) == first.process.pid
    second = Kept(data, "exec sleep 60")
    assert second.end() == 3
    assert len(first.starts) == 1
    assert int((data / "run" / "keeper.pid").read_text()) == first.process.pid
    first.process.terminate()
    first.end()


def test_a_killed_keeper_can_be_followed_by_another(data: Path) -> None:
    first = Kept(data, "exec sleep 60")
    first.wait_for_starts(1)
    first.process.kill()
    first.end()
    second = Kept(data, "exit 3")
    assert second.end() == 3
    assert len(second.starts) == 2


@pytest.mark.parametrize("status", [0, 1, 3])
def test_a_watched_daemon_that_says_so_has_ended_for_good(data: Path, status: int) -> None:
    kept = Kept(data, "exit 0", watched=42)
    kept.say(b"%d\n" % status)
    assert kept.end() == status
    assert not kept.starts


@pytest.mark.parametrize(
    ("word", "told"), [(b"", "ended without a word"), (b"70\n", "ended with status 70")]
)
def test_a_watched_daemon_that_crashed_is_followed_by_one_of_its_own(
    data: Path, word: bytes, told: str
) -> None:
    once = f'[ $(wc -l < "{data}/starts") = 1 ] && exit 70; read nothing; exit 0'
    kept = Kept(data, once, watched=42)
    kept.say(word)
    assert kept.end() == 0
    assert len(kept.starts) == 2
    assert f"the daemon (pid 42) {told}; it is started again at once" in kept.log


def test_sigterm_ends_a_keeper_that_watches(data: Path) -> None:
    kept = Kept(data, "exit 0", watched=42)
    deadline = time.monotonic() + 20
    while not (data / "run" / "keeper.pid").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kept.process.terminate()
    assert kept.end() in {0, -signal.SIGTERM}
    kept.say(b"")
    assert not kept.starts


def test_a_directory_that_is_not_ours_is_refused(data: Path, tmp_path: Path) -> None:
    data.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (data / "run").symlink_to(tmp_path / "elsewhere")
    kept = Kept(data, "exit 0")
    assert kept.end() == 1
    assert not kept.starts


def test_the_run_directory_is_made_private(tmp_path: Path) -> None:
    run = Path(own_run_directory(str(tmp_path / "a" / "b")))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (run, run.parent)] == [0o700, 0o700]


def test_a_full_disk_keeps_nobody_from_being_brought_back(data: Path) -> None:
    twice = f'mkdir "{data}/second" 2> /dev/null || exit 0; kill -9 $$'
    kept = Kept(data, twice, full=True)
    assert kept.end() == 0
    assert (data / "second").is_dir()
    assert kept.log == ""
    assert (data / "run" / "keeper.pid").read_text() == ""


def test_without_a_place_for_its_process_file_it_keeps_all_the_same(data: Path) -> None:
    (data / "run" / "keeper.pid").mkdir(parents=True)
    kept = Kept(data, f'[ $(wc -l < "{data}/starts") = 1 ] && kill -9 $$; exit 0')
    assert kept.end() == 0
    assert len(kept.starts) == 2
    assert "it goes on without its process file" in kept.log


def test_a_daemon_that_cannot_be_started_is_tried_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def spawn(path: str, *_: object) -> int:
        tried.append(path)
        if len(tried) == 1:
            raise OSError(errno.EAGAIN, "too many processes")
        return os.spawnv(os.P_NOWAIT, "/bin/false", ["false"])

    monkeypatch.setattr(os, "posix_spawn", spawn)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert keep(str(data), ["/the/daemon"]) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert tried == ["/the/daemon"] * 2
    assert "could not be started" in (data / "run" / "daemon.log").read_text()


def test_delays_double_from_the_second_death_up_to_their_limit() -> None:
    delays = [next_delay_seconds(count) for count in range(1, 11)]
    assert delays == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert next_delay_seconds(10_000) == 30.0


def test_a_minute_of_health_begins_the_count_anew() -> None:
    assert deaths_in_a_row(5, 59.9) == 6
    assert deaths_in_a_row(5, 60.0) == 1
    assert deaths_in_a_row(0, 0.1) == 1
