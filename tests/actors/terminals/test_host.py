"""The real host with real programs, seen by one client."""

import errno
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from actors.process_table import look_up
from actors.terminals import protocol

from .conftest import Client, eventually, is_alive

STUBBORN = (
    "import signal, time\n"
    "for number in (signal.SIGHUP, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
    "print('stubborn', flush=True)\n"
    "while True: time.sleep(60)\n"
)
RAW_READER = (
    "import os, sys, tty\n"
    "tty.setraw(0)\n"
    "print('ready', flush=True)\n"
    "got = b''\n"
    "while not got.endswith(b'!'): got += os.read(0, 65536)\n"
    "print(len(got), sum(got), flush=True)\n"
)
RAW_SLEEPER = (
    "import time, tty\ntty.setraw(0)\nprint('ready', flush=True)\nwhile True: time.sleep(60)\n"
)


def test_output_is_logged_to_the_byte_and_the_exit_code_told(client: Client) -> None:
    spawned = client.spawn("s/w", "sh", "-c", "printf 'a\\nb\\001\\377'; exit 7")
    assert (spawned.epoch, spawned.adopted) == (1, False)
    ended = client.exit_of("s/w")
    assert (ended.code, ended.signal, ended.ended_by_us, ended.end_offset) == (7, None, False, 6)
    assert client.output("s/w") == b"a\r\nb\x01\xff"


def test_every_byte_of_much_output_is_there_when_the_exit_is_told(client: Client) -> None:
    client.spawn("s/w", "seq", "100000")
    end = client.exit_of("s/w").end_offset
    expected = b"".join(b"%d\r\n" % number for number in range(1, 100001))
    assert client.output("s/w") == expected
    assert end == len(expected)


def test_what_is_typed_reaches_a_shell(client: Client) -> None:
    client.spawn("s/w", "sh")
    client.write("s/w", 1, b"echo $((6*7))\n")
    assert client.take(protocol.Accepted).accepted_bytes == 14
    client.sees("s/w", b"42\r\n")


def test_a_large_input_reaches_a_slow_reader_whole(client: Client) -> None:
    client.spawn("s/w", sys.executable, "-c", RAW_READER)
    client.sees("s/w", b"ready")
    typed = b"x" * 500_000 + b"!"
    client.write("s/w", 1, typed)
    whole = b"%d %d" % (len(typed), sum(typed))
    assert whole in client.sees("s/w", whole)


def test_a_repeated_number_is_answered_and_typed_once(client: Client) -> None:
    client.spawn("s/w", "cat")
    for number, text in ((1, b"one\n"), (1, b"one\n"), (2, b"two\n"), (1, b"one\n")):
        client.write("s/w", number, text)
    answers = [client.take(protocol.Accepted) for _ in range(4)]
    assert [answer.repeated for answer in answers] == [False, True, False, True]
    client.write("s/w", 3, b"\x04")
    client.exit_of("s/w")
    assert client.output("s/w").replace(b"\x04", b"").count(b"one\r\n") == 2  # echo, and cat
    assert client.states()["s/w"].input_numbers == {0: 3}


def test_input_beyond_the_queue_is_refused_while_the_host_goes_on(client: Client) -> None:
    client.spawn("s/w", sys.executable, "-c", RAW_SLEEPER)
    client.sees("s/w", b"ready")
    client.write("s/w", 1, b"x" * 900_000)
    client.take(protocol.Accepted)
    client.write("s/w", 2, b"x" * 900_000)
    refused = client.take(protocol.Refused)
    assert (refused.code, refused.key, refused.number) == ("input-full", "s/w", 2)
    client.spawn("s/other", "true")
    assert client.exit_of("s/other").code == 0


def test_a_resize_is_seen_by_the_program(client: Client) -> None:
    client.spawn("s/w", "sh", cols=100, rows=40)
    client.write("s/w", 1, b"stty size\n")
    client.sees("s/w", b"40 100\r\n")
    client.send(protocol.Resize(key="s/w", cols=91, rows=33))
    client.write("s/w", 2, b"stty size\n")
    client.sees("s/w", b"33 91\r\n")
    state = client.states()["s/w"]
    assert (state.cols, state.rows) == (91, 33)


def test_the_child_has_its_marks_its_session_and_default_signals(client: Client) -> None:
    spawned = client.spawn("s/w", "sh", "-c", "env; grep SigIgn /proc/self/status; pwd", cwd="/usr")
    client.exit_of("s/w")
    lines = client.output("s/w").decode().splitlines()
    assert {"GREENROOM_WORKER=s/w", "GREENROOM_NONCE=nonce-s/w", "TERM=xterm-256color"} <= {*lines}
    assert "SigIgn:\t0000000000000000" in lines
    assert lines[-1] == "/usr"
    assert spawned.identity.nonce == "nonce-s/w"


