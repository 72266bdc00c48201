"""Commits fold to a state; what does not fit together is corruption."""

from pathlib import Path

import pytest

from storage.errors import JournalCorrupt
from storage.journal.frame import Commit
from storage.records import event as e
from storage.replay import folded
from tests.storage.histories import START, message, session


def commit(n: int, *events: e.Event) -> Commit:
    return Commit(n=n, synced=0, prev="00000000", at=START, events=events)


def test_the_state_after_all_of_them() -> None:
    commits = [commit(1, e.SessionCreated(session())), commit(2, e.MessageAdded(message("m")))]
    state = folded(Path("place"), commits)
    assert (state.record.message_count, len(state.messages)) == (1, 1)


@pytest.mark.parametrize(
    "commits",
    [
        [],
        [commit(1, e.SessionDeleting())],
        [commit(1, e.SessionCreated(session())), commit(2, e.MessageUpdated("gone", {}))],
        [commit(1, e.SessionCreated(session())), commit(2, e.SessionUpdated({"desired": "fly"}))],
    ],
)
def test_what_does_not_fit_together_is_corruption(commits: list[Commit]) -> None:
    with pytest.raises(JournalCorrupt, match="place"):
        folded(Path("place"), commits)
