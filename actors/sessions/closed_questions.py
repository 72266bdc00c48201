"""Which permission requests were closed since the directory began, by the beginning of their ids.

Only for the reply to an answer that comes too late: what is open is named by its whole id alone.
"""

from msgspec.structs import replace

from actors.sessions.references import OfPart
from storage.catalog import CatalogEntry
from storage.records.request import AnswerPermission
from storage.records.session import Session

MOST = 2000
"""Older ones are forgotten; their whole ids still tell what became of them."""


class ClosedQuestions:
    """Used in the directory's thread."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def note(self, before: CatalogEntry | None, now: Session) -> None:
        """A session's record takes the place of the one before it."""
        was_open = before.session.permissions if before else ()
        still_open = {asked.id for asked in now.permissions}
        self._ids |= {asked.id: None for asked in was_open if asked.id not in still_open}
        for each in list(self._ids)[: max(0, len(self._ids) - MOST)]:
            del self._ids[each]

    def by_whole_id(self, request: OfPart) -> OfPart:
        """The same, with the whole id of the closed one whose id begins as it says."""
        if not isinstance(request, AnswerPermission):
            return request
        meant = [each for each in self._ids if each.startswith(request.permission)]
        return replace(request, permission=meant[0]) if len(meant) == 1 else request