def test_the_child_holds_no_descriptor_of_the_host(client: Client) -> None:
    client.spawn("s/first", "cat")
    client.spawn("s/w", "sh", "-c", "ls /proc/self/fd")
    client.exit_of("s/w")
    assert client.output("s/w").split() == [b"0", b"1", b"2", b"3"]  # 3 is the directory itself


UNSTARTABLE: tuple[tuple[dict[str, Any], int], ...] = (
    ({"cwd": "/does/not/exist"}, errno.ENOENT),
    ({"cwd": "/etc/passwd"}, errno.ENOTDIR),
    ({"cwd": "relative"}, errno.EINVAL),
    ({"argv": ("no-such-program",)}, errno.ENOENT),
    ({"argv": ("/etc/passwd",)}, errno.EACCES),
    ({"argv": ("sh", "a\0b")}, errno.EINVAL),
    ({"argv": ()}, errno.EINVAL),
    ({"env": {"A": "b\0c"}}, errno.EINVAL),
    ({"env": {"A=B": "c"}}, errno.EINVAL),
    ({"log_directory": "relative"}, errno.EINVAL),
    ({"log_directory": "/proc/nowhere"}, errno.ENOENT),
    ({"nonce": "a\0b"}, errno.EINVAL),
    ({"cols": 0}, errno.EINVAL),
    ({"key": ""}, errno.EINVAL),
)


def test_what_cannot_be_started_is_answered_and_the_host_lives(client: Client) -> None:
    for changes, number in UNSTARTABLE:
        client.send_spawn("s/w", "sh", **changes)
        failed = client.take(protocol.SpawnFailed)
        assert (failed.errno, failed.request_id) == (number, "request-s/w"), changes
    client.spawn("s/w", "true")
    assert client.exit_of("s/w").code == 0
    assert client.states()["s/w"].epoch == 1


