"""PURE: a session, the session that started it, the one that started that, and so on.

Each record names all that were above it when it was made, so that the line goes on over one that
was deleted or purged since. A record of an older greenroom names its parent alone.
"""

from collections.abc import Callable

from storage.records.session import Session

Known = Callable[[str], Session | None]


def line_of(session: Session, known: Known) -> tuple[Session, ...]:
    """Itself first. Those that are not there any more are left out."""
    above = (known(each) for each in ids_of_line(session, known)[1:])
    return (session, *(one for one in above if one is not None))


def ids_of_line(session: Session, known: Known) -> tuple[str, ...]:
    """Its own id first; also of those that are not there any more."""
    line = [session.id]
    last: Session | None = session
    while last is not None:
        named = last.ancestors or (last.parent_session_id,)
        new = [each for each in named if each is not None and each not in line]
        line += new
        last = known(new[-1]) if new else None
    return tuple(line)
