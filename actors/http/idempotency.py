"""`Idempotency-Key`: what is posted under a key is done once, and answered as often as it is asked.

Keys are remembered as the ids of requests in files are, in the requests journal, by the actor that
keeps it; also through a restart.
"""

from typing import Any

from starlette.requests import Request

from actors.gateway import NOT_READY, READY_SECONDS
from actors.http.asking import Refused
from actors.http.front import Front
from actors.messages.inbox import AskOnce, is_key
from storage import codec
from storage.records.request import Answer

HEADER = "Idempotency-Key"


def key_of(request: Request) -> str | None:
    """The key of a POST, if it has one. Refused."""
    found = request.headers.getlist(HEADER)
    if request.method != "POST" or not found:
        return None
    if len(found) > 1 or not is_key(found[0]):
        raise Refused(f"{HEADER} has 1 to 100 visible characters of ASCII, and stands there once")
    return found[0]


async def ask_once(front: Front, message: dict[str, Any], key: str) -> Answer:
    """The answer to `message`, which is done under this key at most once."""
    inbox, clock = front.around.inbox, front.around.clock

    def begin(deliver: Any) -> None:
        missed = Answer(id=None, type=message["type"], ok=False, error=NOT_READY)
        asked = AskOnce(key, message, "http", deliver)
        inbox.tell_within(READY_SECONDS, asked, clock, lambda: deliver(missed))

    told: Answer | bytes = await front.told(begin)
    return codec.decode(told, Answer) if isinstance(told, bytes) else told
