from storage.state import SessionState
from tests.storage.histories import message


def test_what_one_session_holds_is_not_kept_for_the_next() -> None:
    first, second = SessionState(), SessionState()
    first.messages.append(message("a"))
    assert first.messages._items is not second.messages._items
    assert second.messages.append(message("b")).find("a") is None
