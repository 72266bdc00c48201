"""Ends what workers and MCP servers left behind, and keeps an account of what is below them.

A sweep comes at the start, after each end of a worker, and when somebody asks. Processes are looked
at before the terminal host is asked what it holds and before the records are read, so that one
which was started meanwhile is never taken for left over. While a host cannot be reached nothing is
ended. Whose a process is stands in `decisions/left_over`.
"""

import logging
import os
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.decisions import left_over
from actors.decisions.left_over import Known, KnownWorker, judge
from actors.messages import orphans as m
from actors.messages.recording import Notice, Published
from actors.messages.session import Dispatch, RecordEndedOrphans, Reply
from actors.messages.terminals import HeldTerminals, TellHeld
from actors.orphans import snapshot
from actors.orphans.at_once import end_at_once
from actors.orphans.batch import ALL_KINDS, Batch, recorded
from actors.orphans.limit_watch import LimitWatch
from actors.orphans.seen import SeenAccount
from actors.orphans.usage import UsageAccount
from actors.process_table import has_children, look_up
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage.records import event as e
from storage.records.ids import is_id
from storage.records.process import EndedProcess
from storage.records.request import Refusal
from storage.records.worker import TerminalWorker

if TYPE_CHECKING:
    from actors.recording.broadcaster import Subscription

SCAN_SECONDS = 5.0
AFTER_END_SECONDS = 0.25
"""Ends that come together are one sweep."""
STEP_SECONDS = 0.1
AGAIN_SECONDS = 1.0
KEPT_ENDED = 100

CUT_SHORT = Refusal(code="starting", message="the sweep was cut short; ask again in a moment")

_log = logging.getLogger(__name__)


class _Scan:
    """The time for the next look has come."""


class _Note:
    """Some have begun: their marks are to be in the file before a crash can come."""


class _Glance:
    """See those that have begun."""


class _WorkerEnded:
    """One has ended whose leavings are to be swept."""


class _Step:
    """See what became of those that were told to end."""


class _Looked(NamedTuple):
    """`processes` is None for a scan, which ends nothing: it looks when it knows what is held."""

    number: int
    processes: list[m.Process] | None
    held: HeldTerminals


