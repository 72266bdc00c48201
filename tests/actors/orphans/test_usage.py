from typing import Any

from actors.messages.orphans import Owner, Process, TellUsage, Usage, server_key
from actors.orphans.usage import FRESH_SECONDS, KEPT_SECONDS, UsageAccount
from tests.fakes.clock import FakeClock

OWNER = Owner("s/w", "n")


def process(pid: int, cpu_seconds: float = 0.0, memory_bytes: int = 0) -> Process:
    return Process(pid=pid, parent=1, session=pid, start_ticks=1, cpu_seconds=cpu_seconds,
                   memory_bytes=memory_bytes)  # fmt: skip


def of_one(pid: int, cpu_percent: float) -> Usage:
    return Usage(processes=1, memory_bytes=0, cpu_percent=cpu_percent, pid=pid)


class Account:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.account = UsageAccount(self.clock)
        self.told: list[Any] = []

    def asked(self, *keys: str) -> bool:
        """Whether it was answered at once."""
        return self.account.is_told(TellUsage(frozenset(keys), self.told.append))

    def looks(self, *processes: Process, after: float = 0.0, owner: Owner = OWNER) -> Usage | None:
        self.clock.advance(after)
        self.account.looked(processes, {(p.pid, p.start_ticks): owner for p in processes})
        self.asked()
        usage: Usage | None = self.told[-1].get("s/w")
        return usage


def test_all_processes_of_a_worker_are_one_sum() -> None:
    found = Account().looks(process(1, memory_bytes=5), process(2, memory_bytes=7))
    assert found == Usage(processes=2, memory_bytes=12, cpu_percent=0.0, pid=1)


def test_cpu_is_that_of_the_time_since_a_look_that_is_old_enough() -> None:
    account = Account()
    account.looks(process(1, 10.0))
    assert account.looks(process(1, 12.0), after=4.0) == of_one(1, 50.0)
    assert account.looks(process(1, 12.1), after=0.1) == of_one(1, round(100 * 2.1 / 4.1, 1))
    assert account.looks(process(1, 12.1), after=5.0) == of_one(1, 0.0)


def test_what_a_process_used_stays_when_it_is_reaped_by_another_of_the_worker() -> None:
    account = Account()
    account.looks(process(1, 1.0), process(2, 100.0))
    assert account.looks(process(1, 101.5), after=1.0) == of_one(1, 50.0)


def test_less_than_before_is_nothing_and_a_new_worker_has_used_all_of_its_own() -> None:
    account = Account()
    account.looks(process(1, 9.0))
    assert account.looks(process(2, 1.0), after=2.0) == of_one(2, 0.0)
    account = Account()
    account.looks()
    assert account.looks(process(2, 1.0), after=2.0) == of_one(2, 50.0)


def test_an_mcp_server_has_an_account_of_its_own_under_its_key() -> None:
    account = Account()
    assert account.looks(process(1), owner=Owner("", "")) is None
    key = server_key("files", session="s")
    account.looks(process(1, memory_bytes=3), process(2), owner=Owner("", "", None, key))
    assert account.told[-1] == {
        key: Usage(processes=2, memory_bytes=3, cpu_percent=0.0, pid=1),
    }


def test_a_fresh_look_is_told_at_once_and_an_old_one_or_a_missing_worker_waits() -> None:
    account = Account()
    assert not account.asked("s/w")
    account.looks(process(1))
    assert [each.keys() for each in account.told] == [{"s/w"}, {"s/w"}]
    assert account.asked("s/w")
    assert not account.asked("s/new")
    account.clock.advance(FRESH_SECONDS + 0.1)
    assert not account.asked("s/w")
    count = len(account.told)
    account.account.tell()
    assert len(account.told) == count + 2


def test_looks_of_long_ago_are_forgotten() -> None:
    account = Account()
    for _ in range(100):
        account.looks(process(1), after=1.0)
    assert len(account.account._looks) <= KEPT_SECONDS + 2
