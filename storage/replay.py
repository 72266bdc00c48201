"""A session's state as its journal tells it: the commits folded, one after another.

Knows no directory and opens nothing. Commits that do not fit together are corruption, for no crash
can leave such ones behind.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from storage import fold
from storage.errors import JournalCorrupt
from storage.journal.frame import Commit
from storage.state import SessionState


def folded(directory: Path, commits: Iterable[Commit]) -> SessionState:
    """The state after all of them; it has a session. `directory` is for the errors.

    JournalCorrupt.
    """
    state = SessionState()
    try:
        for commit in commits:
            state = fold.apply_all(state, commit.events, commit.at)
    except (LookupError, msgspec.ValidationError) as error:
        raise JournalCorrupt(f"{directory}: its events do not fit together: {error}") from error
    if state.session is None:
        raise JournalCorrupt(f"{directory}: its journal begins with no session")
    return state
