"""What all records have in common."""

import gc
from typing import get_args

import msgspec
import pytest

from storage.journal.frame import Commit
from storage.records import event as e
from storage.records.conversation import Round, Turn
from storage.records.message import ChatMessage
from storage.records.session import QuickSession, WorktreeSession
from tests.storage.histories import message

KINDS = [*get_args(e.AnyEvent), Commit, ChatMessage, QuickSession, Round, Turn, WorktreeSession]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_collector_of_garbage_passes_it_over(kind: type[msgspec.Struct]) -> None:
    assert not kind.__struct_config__.gc


def test_a_message_is_not_tracked() -> None:
    assert not gc.is_tracked(message("one"))
