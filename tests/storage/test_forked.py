"""A fork is the beginning of the same journal, and a session of its own from there on."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from storage import as_of, attachments, catalog, exported, forked, imported, staging
from storage.as_of import NumberNotFound
from storage.attachments import LIMIT_BYTES
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.forked import Forked
from storage.journal import log, salvage
from storage.journal.log import Draft, Journal
from storage.records import event as e
from storage.records.budget import Amounts, Spending
from storage.records.config import TokenMetrics
from storage.records.message import ToolResultContent
from storage.records.session import ForkedFrom
from storage.records.worker import ConversationWorker, TerminalWorker
from storage.replay import folded
from storage.state import SessionState
from storage.trash import SessionExists
from tests.storage.histories import START, created, histories, message, said

ID = "abcdefghijkl"
FORK = "forkedforked"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def prepared(place: Path) -> DataDir:
    data = DataDir(place)
    data.prepare()
    return data


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return prepared(tmp_path / "data")


def journal(data: DataDir, drafts: list[Draft], session_id: str = ID) -> Path:
    directory = data.session("default", session_id)
    with Journal.create(directory, session_id, "default", START) as made:
        made.append(drafts)
    return directory


def fork(data: DataDir, at: int | None = None, source: str = ID, new: str = FORK) -> Forked:
    of = forked.beginning(data.session("default", source), source, at)
    title = forked.title_of(of.origin)
    session = forked.record_of(of, new, "worker-of-fork", NOW, title=title)
    return forked.put(data, of, session, NOW)


def state_of(data: DataDir, session_id: str = FORK) -> SessionState:
    directory = data.session("default", session_id)
    return folded(directory, log.read(directory).commits)


def line(*events: e.Event) -> Draft:
    return START, events, None


def asked(name: str) -> e.RequestQueued:
    return e.RequestQueued(name, message(f"asked-{name}"))


def begun(name: str) -> tuple[e.Event, ...]:
    return (e.MessageAdded(message(f"asked-{name}")), e.TurnStarted(name, 0, "model"))


def answered(name: str) -> tuple[e.Event, ...]:
    done = e.TurnCompleted(
        response_id=name, number=0, status="completed", message_id=f"said-{name}"
    )
    ended = e.RequestCompleted(name, "completed")
    return (e.MessageAdded(message(f"said-{name}", "yes", "assistant")), done, ended)


TALK: list[Draft] = [
    created(ID),
    line(e.WorkerCreated(ConversationWorker(id="talker", name="model", created_at=START))),
    line(asked("a")),
    line(*begun("a")),
    line(asked("b")),
    line(*answered("a"), *begun("b")),
    line(e.SessionConfigUpdated({"model": "later"})),
    line(*answered("b")),
    line(e.MessageAdded(message("by hand"))),
    line(asked("c")),
    line(*begun("c")),
]
"""Number 6 ends the first round and begins the second; 8 ends that, and from 11 on a third runs."""


@pytest.mark.parametrize(
    ("at", "n", "said"),
    [
        (1, 1, []),
        (3, 1, []),
        (5, 1, []),
        (6, 6, ["asked-a", "said-a"]),
        (7, 6, ["asked-a", "said-a"]),
        (8, 8, ["asked-a", "said-a", "asked-b", "said-b"]),
        (9, 9, ["asked-a", "said-a", "asked-b", "said-b", "by hand"]),
        (None, 9, ["asked-a", "said-a", "asked-b", "said-b", "by hand"]),
    ],
)
def test_it_has_what_was_said_up_to_the_last_round_that_had_ended(
    data: DataDir, at: int | None, n: int, said: list[str]
) -> None:
    journal(data, TALK)
    made = fork(data, at)
    state = state_of(data)
    assert [one.id for one in state.messages] == said
    assert (state.open_rounds, made.session.open_requests) == ((), 0)
    assert made.session.forked_from == ForkedFrom(session_id=ID, n=n)
    assert made.session.message_count == len(said)
    assert made.end.n == n + 1 == state.n


def test_a_request_that_was_cancelled_while_another_runs_is_no_end(data: DataDir) -> None:
    cancelled = e.RequestCompleted("b", "cancelled")
    call = e.MessageAdded(message("said-a", "half", "assistant"))
    journal(data, [*TALK[:5], line(call), line(cancelled), line(e.SessionUpdated({"title": "x"}))])
    assert fork(data).session.forked_from == ForkedFrom(session_id=ID, n=1)
    assert [*state_of(data).messages] == []


def test_it_has_the_settings_of_the_number_that_was_asked_for(data: DataDir) -> None:
    journal(data, TALK)
    config = fork(data, 7).session.config
    assert config is not None
    assert config.model == "later"


def test_nothing_in_it_runs_is_open_or_was_spent(data: DataDir) -> None:
    shell = TerminalWorker(id="shell", name="shell", created_at=START)
    reserved = e.BudgetReserved(key="k", by=ID, life="l", amounts=Amounts(tokens=5))
    more = [
        line(e.WorkerCreated(shell), e.SessionUpdated({"desired": "paused"})),
        line(e.BudgetOpened(Amounts(tokens=9)), reserved),
        line(e.SessionDeleting()),
    ]
    used = e.TokenMetricsUpdated(TokenMetrics(prompt_tokens=9, context_utilization=0.5))
    journal(data, [*TALK[:6], line(used, *answered("b")), *more])
    made, state = fork(data), state_of(data)
    (worker,) = made.session.workers
    assert (type(worker), worker.name, worker.id) == (ConversationWorker, "model", "worker-of-fork")
    assert (made.session.desired, made.session.status) == ("run", "active")
    assert made.session.spending == Spending()
    assert made.session.metrics == TokenMetrics(context_utilization=0.5)
    assert (state.reservations, state.deleting, state.remembered) == ((), False, frozenset())
    assert made.session.title == "fork of Sample"


def test_a_fork_of_a_fork_is_one_of_the_fork(data: DataDir) -> None:
    journal(data, TALK)
    fork(data, 8)
    again = fork(data, 9, source=FORK, new="secondforked")
    assert again.session.forked_from == ForkedFrom(session_id=FORK, n=8)
    assert again.session.title == "fork of Sample"
    assert state_of(data, "secondforked").rounds == state_of(data).rounds
    early = fork(data, 6, source=FORK, new="thirdforked2")
    assert [one.id for one in state_of(data, early.session.id).rounds] == ["a"]


def test_its_lines_are_its_own_and_those_of_its_origin_stay(data: DataDir) -> None:
    path = journal(data, TALK) / log.NAME
    before = path.read_bytes()
    fork(data, 8)
    found = log.read(data.session("default", FORK))
    assert path.read_bytes() == before
    assert (found.fault, found.header.session) == (None, FORK)
    assert as_of.state_at(data.session("default", FORK), FORK, 3).record.id == FORK
    assert {commit.request for commit in found.commits} == {None}


def test_a_start_finds_it_and_an_export_brings_it_elsewhere(data: DataDir, tmp_path: Path) -> None:
    journal(data, TALK)
    made = fork(data)
    assert catalog.load(data, "default").entries[FORK].session == made.session
    target = tmp_path / "fork.tar.gz"
    directory = data.session("default", FORK)
    exported.export(directory, target, named_elsewhere=0, version="0", at=NOW)
    brought, _ = imported.bring_in(prepared(tmp_path / "far"), target, None, NOW)
    assert (brought.id, brought.forked_from) == (FORK, made.session.forked_from)


def test_what_is_whole_of_a_damaged_one_can_be_had(data: DataDir) -> None:
    journal(data, TALK)
    end = fork(data).end
    path = data.session("default", FORK) / log.NAME
    path.write_bytes(path.read_bytes().replace(b"by hand", b"by foot"))
    made = salvage.salvage(path.parent, NOW, end.n)
    assert (made.kept, made.remade) == (end.n - 1, False)


def test_it_has_the_attachments_that_its_lines_name(data: DataDir) -> None:
    long, late = "x" * (LIMIT_BYTES + 1), "y" * (LIMIT_BYTES + 1)
    events: list[e.Event] = []
    for name, text in (("one", long), ("two", late)):
        result = ToolResultContent(tool_call_id=name, content=text)
        events.append(e.MessageAdded(said(name, (result,), "tool")))
    recorded, apart = attachments.set_apart(events)
    directory = journal(data, [created(ID), *(line(each) for each in recorded)])
    attachments.write(directory, apart)
    fork(data, 2)
    there = data.session("default", FORK)
    assert attachments.read(there, apart[0].sha256) == long.encode()
    assert not attachments.is_there(there, apart[1].sha256)


@pytest.mark.parametrize("at", [12, 10**9])
def test_a_number_that_is_not_there_is_told_with_those_that_are(data: DataDir, at: int) -> None:
    journal(data, TALK)
    with pytest.raises(NumberNotFound, match=r"has no number .* 1 to 11"):
        fork(data, at)
    with pytest.raises(NumberNotFound, match="1 to 8"):
        forked.beginning(data.session("default", ID), ID, 9, last=8)


def test_a_damaged_one_can_be_forked_where_it_is_whole(data: DataDir) -> None:
    path = journal(data, TALK) / log.NAME
    path.write_bytes(path.read_bytes().replace(b"said-b", b"sad-b!", 1))
    with pytest.raises(JournalCorrupt, match=f"{ID}@7 is the last"):
        fork(data)
    assert [one.id for one in state_of(data, fork(data, 6).session.id).rounds] == ["a"]


def test_one_that_failed_leaves_nothing(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    journal(data, TALK)

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(staging, "put_in_place", full)
    with pytest.raises((OSError, StorageError)):
        fork(data)
    assert staging.half_made(data) == []
    assert not data.session("default", FORK).exists()


def test_two_of_one_id_at_once_are_one(data: DataDir) -> None:
    journal(data, TALK)
    staged = data.workspace("default") / f"{staging.FORKING}{FORK}"
    with staging.staging(staged, FORK), pytest.raises(SessionExists, match="just being made"):
        fork(data)


@settings(max_examples=40, deadline=None)
@given(histories(longest=20))
def test_at_every_number_it_is_as_the_origin_was(drafts: list[Draft]) -> None:
    with TemporaryDirectory() as place:
        data = prepared(Path(place) / "data")
        path = journal(data, drafts)
        whole = (path / log.NAME).read_bytes()
        for at in range(1, len(drafts) + 1):
            new = f"fork{at:08}"
            made = fork(data, at, new=new)
            assert made.session.forked_from is not None
            n = made.session.forked_from.n
            then, now = as_of.state_at(path, ID, n), state_of(data, new)
            assert now.rounds == then.rounds
            later = [*as_of.state_at(path, ID, at).rounds][len(now.rounds) :]
            assert [one for one in later if one.turns] == []
            assert (now.open_rounds, now.open_prompts, now.reservations) == ((), (), ())
            waiting = {one.request.id for one in then.open_rounds}
            assert [*now.messages] == [one for one in then.messages if one.id not in waiting]
        assert (path / log.NAME).read_bytes() == whole
