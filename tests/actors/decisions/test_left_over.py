"""Whose a process is, with plain values: a machine is a list of processes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions.left_over import Known, KnownWorker, identity, judge, near, owners
from actors.limit_mark import mark_of
from actors.messages.orphans import Kind, Marks, Owner, Policy, Process, server_key
from storage.records.worker import WorkerStatus

US, THEM = "us", "them"
KEY = "session/worker"
NOW, BEFORE = "now", "before"
ME, HOST, SHELL = 10, 20, 30


def process(pid: int, parent: int = 1, **fields: Any) -> Process:
    return Process(pid=pid, parent=parent, **{"session": pid, "start_ticks": 1000 + pid, **fields})


def marks(
    instance: str = US, worker: str = KEY, nonce: str = BEFORE, policy: Policy | None = "kill"
) -> Marks:
    return Marks(instance=instance, worker=worker, nonce=nonce, policy=policy)


INIT = process(1, 0)
DAEMON = process(ME, role="own")
OUR_HOST = process(HOST, role="own")
LEADER = process(SHELL, HOST, marks=marks(nonce=NOW))
MACHINE = [INIT, DAEMON, OUR_HOST, LEADER]


def known(status: WorkerStatus | None = "running", policy: Policy = "kill", **fields: Any) -> Known:
    """The worker, unless it is None, and the terminal that our host holds for it."""
    workers = {KEY: KnownWorker(status, policy)} if status else {}
    held = {identity(LEADER): Owner(KEY, NOW, policy)}
    usual: dict[str, Any] = {"instance": US, "me": ME, "host": HOST}
    return Known(**{**usual, "workers": workers, "held": held, **fields})


def kinds(processes: list[Process], what: Known) -> dict[int, Kind]:
    return {each.process.pid: each.kind for each in judge(processes, what)}


def test_of_a_machine_in_order_nothing_is_left_over() -> None:
    below = [
        process(31, SHELL, marks=marks(nonce=NOW)),
        process(32, 31),
        process(33, session=SHELL),
    ]
    assert kinds([*MACHINE, *below], known()) == {}


def test_what_an_earlier_incarnation_left_is_ended() -> None:
    assert kinds([*MACHINE, process(40, marks=marks())], known()) == {40: "left"}


def test_what_hangs_below_it_goes_too_whatever_it_cleared() -> None:
    tree = [process(40, marks=marks()), process(41, 40), process(42, 41, session=41)]
    assert kinds([*MACHINE, *tree], known()) == {40: "left", 41: "left", 42: "left"}


def test_the_mark_among_its_limits_tells_whose_one_is_that_has_nothing_else() -> None:
    stray = process(40, HOST, limit_mark=mark_of(NOW))
    assert owners([*MACHINE, stray], known())[identity(stray)] == Owner(KEY, NOW, "kill")
    assert kinds([*MACHINE, stray], known()) == {}
    before = known(seen={(7, 7): Owner(KEY, BEFORE, "kill")})
    assert kinds([*MACHINE, replace(stray, limit_mark=mark_of(BEFORE))], before) == {40: "left"}
    unknown = replace(stray, limit_mark=mark_of("another"))
    assert kinds([*MACHINE, unknown], known()) == {40: "listed"}
    assert kinds([*MACHINE, replace(stray, marks=marks(THEM))], known()) == {}


@pytest.mark.parametrize("status", ["exited", "stopped", "lost", "quarantined"])
def test_a_worker_without_a_process_claims_nothing(status: WorkerStatus) -> None:
    assert kinds([INIT, DAEMON, process(40, marks=marks())], known(status, held={})) == {40: "left"}


def test_a_running_worker_whose_host_has_gone_claims_nothing() -> None:
    left = [replace(LEADER, parent=1), process(40, SHELL)]
    assert kinds([INIT, DAEMON, *left], known(held={}, host=None)) == {SHELL: "left", 40: "left"}


def test_while_a_worker_starts_all_of_it_may_be_its_process() -> None:
    machine = [*MACHINE, process(40, marks=marks(nonce="next"))]
    assert kinds(machine, known("starting", held={})) == {}
    assert kinds(machine, known("lost", held={}, opening=frozenset({KEY}))) == {}


def test_what_a_shell_left_is_listed() -> None:
    machine = [*MACHINE, process(40, marks=marks(policy="list"))]
    assert kinds(machine, known(policy="list")) == {40: "listed"}


def test_of_a_deleted_worker_the_mark_says_what_is_to_become_of_it() -> None:
    of_shell = process(40, marks=marks(policy="list"))
    of_command = process(41, marks=marks(policy="kill"))
    of_whom = process(42, marks=marks(policy=None))
    machine = [INIT, DAEMON, of_shell, of_command, of_whom]
    assert kinds(machine, known(None, held={})) == {40: "listed", 41: "left", 42: "listed"}


@pytest.mark.parametrize("fields", [{"unreadable": frozenset({"session"})}, {"is_read": False}])
def test_what_belongs_to_a_session_that_cannot_be_read_runs_on(fields: dict[str, Any]) -> None:
    assert kinds([*MACHINE, process(40, marks=marks())], known(**fields))[40] == "unclaimed"


def test_what_the_host_holds_for_nobody_runs_on() -> None:
    assert kinds(MACHINE, known(None)) == {SHELL: "unclaimed"}


def test_an_mcp_server_is_left_over_once_it_hangs_below_us_no_more() -> None:
    launcher, server = (
        process(pid, above, marks=marks(worker="")) for pid, above in ((40, ME), (41, 40))
    )
    assert kinds([*MACHINE, launcher, server], known()) == {}
    assert kinds([*MACHINE, replace(server, parent=1)], known()) == {41: "left"}


def test_an_mcp_server_is_known_by_its_key_with_all_below_it() -> None:
    key = server_key("time", session="s")
    launcher = process(40, ME, marks=Marks(instance=US, nonce=NOW, server=key))
    bare = process(41, 40, session=41)
    whose = owners([*MACHINE, launcher, bare], known())
    assert {whose[identity(each)].key for each in (launcher, bare)} == {key}
    assert kinds([*MACHINE, launcher, bare], known()) == {}
    (left,) = judge([*MACHINE, replace(launcher, parent=1)], known())
    assert (left.kind, left.worker) == ("left", "")
    assert key in left.why


def test_of_a_worker_without_a_host_it_is_said_that_the_host_has_gone() -> None:
    (left,) = judge([INIT, DAEMON, process(40, marks=marks())], known(held={}, host=None))
    assert left.why == "its terminal host has gone"


def test_what_an_mcp_server_started_is_known_by_having_been_seen_below_it() -> None:
    launcher = process(40, ME, marks=marks(worker=""))
    bare = process(41, 40)
    seen = owners([*MACHINE, launcher, bare, process(42, ME)], known())
    assert {identity(launcher), identity(bare)} == seen.keys() - {identity(LEADER)}
    assert kinds([*MACHINE, launcher, bare], known(seen=seen)) == {}
    assert kinds([*MACHINE, replace(bare, parent=1)], known(seen=seen)) == {41: "left"}
    assert kinds([*MACHINE, replace(bare, parent=1, start_ticks=7)], known(seen=seen)) == {}


def test_a_greenroom_that_an_mcp_server_started_is_none_of_our_business() -> None:
    launcher = process(40, ME, marks=marks(worker=""))
    theirs = [process(41, 40, role="other"), process(42, 41, marks=marks(THEM)), process(43, 42)]
    seen = owners([*MACHINE, launcher, *theirs], known())
    assert seen.keys() == {identity(launcher), identity(LEADER)}
    left = [replace(launcher, parent=1), *theirs]
    assert kinds([*MACHINE, *left], known(seen=seen)) == {40: "left"}


def test_what_was_seen_below_a_worker_is_known_without_any_mark() -> None:
    bare = process(40)
    seen = {identity(bare): Owner(KEY, BEFORE, "kill")}
    assert kinds([*MACHINE, bare], known(seen=seen)) == {40: "left"}
    assert kinds([*MACHINE, replace(bare, start_ticks=7)], known(seen=seen)) == {}


def test_who_is_in_a_session_whose_leader_is_a_workers_is_a_workers() -> None:
    leader, member = process(40, marks=marks()), process(41, session=40)
    assert kinds([*MACHINE, leader, member], known()) == {40: "left", 41: "left"}


def test_a_session_whose_leader_has_gone_is_the_workers_of_its_members() -> None:
    marked, bare = process(41, session=40, marks=marks()), process(42, session=40)
    assert kinds([*MACHINE, marked, bare], known()) == {41: "left", 42: "left"}
    assert kinds([*MACHINE, bare], known()) == {}


def test_a_session_of_somebody_else_is_not_a_workers_for_a_member_that_is() -> None:
    somebody, ours, theirs = (
        process(40),
        process(41, 40, session=40, marks=marks()),
        process(42, 40, session=40),
    )
    assert kinds([*MACHINE, somebody, ours, theirs], known()) == {41: "left"}


def test_an_orphan_of_our_host_that_nothing_attributes_is_listed() -> None:
    assert kinds([*MACHINE, process(40, HOST)], known()) == {40: "listed"}


def test_a_greenroom_in_our_terminal_is_none_of_our_business() -> None:
    keeper = process(40, SHELL, role="other", session=SHELL)
    daemon, host = process(41, 40, role="other"), process(42, HOST, role="other")
    theirs = process(43, 42, marks=marks(THEM)), process(44, 42), process(45, 44)
    machine = [INIT, DAEMON, OUR_HOST, LEADER, keeper, daemon, host, *theirs]
    gone = known("stopped", held={}, seen={identity(each): Owner(KEY, BEFORE) for each in theirs})
    assert kinds(machine, gone) == {SHELL: "left"}
    assert owners(machine, gone).keys() == {identity(LEADER)}


def test_an_orphan_with_the_mark_of_another_is_theirs() -> None:
    marked = process(40, HOST, marks=marks(THEM))
    seen = {identity(marked): Owner(KEY, BEFORE, "kill")}
    assert kinds([*MACHINE, marked, process(41, 40)], known(seen=seen)) == {}


def test_a_daemon_of_ours_that_was_started_in_our_terminal_is_left_alone() -> None:
    """And so is the shell that it stands in: who started us is never ended by us."""
    shell = replace(LEADER, parent=1)
    daemon = process(ME, SHELL, role="own")
    server = process(41, ME, marks=marks(worker=""))
    assert kinds([INIT, shell, daemon, server], known("lost", held={}, host=None)) == {}


def test_a_daemon_that_takes_in_orphans_itself_still_knows_a_workers() -> None:
    """In a container it may be the first process of all."""
    daemon = process(1, 0, role="own")
    left, own = process(40, 1, marks=marks()), process(41, 1)
    assert kinds([daemon, left, own], known("lost", held={}, host=None, me=1)) == {40: "left"}


def test_what_is_looked_into_is_what_is_below_workers_and_our_host_and_us() -> None:
    bare = [
        INIT,
        process(ME),
        process(HOST),
        process(SHELL, HOST),
        process(40, SHELL),
        process(41, HOST),
        process(42),
        process(43, ME),
    ]
    assert near(bare, known()) == {SHELL, 40, 41, 43}


@st.composite
def machines(draw: st.DrawFn) -> list[Process]:
    """Any tree, any session, any role, any mark; pids are in order of birth."""
    count = draw(st.integers(2, 25))
    mark = st.builds(
        marks,
        st.sampled_from([US, US, THEM]),
        st.sampled_from([KEY, "gone/worker", ""]),
        st.sampled_from([NOW, BEFORE]),
        st.sampled_from(["kill", "list", None]),
    )
    roles = st.sampled_from([None, None, None, None, "own", "other"])
    born = [
        process(
            pid,
            draw(st.integers(1, pid - 1)),
            session=draw(st.integers(1, pid)),
            role=draw(roles),
            marks=draw(st.none() | mark),
        )
        for pid in range(2, count + 1)
    ]
    return [process(1, 0), *born]


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Process], Known]:
    machine = draw(machines())
    pids = st.integers(1, len(machine))
    identities = st.sampled_from([identity(each) for each in machine])
    owner = st.builds(Owner, st.just(KEY), st.sampled_from([NOW, BEFORE]), st.just("kill"))
    before = owner | st.just(Owner("", ""))
    what = known(
        draw(st.sampled_from(["running", "starting", "lost", "stopped", None])),
        me=draw(pids),
        host=draw(st.none() | pids),
        held=draw(st.dictionaries(identities, owner, max_size=2)),
        seen=draw(st.dictionaries(identities, before, max_size=4)),
    )
    return machine, what


def chain(machine: list[Process], one: Process) -> list[Process]:
    """The process, and all above it."""
    by_pid = {each.pid: each for each in machine}
    found = [one]
    while found[-1].parent in by_pid:
        found.append(by_pid[found[-1].parent])
    return found


@given(situations())
def test_nothing_of_another_and_no_daemon_is_ever_picked(
    situation: tuple[list[Process], Known],
) -> None:
    machine, what = situation
    us = {each.pid for each in chain(machine, next(p for p in machine if p.pid == what.me))}
    for each in judge(machine, what):
        one = each.process
        assert one.role is None
        assert one.pid not in us | {what.host}
        assert one.marks is None or one.marks.instance == US
        over = next(
            (p for p in chain(machine, one) if p.role or p.pid in {what.me, what.host}), None
        )
        assert over is None or over.role != "other" or over.pid in {what.me, what.host}


@given(situations())
def test_who_has_nothing_to_do_with_us_is_never_picked(
    situation: tuple[list[Process], Known],
) -> None:
    """Innocent: no mark, never seen, below nobody and in no session of anybody of ours."""
    machine, what = situation
    ours = {
        each.pid
        for each in machine
        if each.marks or each.role or identity(each) in {*what.held, *what.seen}
    } | {what.me, what.host}
    sessions = {each.session for each in machine if each.pid in ours}
    innocent = {
        each.pid
        for each in machine
        if each.session not in sessions
        and not any(
            above.pid in ours or above.session in sessions for above in chain(machine, each)
        )
    }
    assert innocent.isdisjoint(each.process.pid for each in judge(machine, what))


@given(situations())
def test_what_is_held_for_a_running_worker_is_never_picked(
    situation: tuple[list[Process], Known],
) -> None:
    machine, what = situation
    held = {(o.worker, o.nonce) for o in what.held.values()}
    if what.workers.get(KEY) == KnownWorker("running", "kill"):
        for who, owner in owners(machine, what).items():
            picked = {identity(each.process) for each in judge(machine, what)}
            assert (owner.worker, owner.nonce) not in held or who not in picked
