"""What a client of a worker's WebSocket and greenroom say to each other, each as one JSON text.

`start` and `offset` are byte offsets in the output of one epoch, where the text begins and ends; an
epoch is one incarnation of the process. The page `docs/websocket.md` says what follows from what.
"""

from typing import Annotated

from msgspec import Meta, Struct

from storage.records.process import UtcTime
from storage.records.request_base import Size
from storage.records.worker import ActivitySource, ActivityState

Offset = Annotated[int, Meta(ge=0, lt=2**53)]

# ---- from the client


class _FromClient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class InputMessage(_FromClient, frozen=True, tag="input"):
    """Type `data` as it stands; whoever types has the terminal until he rests."""

    data: Annotated[str, Meta(min_length=1)]


class ResizeMessage(_FromClient, frozen=True, tag="resize"):
    """Done at once, unless another person types there; then when this client does."""

    cols: Size
    rows: Size


class ImageMessage(_FromClient, frozen=True, tag="image"):
    """`data`: a PNG, JPEG, GIF or WebP in base64; which one, its content says."""

    data: Annotated[str, Meta(min_length=1)]
    mime_type: Annotated[str, Meta(max_length=100)] = ""


class RequestHistoryMessage(_FromClient, frozen=True, tag="request-history"):
    """Begin anew at `from_offset` of `epoch`, or of the newest; without both, as at first."""

    from_offset: Offset | None = None
    epoch: Offset | None = None


class TakeInputMessage(_FromClient, frozen=True, tag="take-input"):
    """Be the one who types, though another person is."""


WorkerClientMessage = (
    InputMessage | ResizeMessage | ImageMessage | RequestHistoryMessage | TakeInputMessage
)

# ---- from greenroom


class HistoryMessage(Struct, frozen=True, kw_only=True, tag="history"):
    """What was written before, as far as it fits in; `output` goes on at `offset`."""

    data: str
    start: int
    offset: int
    epoch: int


class OutputMessage(Struct, frozen=True, kw_only=True, tag="output"):
    data: str
    start: int
    offset: int
    epoch: int


class ExitMessage(Struct, frozen=True, kw_only=True, tag="exit"):
    """The process has ended and its output was told; both are null if nobody knows how."""

    exit_code: int | None
    signal: int | None


class ActivityMessage(Struct, frozen=True, kw_only=True, tag="activity"):
    state: ActivityState
    source: ActivitySource
    since: UtcTime


class ErrorMessage(Struct, frozen=True, kw_only=True, tag="error"):
    """`message` says what to do next."""

    code: str
    message: str


WorkerServerMessage = HistoryMessage | OutputMessage | ExitMessage | ActivityMessage | ErrorMessage
