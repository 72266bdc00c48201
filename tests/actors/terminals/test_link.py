"""The link on its own, before a real terminal host; listeners are actors that write things down."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from actors.adapters.system_clock import SystemClock
from actors.boot import surroundings
from actors.messages import terminals as t
from actors.supervision import ActorRef, BaseActor, ChildContext, ask
from actors.surroundings import Surroundings
from actors.terminals import host_files
from actors.terminals.host_line import ANSWER_SECONDS
from actors.terminals.link import TerminalLink
from storage.data_dir import DataDir
from storage.output_log import read
from tests.actors.terminals.conftest import eventually, is_alive
from tests.fakes.actors import lone_context
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import end_host

M = TypeVar("M")
SHELL = ("/bin/sh", "-c", "echo up; read x; exit 3")


class Listener(BaseActor):
    def __init__(self, context: ChildContext, heard: list[Any]) -> None:
        super().__init__(context)
        self.heard = heard

    def on_message(self, message: Any) -> object:
        self.heard.append(message)
        return None


class Bench:
    """A link, and one listener for every terminal."""

    def __init__(self, home: Path) -> None:
        self.data = DataDir(home / "data")
        self.data.lock().release()
        self.data.prepare()
        self.around: Surroundings = surroundings(self.data, {}, SystemClock())
        self.heard: list[Any] = []
        self.listener: ActorRef[Any] = Listener.start(lone_context(), self.heard)
        self.clock = FakeClock()
        self.context = lone_context(self.clock)
        self.link: ActorRef[Any] = TerminalLink.start(self.context, self.around)

    def again(self) -> None:
        """A link as of the next daemon."""
        self.link.stop()
        self.heard.clear()
        self.context = lone_context(self.clock)
        self.link = TerminalLink.start(self.context, self.around)

    def open(self, key: str, *argv: str, **fields: Any) -> None:
        log = self.data.terminal_log("default", "abcdefghijkl", "abcdefghijk2")
        wanted: dict[str, Any] = {
            "key": key,
            "argv": argv or SHELL,
            "cwd": "/",
            "env": {"PATH": os.environ["PATH"]},
            "cols": 80,
            "rows": 24,
            "log_directory": str(log.with_name(key)),
            "nonce": "nonce",
            "listener": self.listener,
        }
        self.link.tell(t.OpenTerminal(**{**wanted, **fields}))

    def hears(self, kind: type[M], key: str | None = None) -> M:
        """The first message of this kind (and key); it is taken out."""

        def look() -> Any:
            for message in self.heard:
                if isinstance(message, kind) and key in {None, getattr(message, "key", None)}:
                    return message
            return None

        found: M = eventually(look)
        self.heard.remove(found)
        return found

    def up(self, key: str, *argv: str) -> int:
        self.open(key, *argv)
        return self.hears(t.TerminalUp, key).process.pid

    def describe(self) -> t.HostDescription:
        found: t.HostDescription = ask(self.link, t.DescribeHost(), 10)
        return found

    def falls_silent(self) -> t.TerminalHostSilent:
        """Time passes until somebody is told that the host does not answer."""

        def look() -> bool:
            self.clock.advance(ANSWER_SECONDS)
            return any(isinstance(message, t.TerminalHostSilent) for message in self.heard)

        eventually(look)
        return self.hears(t.TerminalHostSilent)

    @property
    def host_pid(self) -> int:
        host = host_files.recorded_host(self.data.root)
        assert host is not None
        return host.pid


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.link.stop()
    made.listener.stop()
    end_host(made.data)


def test_the_host_is_started_when_it_is_first_needed(bench: Bench) -> None:
    assert bench.describe() == t.HostDescription(None, 0)
    assert host_files.recorded_host(bench.data.root) is None
    pid = bench.up("one")
    assert is_alive(pid)
    found = bench.describe()
    assert (found.pid, found.terminals, found.problem) == (bench.host_pid, 1, None)


def test_input_is_confirmed_and_an_end_told_with_its_code(bench: Bench) -> None:
    bench.up("one")
    for data in (b"", b"late"):
        bench.link.tell(t.TypeIntoTerminal("one", 1, data, bench.listener))
        is_late = bool(data)
        assert bench.hears(t.TerminalTyped) == t.TerminalTyped("one", 1, 0, repeated=is_late)
    bench.link.tell(t.TypeIntoTerminal("one", 2, b"\n", bench.listener))
    assert bench.hears(t.TerminalTyped) == t.TerminalTyped("one", 2, 1)
    ended = bench.hears(t.TerminalEnded)
    assert (ended.code, ended.signal, ended.ended_by_us) == (3, None, False)
    assert bench.describe().terminals == 0


def test_input_for_nobody_is_refused(bench: Bench) -> None:
    bench.link.tell(t.TypeIntoTerminal("none", 7, b"x", bench.listener))
    refused = bench.hears(t.TerminalRefused)
    assert (refused.number, refused.code) == (7, "no-terminal")


def test_what_concerns_nobody_is_passed_over(bench: Bench) -> None:
    bench.link.tell(t.ResizeTo("none", 80, 24))
    bench.link.tell(t.SignalTerminal("none", "SIGTERM"))
    bench.link.tell(t.EndTerminal("none"))
    bench.link.tell(t.ForgetExit("none", 1))
    assert is_alive(bench.up("one"))
    assert (bench.describe().terminals, bench.heard) == (1, [])


def test_an_end_that_was_asked_for_is_told_as_such(bench: Bench) -> None:
    bench.up("one")
    bench.link.tell(t.EndTerminal("one"))
    assert bench.hears(t.TerminalEnded).ended_by_us


def test_a_signal_reaches_the_terminal(bench: Bench) -> None:
    bench.up("one")
    bench.link.tell(t.SignalTerminal("one", "SIGKILL"))
    assert bench.hears(t.TerminalEnded).signal == signal.SIGKILL


def test_what_cannot_be_started_is_told_with_its_errno(bench: Bench) -> None:
    bench.open("one", "/no/such/program")
    failed = bench.hears(t.TerminalNotOpened)
    assert failed.errno == 2
    bench.open("two", env={"BIG": "x" * (80 << 20)})
    assert bench.hears(t.TerminalNotOpened, "two").message


def test_a_terminal_that_lives_is_taken_over_instead_of_started(bench: Bench) -> None:
    pid = bench.up("one")
    bench.open("one")
    again = bench.hears(t.TerminalUp)
    assert (again.process.pid, again.adopted) == (pid, True)


def test_one_is_opened_again_once_the_end_before_is_taken(bench: Bench) -> None:
    pid = bench.up("one")
    os.kill(pid, signal.SIGKILL)
    ended = bench.hears(t.TerminalEnded)
    bench.open("one")  # before its end was taken
    bench.link.tell(t.ForgetExit("one", ended.epoch))
    again = bench.hears(t.TerminalUp)
    assert again.process.pid != pid
    assert not again.adopted


def test_the_next_daemon_takes_over_what_lives_and_hears_how_the_rest_ended(
    bench: Bench,
) -> None:
    living, dead = bench.up("one"), bench.up("two")
    bench.link.stop()
    os.kill(dead, signal.SIGKILL)
    eventually(lambda: not is_alive(dead))
    bench.again()
    assert bench.describe().terminals == 1
    for key in ("one", "two", "three"):
        bench.link.tell(t.TakeOverTerminal(key, bench.listener))
    assert bench.hears(t.TerminalUp, "one").process.pid == living
    assert bench.hears(t.TerminalEnded, "two").signal == signal.SIGKILL
    bench.hears(t.TerminalLost, "three")


def test_a_killed_host_is_replaced_and_every_terminal_told_to_be_lost(bench: Bench) -> None:
    for key in ("one", "two"):
        bench.up(key)
    before = bench.host_pid
    os.kill(before, signal.SIGKILL)
    assert {bench.hears(t.TerminalLost).key for _ in range(2)} == {"one", "two"}
    assert bench.host_pid != before
    bench.up("one")


def test_a_host_that_nobody_needs_is_not_replaced(bench: Bench) -> None:
    bench.link.tell(t.ResizeTo("none", 80, 24))
    eventually(lambda: bench.describe().pid is not None)
    before = bench.host_pid
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: bench.describe().pid is None)
    assert eventually(lambda: not is_alive(before))


def test_a_listener_that_has_gone_is_forgotten(bench: Bench) -> None:
    heard: list[Any] = []
    other = Listener.start(lone_context(), heard)
    bench.open("one", listener=other)
    eventually(lambda: heard)
    other.stop()
    os.kill(heard[0].process.pid, signal.SIGKILL)
    bench.up("two")
    eventually(lambda: bench.describe().terminals == 1)
    assert bench.link.is_alive()


def ending(bench: Bench) -> Callable[[], bool]:
    """Whether the end of the host was told."""
    told: list[bool] = []
    bench.link.tell(t.EndHost(lambda: told.append(True)))
    return lambda: bool(told)


def test_the_host_ends_with_its_terminals(bench: Bench) -> None:
    pid = bench.up("one")
    host = bench.host_pid
    eventually(ending(bench))
    eventually(lambda: not is_alive(host))
    assert not is_alive(pid)


def test_without_a_host_its_end_is_told_at_once(bench: Bench) -> None:
    assert bench.describe().pid is None
    assert eventually(ending(bench))


def test_a_message_of_no_kind_ends_it(bench: Bench) -> None:
    bench.link.tell("a message that nobody knows")
    assert bench.context.terminated.wait(10)


def test_a_start_on_its_way_while_the_one_before_is_closed_is_tried_once(bench: Bench) -> None:
    """Told twice, the second failure would be taken for that of the next start."""
    for number in range(5):
        bench.up("one")
        bench.link.tell(t.TypeIntoTerminal("one", number + 1, b"\n", bench.listener))
        ended = bench.hears(t.TerminalEnded, "one")
        bench.link.tell(t.ForgetExit("one", ended.epoch))
        bench.open("one", "no-such-program")
        bench.hears(t.TerminalNotOpened, "one")
        bench.up(f"after-{number}")  # what the host says of the first has been heard
        assert [told for told in bench.heard if isinstance(told, t.TerminalNotOpened)] == []


def test_whoever_waits_for_a_stopped_host_is_told_and_all_is_done_once_later(bench: Bench) -> None:
    bench.up("one", "/bin/sh", "-c", "stty raw -echo; echo ready; exec cat")
    log = bench.data.terminal_log("default", "abcdefghijkl", "abcdefghijk2").with_name("one")
    eventually(lambda: b"ready" in read(log, limit=100).data)
    host = bench.host_pid
    os.kill(host, signal.SIGSTOP)
    bench.link.tell(t.TypeIntoTerminal("one", 1, b"a", bench.listener))
    assert f"kill -CONT {host}" in bench.falls_silent().problem
    bench.link.tell(t.TypeIntoTerminal("one", 2, b"b", bench.listener))
    refused = bench.hears(t.TerminalRefused)
    assert (refused.number, refused.code) == (2, "host-not-answering")
    assert refused.message.startswith("nothing was typed")
    bench.open("two")
    found = bench.describe()
    assert (found.pid, bool(found.problem)) == (host, True)
    held: list[t.HeldTerminals] = []
    bench.link.tell(t.TellHeld(held.append))
    assert not eventually(lambda: held)[0].is_known
    os.kill(host, signal.SIGCONT)
    assert bench.hears(t.TerminalTyped).number == 1
    bench.hears(t.TerminalUp, "two")
    assert bench.describe().problem is None
    bench.link.tell(t.TypeIntoTerminal("one", 3, b"c", bench.listener))
    eventually(lambda: read(log, limit=100).data.endswith(b"ready\nac"))


def test_a_daemon_beside_a_stopped_host_waits_for_it(bench: Bench) -> None:
    living = bench.up("one")
    host = bench.host_pid
    os.kill(host, signal.SIGSTOP)
    bench.again()
    bench.link.tell(t.TakeOverTerminal("one", bench.listener))
    bench.link.tell(t.TypeIntoTerminal("one", 1, b"\n", bench.listener))
    assert bench.hears(t.TerminalRefused).code == "host-not-answering"
    bench.hears(t.TerminalHostSilent)
    assert bench.describe() == t.HostDescription(host, 0, bench.describe().problem)
    os.kill(host, signal.SIGCONT)

    def look() -> bool:
        bench.clock.advance(1)
        return any(isinstance(message, t.TerminalUp) for message in bench.heard)

    eventually(look)
    assert bench.hears(t.TerminalUp).process.pid == living
    bench.link.tell(t.TypeIntoTerminal("one", 1, b"\n", bench.listener))
    bench.hears(t.TerminalTyped)


def test_a_stopped_host_ends_as_asked_when_it_goes_on(bench: Bench) -> None:
    bench.up("one")
    host = bench.host_pid
    os.kill(host, signal.SIGSTOP)
    bench.again()
    told = ending(bench)
    os.kill(host, signal.SIGCONT)

    def look() -> bool:
        bench.clock.advance(1)
        return told()

    assert eventually(look)
    assert eventually(lambda: not is_alive(host))


def test_what_a_daemon_wanted_that_has_gone_is_not_started_behind_the_next(bench: Bench) -> None:
    """It was told by then what the host holds, and would not know of this one."""
    bench.up("one")
    os.kill(bench.host_pid, signal.SIGSTOP)
    bench.open("two")
    bench.describe()  # it is on its way
    bench.link.stop()
    bench.context.terminated.wait(10)
    os.kill(bench.host_pid, signal.SIGCONT)
    bench.again()
    bench.up("three")
    assert bench.describe().terminals == 2
