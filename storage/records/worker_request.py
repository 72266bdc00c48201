"""What can be asked of the workers of a session."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from storage.records.request_base import OfSession, OfWorker, Size, WorkerName
from storage.records.worker import WorkerDesired, WorkerRestart


class CreateWorkerRequest(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What to start. `command` is an argument list, run without a shell.

    `desired` "stopped": it is only put there, and started when it is asked to. `prompt`: the first
    one of an agent, given to it once.
    """

    type: Literal["conversation", "agent", "terminal"]
    name: WorkerName | None = None
    agent: str | None = None
    prompt: str | None = None
    command: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    restart: WorkerRestart | None = None
    env: dict[str, str] | None = None
    cols: Size = 80
    rows: Size = 24
    desired: WorkerDesired | None = None


class CreateWorker(OfSession, frozen=True, kw_only=True, tag="create-worker"):
    worker: CreateWorkerRequest


class GetWorker(OfWorker, frozen=True, kw_only=True, tag="get-worker"):
    pass


class ListWorkers(OfSession, frozen=True, kw_only=True, tag="list-workers"):
    pass


class DeleteWorker(OfWorker, frozen=True, kw_only=True, tag="delete-worker"):
    pass


class RestartWorker(OfWorker, frozen=True, kw_only=True, tag="restart-worker"):
    pass


class StopWorker(OfWorker, frozen=True, kw_only=True, tag="stop-worker"):
    pass


class StartWorker(OfWorker, frozen=True, kw_only=True, tag="start-worker"):
    pass


class WorkerUpdates(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What of a worker can be set; what is absent stays as it is."""

    name: WorkerName | None = None
    desired: WorkerDesired | None = None
    restart: WorkerRestart | None = None


class UpdateWorker(OfWorker, frozen=True, kw_only=True, tag="update-worker"):
    """`desired` starts or stops it, as `start-worker` and `stop-worker` do."""

    updates: WorkerUpdates


class WriteInput(OfWorker, frozen=True, kw_only=True, tag="write-input"):
    """`data` is typed as it stands; a carriage return submits a line.

    While a person types there, it waits for up to `wait_seconds`, then it is `input-held`.
    """

    data: Annotated[str, Meta(min_length=1)]
    wait_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


class ResizeWorker(OfWorker, frozen=True, kw_only=True, tag="resize-worker"):
    cols: Size
    rows: Size


class GetOutput(OfWorker, frozen=True, kw_only=True, tag="get-output", rename={"from_": "from"}):
    """`from` is a byte offset of the epoch; negative counts from its end.

    `before`, `lines`: instead of it, what ends at that offset (absent: at the end), of that at most
    so many lines. The answer's `start` is the next `before`, to read backwards by pages. `limit`:
    so many bytes at most.
    """

    from_: int = 0
    epoch: Annotated[int, Meta(ge=0)] | None = None
    before: Annotated[int, Meta(ge=0)] | None = None
    lines: Annotated[int, Meta(ge=1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=262_144)] = 262_144


class GetScreen(OfWorker, frozen=True, kw_only=True, tag="get-screen"):
    """What its terminal shows now, or showed last."""


class GetActivity(OfWorker, frozen=True, kw_only=True, tag="get-activity"):
    pass
