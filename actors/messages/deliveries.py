"""How a prompt for an agent goes on: what its worker's actor says to the session.

Each is a step that the session records before anything is done about it.
"""

from typing import Literal

from msgspec import Struct

from storage.records.delivery import DeliveryEnd


class TypeIt(Struct, frozen=True):
    """The agent is ready. `seen`: how often the text stands on its screen already."""

    pasted: bool
    seen: int


class ItStands(Struct, frozen=True):
    """The screen shows it, with so many lines `below`, or -1 with the cursor right behind it."""

    evidence: str
    below: int


class SubmitIt(Struct, frozen=True):
    """It stands in the input line: press the key."""


class KeyPressed(Struct, frozen=True):
    """The terminal host took the key."""


class PutItBack(Struct, frozen=True):
    """The input was certainly not taken: it is to be tried again from this state."""

    state: Literal["queued", "typed"]
    evidence: str


class EndIt(Struct, frozen=True):
    """It is known, or never will be."""

    state: DeliveryEnd
    evidence: str
    code: str | None = None


Step = TypeIt | ItStands | SubmitIt | KeyPressed | PutItBack | EndIt
