"""Whether somebody else changed the same field between the look at it and the edit's own change.

The edit was decided on what was known then; such a change is rare, and must not pass in silence.
"""

from pathlib import Path
from typing import Any

from actors.edits.plan import Plan, Task
from storage import codec
from storage.journal import log
from storage.records import request as r
from storage.records.session import Session
from storage.replay import folded

_WHOLE = "metadata."
"""It is set as a whole, so that what others have put there since would go."""


def overtaken(directory: Path, plan: Plan, task: Task, request_id: str) -> list[str]:
    """A line for each field of that kind. StorageError if the journal cannot be read.

    What the same plan did before is nobody else's: a name that steps aside for another, say.
    """
    if not isinstance(task.request, r.UpdateSession | r.UpdateWorker):
        return []
    commits = log.read(directory).commits
    own = next((place for place, c in enumerate(commits) if c.request == request_id), 0)
    if not 0 < task.n < own:
        return []
    seen = _fields(folded(directory, commits[: task.n]).record, task.request)
    met = _fields(folded(directory, commits[:own]).record, task.request)
    updates = codec.builtins(task.request.updates)
    wanted = _flat(updates)
    ours = _set_by(plan, task)
    return [
        f"{name} of session {task.session_id} was set to {_shown(met.get(name))} by somebody else"
        " at the same time; what stands in this edit came after it"
        for name in sorted(seen.keys() | met.keys())
        if (name in wanted or (name.startswith(_WHOLE) and "metadata" in updates))
        and met.get(name) not in (seen.get(name), wanted.get(name), *ours.get(name, ()))
    ]


def _set_by(plan: Plan, task: Task) -> dict[str, list[Any]]:
    """What all tasks of the plan set fields to, of the worker that this task is about."""
    found: dict[str, list[Any]] = {}
    for other in plan.tasks:
        if isinstance(other.request, r.UpdateWorker) and _worker(other) == _worker(task):
            for name, value in _flat(codec.builtins(other.request.updates)).items():
                found.setdefault(name, []).append(value)
    return found


def _worker(task: Task) -> tuple[str, str | None]:
    return task.session_id, getattr(task.request, "worker", None)


def _fields(session: Session, request: r.UpdateSession | r.UpdateWorker) -> dict[str, Any]:
    """Of the record that the request is about, as it is at that time."""
    record: Any = session
    if isinstance(request, r.UpdateWorker):
        record = session.worker(request.worker)
    return _flat(codec.builtins(record)) if record else {}


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """`config` and `metadata` by their own fields."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value
    return flat


def _shown(value: object) -> str:
    return codec.encode(value).decode()[:200]
