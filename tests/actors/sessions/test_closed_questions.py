from msgspec.structs import replace

from actors.sessions import closed_questions
from actors.sessions.closed_questions import ClosedQuestions
from storage.catalog import CatalogEntry
from storage.journal.frame import JournalEnd
from storage.records.request import AnswerPermission, Cancel
from storage.records.session import Session
from tests.actors.decisions.test_permission_answers import asking


def session(*ids: str) -> Session:
    """With open questions of these ids."""
    found = asking(("a", "files.write")).session
    (one,) = found.permissions
    return replace(found, permissions=tuple(replace(one, id=each) for each in ids))


def entry(*ids: str) -> CatalogEntry:
    return CatalogEntry(session(*ids), JournalEnd(1, 1, ""))


def named(closed: ClosedQuestions, permission: str) -> str:
    request = closed.by_whole_id(AnswerPermission(permission=permission, decision="allow"))
    assert isinstance(request, AnswerPermission)
    return request.permission


def test_one_that_is_closed_is_known_by_the_beginning_of_its_id() -> None:
    closed = ClosedQuestions()
    closed.note(None, session("abc-s"))
    closed.note(entry("abc-s", "abd-s"), session("abd-s"))
    assert named(closed, "ab") == "abc-s"
    assert named(closed, "abd") == "abd"
    closed.note(entry("abd-s"), session())
    assert named(closed, "ab") == "ab"
    cancel = Cancel(response_id="a")
    assert closed.by_whole_id(cancel) is cancel


def test_the_oldest_are_forgotten() -> None:
    closed = ClosedQuestions()
    ids = [f"{n:06}-s" for n in range(closed_questions.MOST + 1)]
    closed.note(entry(*ids), session())
    assert named(closed, "000000") == "000000"
    assert named(closed, "000001") == "000001-s"