def test_a_failure_of_exec_itself_is_reported_with_its_errno(
    client: Client, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\0not a program")
    program.chmod(0o755)
    client.send_spawn("s/w", str(program))
    assert client.take(protocol.SpawnFailed).errno == errno.ENOEXEC
    client.spawn("s/w", "true")
    assert client.exit_of("s/w").code == 0


def test_a_second_spawn_of_a_live_key_is_answered_with_the_first(client: Client) -> None:
    first = client.spawn("s/w", "cat")
    second = client.spawn("s/w", "cat")
    assert second.adopted
    assert (second.identity, second.epoch) == (first.identity, first.epoch)


def test_a_key_is_free_again_once_its_exit_was_taken(client: Client) -> None:
    client.spawn("s/w", "true")
    client.exit_of("s/w")
    client.send_spawn("s/w", "true")
    assert client.take(protocol.SpawnFailed).errno == errno.EBUSY
    client.send(protocol.TakeExit(key="s/w", epoch=1))
    client.take(protocol.Closed)
    assert client.spawn("s/w", "true").epoch == 2


def test_an_exit_is_taken_only_of_its_own_epoch_and_only_after_it(client: Client) -> None:
    client.spawn("s/w", "cat")
    client.send(protocol.TakeExit(key="s/w", epoch=1))
    assert client.take(protocol.Refused).code == "not-exited"
    client.write("s/w", 1, b"\x04")
    client.exit_of("s/w")
    client.send(protocol.TakeExit(key="s/w", epoch=9))
    assert client.take(protocol.Refused).code == "not-exited"


def test_a_signal_reaches_the_whole_session_and_counts_as_ours(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "sleep 100 & echo $!; exec sleep 100")
    background = int(client.sees("s/w", b"\r\n").split()[0])
    client.send(protocol.Signal(key="s/w", signal="SIGUSR1"))
    ended = client.exit_of("s/w")
    assert (ended.signal, ended.ended_by_us) == (signal.SIGUSR1, True)
    eventually(lambda: not is_alive(background))


def test_a_signal_may_go_to_the_childs_own_group_alone(client: Client) -> None:
    client.spawn("s/w", "sh", "-mc", "sleep 100 & echo $!; exec sleep 100")
    background = int(client.sees("s/w", b"\r\n").split()[0])
    client.send(protocol.Signal(key="s/w", signal="SIGKILL", scope="group"))
    assert client.exit_of("s/w").signal == signal.SIGKILL
    # The end of the session's leader hangs up only its foreground group.
    assert is_alive(background)
    client.send(protocol.End(key="s/w"))
    assert client.take(protocol.Ended).survivors == ()
    assert not is_alive(background)


def test_a_signal_from_elsewhere_is_not_ours(client: Client) -> None:
    spawned = client.spawn("s/w", "sleep", "100")
    os.kill(spawned.identity.pid, signal.SIGKILL)
    ended = client.exit_of("s/w")
    assert (ended.code, ended.signal, ended.ended_by_us) == (None, signal.SIGKILL, False)


def test_end_asks_a_shell_first(client: Client) -> None:
    spawned = client.spawn("s/w", "sh")
    client.sees("s/w", b"$ ")
    client.send(protocol.End(key="s/w"))
    assert client.exit_of("s/w").ended_by_us
    assert client.take(protocol.Ended).survivors == ()
    assert not is_alive(spawned.identity.pid)


def test_end_kills_what_ignores_hup_and_term(client: Client) -> None:
    client.spawn("s/w", sys.executable, "-c", STUBBORN)
    client.sees("s/w", b"stubborn")
    client.send(protocol.End(key="s/w"))
    client.send_spawn("s/w", "true")
    assert client.take(protocol.SpawnFailed).errno == errno.EBUSY
    ended = client.exit_of("s/w")
    assert (ended.signal, ended.ended_by_us) == (signal.SIGKILL, True)
    assert client.take(protocol.Ended).key == "s/w"


def test_end_reaches_what_the_child_left_in_its_session(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "trap '' HUP; sleep 100 & echo $!")
    client.exit_of("s/w")
    left = int(client.output("s/w").split()[-1])
    assert is_alive(left)
    client.send(protocol.End(key="s/w"))
    client.send(protocol.TakeExit(key="s/w", epoch=1))
    assert client.take(protocol.Ended).survivors == ()
    assert not is_alive(left)
    client.take(protocol.Closed)
    assert client.states() == {}


def test_a_double_forked_grandchild_comes_to_the_host_and_is_reaped(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "(setsid sh -c 'echo $$; exec sleep 100' &) ; sleep 0.1")
    client.exit_of("s/w")
    orphan = int(client.output("s/w").split()[0])
    status = Path(f"/proc/{orphan}/status").read_text(encoding="ascii")
    assert f"PPid:\t{client.welcome.host.pid}\n" in status
    os.kill(orphan, signal.SIGKILL)
    eventually(lambda: look_up(orphan) is None)


def test_a_child_that_closes_its_terminal_for_a_while_is_still_read(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "exec <&- >&- 2>&-; sleep 0.2; echo back >/dev/tty")
    client.exit_of("s/w")
    assert client.output("s/w") == b"back\r\n"


def test_unknown_terminals_signals_and_messages_are_refused(client: Client) -> None:
    client.write("s/none", 1, b"x")
    assert client.take(protocol.Refused).code == "no-terminal"
    client.spawn("s/w", "cat")
    client.send(protocol.Signal(key="s/w", signal="SIGNOTHING"))
    assert client.take(protocol.Refused).code == "bad-signal"
    client.write("s/w", 1, b"\x04")
    client.exit_of("s/w")
    client.write("s/w", 2, b"x")
    assert client.take(protocol.Refused).code == "exited"


def test_with_a_full_disk_watchers_get_everything_and_the_log_does_later(client: Client) -> None:
    """A file size limit on the host stands for the disk."""
    host = client.welcome.host.pid
    client.spawn("s/w", "sh", "-c", "read line; seq 10000; read line; echo end")
    before = resource.prlimit(host, resource.RLIMIT_FSIZE)
    resource.prlimit(host, resource.RLIMIT_FSIZE, (100, before[1]))
    client.send(protocol.Watch(key="s/w", start=0))
    client.write("s/w", 1, b"\n")
    got = b""
    while not got.endswith(b"\r\n10000\r\n"):
        got += client.take(protocol.Output).data
    assert len(client.output("s/w")) == 100
    resource.prlimit(host, resource.RLIMIT_FSIZE, before)
    client.write("s/w", 2, b"\n")
    assert client.exit_of("s/w").end_offset > len(got)
    assert client.output("s/w") == got + b"\r\nend\r\n"
    assert client.states()["s/w"].lost_bytes == 0


def test_output_goes_on_being_logged_though_its_directory_was_removed(client: Client) -> None:
    client.spawn("s/w", "sh", "-c", "echo before; read x; echo after; read x")
    client.sees("s/w", b"before")
    shutil.rmtree(client.log("s/w"))
    client.write("s/w", 1, b"\n")
    assert b"before" not in client.sees("s/w", b"after")
    assert client.states()["s/w"].lost_bytes == 0
