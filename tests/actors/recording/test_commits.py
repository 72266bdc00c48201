import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from actors.recording.commits import Commits, CommitsFailed, Committed
from storage import attachments
from storage.attachments import NAME, set_apart
from storage.errors import StorageFull
from storage.journal.log import Journal, read
from storage.records import event as e
from storage.records.message import ToolResultContent
from tests.fakes.actors import eventually
from tests.fakes.journal import StandInJournal
from tests.storage.histories import START, added, said, session
from tests.storage.listing import listed


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


class Owner:
    """Whose journal it is: submits, and collects what came of it."""

    def __init__(self, pool: Executor) -> None:
        self.journal = StandInJournal()
        self.notified = threading.Semaphore(0)
        journal: Any = self.journal
        self.pool = pool
        self.commits = Commits(journal, self.notified.release)

    def submit(self, count: int = 1) -> None:
        for number in range(count):
            self.commits.submit(*added(number))
            self.commits.start(self.pool)

    def is_settled(self) -> bool:
        return bool(self.commits._results) and not self.commits._busy

    def settled(self, batches: int = 1) -> list[Committed | CommitsFailed]:
        for _ in range(batches):
            assert self.notified.acquire(timeout=10)
        return self.commits.collect()


@pytest.fixture
def owner(pool: Executor) -> Owner:
    return Owner(pool)


def counts(results: list[Committed | CommitsFailed]) -> list[tuple[type, int]]:
    return [(type(result), result.count) for result in results]


def test_a_commit_is_collected_once_it_is_on_disk(owner: Owner) -> None:
    owner.submit()
    assert owner.settled() == [Committed(1, owner.journal.end)]
    assert owner.commits.end.n == 1
    assert owner.commits.collect() == []


def test_what_comes_during_a_sync_shares_the_next_one(owner: Owner) -> None:
    owner.journal.hold.clear()
    owner.submit()
    assert owner.journal.entered.acquire(timeout=10)
    owner.submit(3)
    owner.journal.hold.set()
    assert counts(owner.settled(2)) == [(Committed, 1), (Committed, 3)]
    assert owner.journal.batches == [1, 3]


def test_a_failure_refuses_all_on_its_way_until_the_owner_has_dropped_it(owner: Owner) -> None:
    full = StorageFull("no space")
    owner.journal.failures = [full]
    owner.journal.hold.clear()
    owner.submit()
    assert owner.journal.entered.acquire(timeout=10)
    owner.submit(2)
    owner.journal.hold.set()
    assert owner.settled() == [CommitsFailed(3, full)]
    owner.submit()
    assert owner.settled() == [CommitsFailed(1, full)]
    owner.commits.reset()
    owner.submit()
    assert counts(owner.settled()) == [(Committed, 1)]


def test_whatever_goes_wrong_is_a_refusal(owner: Owner) -> None:
    owner.journal.failures = [ValueError("cannot be read back")]
    owner.submit()
    assert counts(owner.settled()) == [(CommitsFailed, 1)]


class Interrupted(threading.Condition):
    """A lock at whose release something else comes in between, once `when` holds."""

    def __init__(self, when: Callable[[], bool], then: Callable[[], object]) -> None:
        super().__init__()
        self.when = when
        self.then = then

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)  # type: ignore[arg-type]  # handed on as it came
        if self.when():
            self.when = bool  # that was it
            self.then()


def test_what_comes_in_just_at_a_failure_is_refused_after_what_failed(owner: Owner) -> None:
    full = StorageFull("no space")
    owner.journal.failures = [full]
    owner.commits._lock = Interrupted(lambda: owner.commits._failure is full, owner.submit)
    owner.journal.hold.clear()
    owner.submit(2)
    owner.journal.hold.set()
    eventually(owner.is_settled)
    assert [result.count for result in owner.commits.collect()] == [2, 1]


def test_closing_waits_for_what_is_on_its_way_and_leaves_it_to_be_collected(owner: Owner) -> None:
    owner.journal.hold.clear()
    owner.submit()
    assert owner.journal.entered.acquire(timeout=10)
    closing = threading.Thread(target=owner.commits.close)
    closing.start()
    eventually(lambda: owner.commits._closed)
    assert not owner.journal.is_closed
    owner.journal.hold.set()
    closing.join(10)
    assert owner.journal.is_closed
    assert counts(owner.commits.collect()) == [(Committed, 1)]


def test_what_waits_is_written_with_one_sync_by_whoever_says_so(owner: Owner) -> None:
    for number in range(3):
        owner.commits.submit(*added(number))
    assert owner.commits.is_waiting
    assert owner.commits.collect() == []
    owner.commits.write()
    owner.commits.write()
    assert owner.journal.batches == [3]
    assert counts(owner.commits.collect()) == [(Committed, 3)]
    assert not owner.notified.acquire(blocking=False)


def test_closing_waits_for_the_owner_who_is_writing(owner: Owner) -> None:
    owner.journal.hold.clear()
    owner.commits.submit(*added(1))
    writing = threading.Thread(target=owner.commits.write)
    writing.start()
    assert owner.journal.entered.acquire(timeout=10)
    closing = threading.Thread(target=owner.commits.close)
    closing.start()
    eventually(lambda: owner.commits._closed)
    assert not owner.journal.is_closed
    owner.journal.hold.set()
    closing.join(10)
    writing.join(10)
    assert owner.journal.is_closed
    assert counts(owner.commits.collect()) == [(Committed, 1)]


def test_closing_writes_what_nobody_has_written(owner: Owner) -> None:
    owner.commits.submit(*added(1))
    owner.commits.close()
    assert owner.journal.is_closed
    assert counts(owner.commits.collect()) == [(Committed, 1)]


def test_a_closed_one_refuses(owner: Owner) -> None:
    owner.commits.close()
    owner.submit()
    assert counts(owner.settled()) == [(CommitsFailed, 1)]


def test_without_threads_nothing_is_left_waiting() -> None:
    class Ended(Executor):
        def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
            raise RuntimeError("cannot schedule new futures after shutdown")

    owner = Owner(Ended())
    with pytest.raises(RuntimeError):
        owner.submit()
    owner.commits.close()  # which would wait for ever for a job that never runs


def test_what_was_set_apart_is_on_disk_before_the_line_that_names_it(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "abcdefghijkl"
    journal = Journal.create(directory, directory.name, "default", START)
    commits = Commits(journal, lambda: None)
    block = ToolResultContent(tool_call_id="call", content="x" * 300_000)
    told = e.MessageAdded(said("m", (block,), "tool"))
    events, apart = set_apart((e.SessionCreated(session()), told))
    (directory / NAME).parent.mkdir()
    (directory / NAME).write_text("in the way")
    commits.submit(START, events, None, apart)
    commits.write()
    assert counts(commits.collect()) == [(CommitsFailed, 1)]
    assert listed(directory) == [NAME]
    (directory / NAME).unlink()
    commits.reset()
    commits.submit(START, events, None, apart)
    commits.write()
    assert counts(commits.collect()) == [(Committed, 1)]
    commits.close()
    assert [commit.events for commit in read(directory).commits] == [events]
    assert attachments.read(directory, apart[0].sha256) == block.content.encode()
