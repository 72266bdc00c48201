from actors.workers.kinds import KINDS
from storage.records.worker import ConversationWorker, TerminalWorker


def test_every_kind_that_can_be_created_has_its_row() -> None:
    assert set(KINDS) == {ConversationWorker, TerminalWorker}
