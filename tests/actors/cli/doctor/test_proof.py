"""The last sentence of `doctor` is true of what it saw."""

from actors.cli.doctor.account import Account
from actors.cli.doctor.proof import sentence
from actors.messages.orphans import Judged, Kind, Process

COUNTS = ("processes", "marked", "process_sessions", "terminal_hosts", "control_groups")


def process(pid: int) -> Process:
    return Process(pid=pid, parent=1, session=pid, start_ticks=pid)


def left(pid: int, kind: Kind, worker: str = "") -> Judged:
    return Judged(process(pid), kind, worker, "why")


def said(*found: Judged, owned: int = 0) -> str:
    counts = {**dict.fromkeys(COUNTS, 1), "tool_server_logs": 0, "locks": 0}
    members = {"session/worker": [process(100 + number) for number in range(owned)]}
    return sentence(Account(counts, members if owned else {}, list(found), [], []))


def test_where_there_is_nothing_it_says_so() -> None:
    assert said().startswith("Nothing is left over: looked at 1 process (1 with our mark), ")
    assert said().endswith("; none is ours.")
    assert said(owned=2).endswith("; 2 of them of workers, tool servers and clean-ups that run.")


def test_what_shells_left_is_named_and_no_fault() -> None:
    text = said(left(7, "listed", "session/worker"), owned=1)
    assert text.startswith("Nothing is left over: ")
    assert text.endswith(" that run, 1 that shells left on purpose.")


def test_what_nobody_knows_is_not_nothing() -> None:
    strays = [left(pid, "listed") for pid in range(10, 22)]
    text = said(*strays, left(7, "listed", "session/worker"))
    assert text.startswith("Nothing else is left over: ")
    some = ", ".join(map(str, range(10, 20)))
    assert text.endswith(f"1 that shells left on purpose, 12 of no known worker: {some}, ….")


def test_what_is_left_over_comes_first() -> None:
    found = left(7, "left", "session/worker"), left(8, "listed")
    assert said(*found).startswith("1 process is left over: 7; of 1 process (")
