"""A prompt on its way into an agent program's terminal, and how far it has come.

`typing` and `submitting` are intents: from there on it may have happened. `typed`: the screen
showed it; `submitted`: the key was pressed; `accepted`: there is evidence that the agent took it.
"""

from typing import Literal

from msgspec import Struct

from storage.records.process import UtcTime

DeliveryState = Literal[
    "queued", "typing", "typed", "submitting", "submitted", "accepted", "failed", "cancelled"
]
DeliveryEnd = Literal["accepted", "failed", "cancelled"]


class Delivery(Struct, frozen=True, gc=False, kw_only=True):
    """What is told of it. `attempts`: how often it was typed; `presses`: how often submitted.

    `evidence`: what was seen that says so. `code`: why it failed, in kebab case.
    """

    response_id: str
    state: DeliveryState = "queued"
    attempts: int = 0
    presses: int = 0
    evidence: str = ""
    code: str | None = None
    since: UtcTime

    @property
    def is_open(self) -> bool:
        return self.state not in {"accepted", "failed", "cancelled"}


class Prompt(Struct, frozen=True, gc=False, kw_only=True):
    """`request_id`: of a request that may be handed in again. `is_first`: the worker's own.

    `number`: of the input that types or submits it. `pasted`: typed as a paste. `mark`: while it
    is typed, how often it stood on the screen before; from then on, how many lines stood below it,
    or -1 where the cursor stood right behind it. `typed_at`: when it was last to be typed.
    """

    id: str
    worker_id: str
    text: str
    request_id: str | None = None
    is_first: bool = False
    number: int = 0
    pasted: bool = False
    mark: int = 0
    typed_at: UtcTime | None = None
    delivery: Delivery
