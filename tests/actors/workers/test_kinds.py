from typing import get_args

from actors.workers.kinds import KINDS
from storage.records.worker import Worker


def test_every_kind_has_its_row() -> None:
    assert set(KINDS) == set(get_args(Worker))