class OrphanSweeper(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self._around = around
        around.orphans.ref = self.actor_ref
        self._root = str(around.data.root)
        self._seen = SeenAccount(around.data.workspaces)
        self._usage = UsageAccount(context.clock)
        self._limits = LimitWatch(around.directory)
        self._last_known: Known | None = None
        self._looks = 0
        self._batch: Batch | None = None
        self._found: list[dict[str, Any]] = []
        self._ended: deque[dict[str, Any]] = deque(maxlen=KEPT_ENDED)
        self._is_due = False
        self._is_glance_due = False
        self._is_note_due = False
        self._hearing: Subscription | None = None

    def started(self) -> None:
        self._seen.open()
        self._sweep()
        self._later(SCAN_SECONDS, _Scan())
        self._hearing = self._around.broadcaster.subscribe(self._hear)

    def stopping(self) -> None:
        if self._hearing:
            self._hearing.unsubscribe()
        self._usage.tell()
        if self._batch:
            self._batch.tell(CUT_SHORT)

    def dropped(self, message: Any) -> None:
        if isinstance(message, m.CleanUp | m.Sweep) and message.answer:
            message.answer(CUT_SHORT)
        elif isinstance(message, m.TellUsage):
            message.told({})

    def on_message(self, message: Any) -> object:  # noqa: C901 - one row per message
        match message:
            case _Looked():
                self._looked(message)
            case _Scan():
                self._glance()
                self._later(SCAN_SECONDS, _Scan())
            case _Glance():
                self._is_glance_due = False
                self._glance()
            case m.Began():
                self._began(message)
            case _Note():
                self._is_note_due = False
                self._seen.note()
            case m.TellUsage():
                if not self._usage.is_told(message):
                    self._glance()
            case _Step():
                self._look(is_full=True)
            case _WorkerEnded():
                if not self._is_due:
                    self._is_due = True
                    self._later(AFTER_END_SECONDS, m.Sweep())
            case m.Sweep():
                self._is_due = False
                self._sweep().answers += [message.answer] if message.answer else []
            case m.EndAll():
                self._end_at_once(message.key)
            case m.CleanUp():
                self._sweep(ALL_KINDS).answers.append(message.answer)
            case m.DescribeOrphans():
                return m.OrphansDescription(tuple(self._found), tuple(self._ended))
            case _:
                return super().on_message(message)
        return None

    def _later(self, seconds: float, message: object) -> None:
        self.context.clock.after(seconds, lambda: tell(self.actor_ref, message))

    def _hear(self, notice: Notice) -> None:
        """In the publisher's thread."""
        if not isinstance(notice, Published):
            return
        for each in _begun(notice):
            tell(self.actor_ref, each)
        ends = [each for each in notice.events if isinstance(each, e.WorkerEnded | e.WorkerDeleted)]
        if any(map(_was_ended, ends)):
            tell(self.actor_ref, _WorkerEnded())
        elif ends:
            tell(self.actor_ref, _Step())

    def _began(self, message: m.Began) -> None:
        """Those that begin together are noted, and looked at, together."""
        who = message.pid, message.start_ticks
        self._seen.begin(who, message.owner, self._looks)
        if not self._is_note_due:
            self._is_note_due = tell(self.actor_ref, _Note())
        if not self._is_glance_due:
            self._is_glance_due = True
            self._later(AFTER_END_SECONDS, _Glance())

    def _sweep(self, kinds: frozenset[m.Kind] = frozenset({"left"})) -> Batch:
        self._batch = self._batch or Batch(self.context.clock)
        self._batch.kinds |= kinds
        self._look(is_full=True)
        return self._batch

    # A look: the processes, then what the host holds, then the records.

    def _glance(self) -> None:
        """Look at those alone that may be a worker's; at all while some are left over."""
        self._look(is_full=bool(self._batch or self._found))

    def _look(self, *, is_full: bool) -> None:
        """A later look makes an earlier one void."""
        self._looks += 1
        number = self._looks
        processes = snapshot.all_marked(self._root) if is_full else None
        me = self.actor_ref
        self._around.terminals.tell(
            TellHeld(lambda held: tell(me, _Looked(number, processes, held)))
        )

    def _looked(self, looked: _Looked) -> None:
        if looked.number != self._looks:
            return
        known = self._known(looked)
        if not known.is_read or not looked.held.is_known:
            self._cannot_tell()
        elif looked.processes is None:
            self._scan(known, looked.number)
        else:
            self._keep_account(looked.processes, known, looked.number)
            judged = judge(looked.processes, known)
            if self._batch:
                judged = self._end(self._batch, judged)
            self._found = [_shown(each) for each in judged]

    def _scan(self, known: Known, number: int) -> None:
        """Of what is left over only MCP servers are ended by it: nobody tells of their end.

        The others are looked at in full, to be shown: one may have shown its mark only now.
        """
        if known.held or known.seen or has_children():
            near = snapshot.those_near(self._root, lambda all_: left_over.near(all_, known))
            self._keep_account(near, known, number)
            judged = judge(near, known)
            if any(not each.worker and each.kind == "left" for each in judged):
                self._sweep()
            elif judged:
                self._look(is_full=True)
        self._usage.tell()

    def _cannot_tell(self) -> None:
        """Nothing is ended; the sweep comes when it is known what the host holds."""
        self._usage.tell()
        if self._batch:
            text = "it is not known yet what the terminal host holds; see greenroom doctor"
            self._batch.tell(Refusal(code="host-unreachable", message=text))
            self._later(AGAIN_SECONDS, _Step())

    def _known(self, looked: _Looked) -> Known:
        """Of the records, those of workers that have or had a process that is to be seen."""
        index, held = self._around.index, looked.held
        is_read = index.is_read
        marked = (each.marks.worker for each in looked.processes or () if each.marks)
        keys = {*held.terminals, *(owner.worker for owner in self._seen.owners.values()), *marked}
        workers = {key: worker for key in keys if (worker := self._worker(key))}
        policies = {key: left_over.policy_of(worker) for key, worker in workers.items()}
        return Known(
            instance=self._around.data.instance,
            me=os.getpid(),
            host=held.host,
            is_read=is_read and index.is_read,
            workers={k: KnownWorker(w.status, policies[k]) for k, w in workers.items()},
            unreadable=self._unreadable({key.partition("/")[0] for key in keys}),
            opening=held.opening,
            held={
                (leader.pid, leader.start_ticks): m.Owner(key, leader.nonce, policies.get(key))
                for key, leader in held.terminals.items()
            },
            seen={**self._in_groups(looked), **self._seen.owners},
        )

    def _in_groups(self, looked: _Looked) -> dict[left_over.Identity, m.Owner]:
        """Whoever is in a group of ours, whatever else it cleared, is its worker's."""
        members = self._around.groups.members()
        entries = {pid: entry for pid in members if (entry := look_up(pid))}
        nonces = {key: leader.nonce for key, leader in looked.held.terminals.items()}
        return {
            (pid, entry.start_ticks): m.owner_of(members[pid], nonces.get(members[pid], ""))
            for pid, entry in entries.items()
        }

    def _unreadable(self, session_ids: set[str]) -> frozenset[str]:
        """Those of them whose record says nothing of their processes: quarantined, or not read."""
        index = self._around.index
        unknown = session_ids - index.entries.keys()
        return frozenset({*index.quarantined(), *filter(self._is_on_disk, unknown)})

    def _is_on_disk(self, session_id: str) -> bool:
        """It was put there while we ran."""
        data = self._around.data
        return is_id(session_id) and any(
            data.session(workspace, session_id).exists() for workspace in data.workspace_names()
        )

    def _worker(self, key: str) -> TerminalWorker | None:
        session_id, _, worker_id = key.partition("/")
        entry = self._around.index.entries.get(session_id)
        worker = entry.session.worker(worker_id) if entry else None
        return worker if isinstance(worker, TerminalWorker) else None

    def _keep_account(self, processes: list[m.Process], known: Known, number: int) -> None:
        now = left_over.owners(processes, known)
        self._last_known = known
        self._usage.looked(processes, now)
        self._keep_groups(known.host)
        self._limits.looked(self._around.index.sessions(), self._usage.latest, now.values())
        self._seen.looked(now, number)

    def _keep_groups(self, host: int | None) -> None:
        """Control groups hold what their sessions want now, and none stays that is empty."""
        around = self._around
        limits = {each.id: around.limits_of(each.id) for each in around.index.sessions()}
        if host and any(limits.values()):
            around.groups.settle(host)
        if around.groups.is_usable:
            for session_id, held_to in limits.items():
                around.groups.hold(session_id, held_to)
            around.groups.tidy()

    # The end of those that may not stay.

    def _end_at_once(self, key: str) -> None:
        """Of a tool server the launcher stays: it ends what is left, and tells of the end."""
        known = self._last_known
        if known is None:
            return

        def of_key() -> list[m.Process]:
            processes = snapshot.those_near(self._root, lambda all_: left_over.near(all_, known))
            whose = left_over.owners(processes, known)
            return [
                process
                for process in processes
                if (owner := whose.get(left_over.identity(process)))
                and owner.key == key
                and process.parent != known.me
            ]

        self._around.groups.kill(key)
        count = len(end_at_once(of_key))
        _log.warning("%d processes of %s ended: over a limit of its session", count, key)

    # The end of those that are left.

    def _end(self, batch: Batch, judged: list[m.Judged]) -> list[m.Judged]:
        """Whom it leaves alone, or has not brought down."""
        if batch.advance(judged):
            self._later(STEP_SECONDS, _Step())
            return [each for each in judged if each.kind not in batch.kinds]
        self._batch = None
        ended = batch.outcome(judged)
        for worker, processes in ended.items():
            self._tell_of(worker, processes)
        rows = [recorded(worker, p) for worker, ps in ended.items() for p in ps]
        self._ended += rows
        batch.tell({"ended": rows, "left": [_shown(each) for each in judged]})
        return judged

    def _tell_of(self, worker: str, processes: tuple[EndedProcess, ...]) -> None:
        for each in processes:
            how = f"ended by signal {each.signal}" if each.gone else "could not be ended"
            _log.warning("process %d (%s) %s: %s", each.pid, each.name, how, each.why)
        session_id, _, worker_id = worker.partition("/")
        if session_id in self._around.index.entries:
            request = RecordEndedOrphans(
                session=session_id, worker_id=worker_id, processes=processes
            )
            self._around.directory.tell(Dispatch(request, Reply(lambda _: None)))


def _begun(notice: Published) -> Iterator[m.Began]:
    """The workers that have a process since."""
    for event in notice.events:
        if isinstance(event, e.WorkerStarted) and event.process and notice.session:
            worker, process = notice.session.worker(event.worker_id), event.process
            policy = left_over.policy_of(worker) if isinstance(worker, TerminalWorker) else None
            key = f"{notice.session_id}/{event.worker_id}"
            owner = m.Owner(key, process.nonce, policy)
            yield m.Began(process.pid, process.start_ticks, owner)


def _was_ended(event: e.WorkerEnded | e.WorkerDeleted) -> bool:
    """What exited by itself may have left behind what was meant to stay: the next start sweeps."""
    return isinstance(event, e.WorkerDeleted) or not (event.exit and event.exit.cause == "exited")


def _shown(judged: m.Judged) -> dict[str, Any]:
    return {
        "pid": judged.process.pid,
        "name": snapshot.name_of(judged.process.pid),
        "worker": judged.worker or None,
        "kind": judged.kind,
        "why": judged.why,
    }
