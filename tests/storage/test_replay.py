"""Commits fold to a state; what does not fit together is corruption."""

from pathlib import Path

import pytest
from hypothesis import given

from storage import fold
from storage.errors import JournalCorrupt
from storage.journal.frame import Commit
from storage.journal.log import Draft
from storage.records import event as e
from storage.replay import folded
from storage.state import SessionState
from tests.storage.histories import START, histories, message, session


def commit(n: int, *events: e.Event) -> Commit:
    return Commit(n=n, synced=0, prev="00000000", at=START, events=events)


def test_the_state_after_all_of_them() -> None:
    commits = [commit(1, e.SessionCreated(session())), commit(2, e.MessageAdded(message("m")))]
    state = folded(Path("place"), commits)
    assert (state.record.message_count, len(state.messages)) == (1, 1)


@given(histories(longest=30))
def test_runs_fold_as_each_of_their_lines_does(drafts: list[Draft]) -> None:
    one_by_one = SessionState()
    for at, events, _ in drafts:
        one_by_one = fold.apply_line(one_by_one, events, at)
    commits = [
        Commit(n=n, synced=0, prev="00000000", at=at, events=tuple(events))
        for n, (at, events, _) in enumerate(drafts, 1)
    ]
    assert folded(Path("place"), commits) == one_by_one


@pytest.mark.parametrize(
    "commits",
    [
        [],
        [commit(1, e.SessionDeleting())],
        [commit(1, e.MessageAdded(message("m")))],
        [commit(1, e.SessionCreated(session())), commit(2, e.MessageUpdated("gone", {}))],
        [commit(1, e.SessionCreated(session())), commit(2, e.SessionUpdated({"desired": "fly"}))],
    ],
)
def test_what_does_not_fit_together_is_corruption(commits: list[Commit]) -> None:
    with pytest.raises(JournalCorrupt, match="place"):
        folded(Path("place"), commits)
