"""PURE: a session, the session that started it, the one that started that, and so on."""

from collections.abc import Callable

from storage.records.session import Session


def line_of(session: Session, known: Callable[[str], Session | None]) -> tuple[Session, ...]:
    """Itself first. It ends at one that is not there any more."""
    line: dict[str, Session] = {}
    each: Session | None = session
    while each is not None and each.id not in line:
        line[each.id] = each
        each = known(each.parent_session_id) if each.parent_session_id else None
    return tuple(line.values())
