"""What is said to the file front, and what it says of itself for `status`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from storage.records.request import Answer

_KEY = re.compile(r"[!-~]{1,100}")


class AskOnce(Struct, frozen=True):
    """A request under a key, of another front: done once, whenever and however often it is asked.

    `deliver` is called once, in any thread, with the answer or with its JSON. `by`: the front.
    `caller`: the id of the session that asks for itself.
    """

    key: str
    request: dict[str, Any]
    by: str
    deliver: Callable[[Answer | bytes], object]
    caller: str | None = None


def is_key(key: object) -> bool:
    """Whether a client may choose this as a key: 1 to 100 visible characters of ASCII."""
    return isinstance(key, str) and bool(_KEY.fullmatch(key))


@dataclass
class InboxCounts:
    """Since the daemon started; written by the inbox's actor, read by anyone.

    `ignored`: files there whose names do not end in `.json`. `problems`: what could not be read of
    the requests journal, and why files are left lying.
    """

    waiting: int = 0
    running: int = 0
    answered: int = 0
    rejected: int = 0
    ignored: int = 0
    problems: list[str] = field(default_factory=list)
