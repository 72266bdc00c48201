"""PURE: workers that an edit adds to a session, as the commands that create them.

One that is there already under its name, just as it is asked for, is not made again.
"""

from msgspec import Struct

from actors.decisions.outside_edit import values
from actors.decisions.outside_edit.trial import Step
from actors.decisions.outside_edit.values import Json
from storage import codec
from storage.errors import FileRefused
from storage.records import request as r
from storage.records.ids import derived_id
from storage.records.session import Session
from storage.records.worker import ConversationWorker, Worker


class WorkerPlace(Struct, frozen=True):
    """Where a new worker stands in the file, and the number of its change."""

    path: str
    position: int


def require_workers(wanted: list[Json], path: str) -> None:
    """FileRefused if two have one name, or two are conversations."""
    names = [
        (worker["name"], f"{path}[{number}].name")
        for number, worker in enumerate(wanted)
        if isinstance(worker.get("name"), str)
    ]
    values.require_different(names, "a worker named")
    talkers = [n for n, worker in enumerate(wanted) if worker.get("type") == "conversation"]
    if len(talkers) > 1:
        text = "a session has one conversation, and this is a second"
        raise FileRefused(text, path=f"{path}[{talkers[1]}].type")


def worker_steps(
    place: WorkerPlace,
    wanted: Json,
    session_id: str,
    ours: Session | None,
    base: Session | None = None,
) -> list[Step]:
    """Create a worker, unless we made the very same one since `base`."""
    step = Step(
        raw={"type": "create-worker", "session": session_id, "worker": wanted},
        position=place.position,
        at=place.path,
        places=(("$.worker", place.path),),
    )
    before = {worker.id for worker in base.workers} if base else set()
    new = [worker for worker in ours.workers if worker.id not in before] if ours else []
    for worker in new:
        is_talker = isinstance(worker, ConversationWorker) and wanted.get("type") == "conversation"
        if is_talker or worker.name == wanted.get("name"):
            if not _is_made(worker, wanted, place):
                raise values.conflict(place.path)
            return []
    return [step]


def _is_made(worker: Worker, wanted: Json, place: WorkerPlace) -> bool:
    """Whether the worker is what is asked for; whether it is to run can have changed since."""
    try:
        asked = values.convert(wanted, r.CreateWorkerRequest)
    except FileRefused as problem:
        path = place.path + (problem.path or "$").removeprefix("$")
        raise FileRefused(str(problem), path=path) from problem
    shape = {
        "type": asked.type,
        "name": asked.name or worker.name,
        "restart": asked.restart or "on-crash",
    }
    if asked.type == "terminal":
        shape["command"] = list(asked.command) if asked.command else None
    if asked.type != "conversation":
        shape |= {
            "env": asked.env or {},
            "cols": asked.cols,
            "rows": asked.rows,
        }
    if asked.type == "agent":
        shape |= {"agent": asked.agent, "prompt": asked.prompt}
    present = codec.builtins(worker)
    return all(values.same(present.get(name), value) for name, value in shape.items())


def new_name(kind: str, key: str, session_id: str, number: int) -> str:
    """For a worker that the file does not name: nobody else names one so."""
    return f"{kind}-{derived_id(f'{key}/{session_id}', number)[:4]}"
