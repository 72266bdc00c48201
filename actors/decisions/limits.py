"""PURE: whether a session's processes are more than its limits allow, and who is ended for it.

The account is what the last look saw. Whoever has most of what is too much is ended, and comes back
by its policy as after a crash: a worker that grows again and again is given up.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from actors.decisions.decision import Decision, Draft, Given, Ready, Verdict
from actors.messages import effects as f
from actors.messages.orphans import CLEAN_UP, Usage
from actors.messages.session import EndOverLimit
from storage.records import event as e
from storage.records.config import Limits
from storage.records.worker import ProcessWorker
from storage.state import SessionState

SERVER = "mcp:"
"""So begins the name of a tool server among a session's children; a worker's id never does."""

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


class Excess(Struct, frozen=True):
    """`by`: the id of the worker, the tool server as `mcp:<name>`, or the clean-up as `CLEAN_UP`,
    that has most of it; `own` is its part of `found`, what was seen of all together; `most` is the
    limit.
    """

    by: str
    limit: Literal["processes", "memory_bytes"]
    most: int
    found: int
    own: int

    @property
    def text(self) -> str:
        """The evidence, in words."""
        whose = f"this {_kind_of(self.by)}"
        most, found, own = (self._shown(each) for each in (self.most, self.found, self.own))
        what = "processes" if self.limit == "processes" else "of memory"
        return (
            f"over the session's limit of {most} {what}: {found} were seen, {own} of them of"
            f" {whose}"
        )

    def _shown(self, count: int) -> str:
        return str(count) if self.limit == "processes" else bytes_phrase(count)


def _kind_of(by: str) -> str:
    if by == CLEAN_UP:
        return "clean-up"
    return "tool server" if by.startswith(SERVER) else "worker"


def bytes_phrase(count: int) -> str:
    """`2 GiB`, `1.5 GiB`, `300 B`."""
    for size, unit in _UNITS:
        if count >= size:
            return f"{count / size:.1f} {unit}".replace(".0 ", " ")
    return f"{count} B"


def killed_text(most: int) -> str:
    """The evidence where the kernel itself holds a session to its limit of memory, in bytes."""
    limit = bytes_phrase(most)
    return (
        f"over the session's limit of {limit} of memory: the kernel killed a process of this worker"
    )


def excess(session_id: str, limits: Limits, usage: Mapping[str, Usage]) -> Excess | None:
    """The first limit that is passed. `usage`: by key, of all sessions."""
    ours = {
        by: used
        for key, used in usage.items()
        for whose, _, by in [key.partition("/")]
        if whose == session_id
    }
    counts = {by: used.processes for by, used in ours.items()}
    memory = {by: used.memory_bytes for by, used in ours.items()}
    return _over("processes", limits.processes, counts) or _over(
        "memory_bytes", limits.memory_bytes, memory
    )


def _over(
    limit: Literal["processes", "memory_bytes"], most: int | None, parts: Mapping[str, int]
) -> Excess | None:
    found = sum(parts.values())
    if most is None or found <= most:
        return None
    by = max(parts, key=lambda each: (parts[each], each))
    return Excess(by, limit, most, found, parts[by])


def passed(state: SessionState, command: EndOverLimit, given: Given) -> Verdict:
    """End whoever has most of it; what has ended meanwhile is only written down."""
    draft = Draft(state, given)
    draft.add(e.LimitPassed(command.by, command.limit, command.most, command.found, command.text))
    worker = state.record.worker(command.by)
    if command.by.startswith(SERVER) or command.by == CLEAN_UP:
        draft.want(f.EndServer(command.by, command.text))
    elif isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}:
        draft.want(f.EndProcess(worker.id, "limit", command.text))
    decision: Decision = draft.decision(Ready(lambda _: {"ended": command.by}))
    return decision
