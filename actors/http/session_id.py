"""Which session a reference means, for what has to know its id before it can listen."""

from actors.http.front import Front
from storage.records.request import Refusal


async def session_id_of(front: Front, reference: str) -> str | Refusal:
    """By the first line of its journal, which also a session in the trash has."""
    answer = await front.ask({"type": "get-events", "session": reference, "limit": 1})
    if answer.error is not None:
        return answer.error
    found: str = answer.data["events"][0]["session_id"]
    return found
