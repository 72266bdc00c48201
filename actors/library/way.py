"""How commands of a Python program reach those who answer them: one Protocol, three ways.

A program does not see which of them its commands go.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from storage.data_dir import DataDir
from storage.records.conversation import TurnGrew
from storage.records.request import Answer, Refusal

if TYPE_CHECKING:
    from actors.library.delivery import Delivery

Deliver = Callable[[Answer], object]
Follow = Callable[[TurnGrew], object]
"""Hears of the turns that answer a request while they grow, until it gives False. Its first notice
has no turn: the request is on the disk.
"""


class Way(Protocol):
    """Its methods may be called from any thread."""

    def hand_in(
        self, request: dict[str, Any], deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]:
        """Hand in a request; `deliver` gets its answer once, in whatever thread, and must be short.

        May wait for a connection. What is returned lets go of the answer, which nobody gets then;
        the command may still be done.
        """
        ...

    @property
    def data_dir(self) -> DataDir | None:
        """Where the terminals are; None where there can be none."""
        ...

    def listen(self, delivery: "Delivery") -> None:
        """From its return on, say to `delivery` what happens, before it is answered.

        Does nothing while it does so already. ConnectionError.
        """
        ...

    def close(self) -> None:
        """Once."""
        ...


def refused(request: dict[str, Any], refusal: Refusal) -> Answer:
    """The answer to a request that is not even handed on."""
    kind, own_id = request.get("type"), request.get("id")
    return Answer(
        id=own_id if isinstance(own_id, str) else None,
        type=kind if isinstance(kind, str) else "",
        ok=False,
        error=refusal,
    )
