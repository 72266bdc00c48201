"""A session's state as its journal tells it: the commits folded, one after another.

Knows no directory and opens nothing. Commits that do not fit together are corruption, for no crash
can leave such ones behind.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path

import msgspec

from storage import fold
from storage.bulk import no_garbage_collection
from storage.errors import JournalCorrupt
from storage.journal.frame import Commit
from storage.records.event import MessageAdded
from storage.records.message import ChatMessage
from storage.state import SessionState


def folded(directory: Path, commits: Iterable[Commit]) -> SessionState:
    """The state after all of them; it has a session. `directory` is for the errors.

    JournalCorrupt.
    """
    try:
        with no_garbage_collection():
            state = _folded(commits)
    except (LookupError, msgspec.ValidationError) as error:
        raise JournalCorrupt(f"{directory}: its events do not fit together: {error}") from error
    if state.session is None:
        raise JournalCorrupt(f"{directory}: its journal begins with no session")
    return state


def _folded(commits: Iterable[Commit]) -> SessionState:
    """Lines that only add a message come in long runs; a run is one step."""
    state = SessionState()
    for is_run, some in groupby(commits, _only_adds):
        if is_run:
            state = fold.add_messages(state, [_added(commit) for commit in some])
        else:
            for commit in some:
                state = fold.apply_line(state, commit.events, commit.at, commit.n)
    return state


def _only_adds(commit: Commit) -> bool:
    return len(commit.events) == 1 and type(commit.events[0]) is MessageAdded


def _added(commit: Commit) -> tuple[ChatMessage, datetime]:
    (event,) = commit.events
    assert isinstance(event, MessageAdded)
    return event.message, commit.at
