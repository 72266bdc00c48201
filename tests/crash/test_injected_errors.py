"""An error at any call of the storage code: nothing is acknowledged that is not kept.

The desk works while one call fails, or all from it on; then the disk has a power cut and is well
again. What was acknowledged must be there.
"""

import errno
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.crash.calls import ROOT, Layout
from tests.crash.desk import Desk
from tests.crash.desk_rows import work
from tests.crash.disk import VARIANTS, Disk
from tests.crash.file_layer import FileLayer
from tests.crash.injection import SHORT, Injection
from tests.crash.ledger import Ledger
from tests.crash.marking import marking
from tests.crash.proof import Starts, take

ERRORS = {
    "ENOSPC": errno.ENOSPC,
    "EIO": errno.EIO,
    "EROFS": errno.EROFS,
    "EMFILE": errno.EMFILE,
    "EINTR": errno.EINTR,
    "short": SHORT,
}
CHANGES = 25
CALLS = 500
"""About as many as the desk makes."""
STATES = 4
"""Power cuts after the end of each run, beside the one that keeps no more than was promised."""


class Run(NamedTuple):
    struck: bool
    wrong: list[str]


def one_run(here: Path, starts: Starts, name: str, injection: Injection) -> Run:
    layout = Layout({ROOT: {}}, {})
    root = here / name
    root.mkdir(0o700)
    layer = FileLayer(root, layout)
    with layer.installed(), marking(layer):
        desk = Desk(root, layer, name)
        desk.start()
        with layer.injecting(injection):
            work(desk, CHANGES)
            desk.close()
    disk, ledger = Disk(layout), Ledger()
    for call in layer.calls:
        take(call, disk, ledger)
    random = Random(name)
    variants = random.sample(range(len(VARIANTS)), STATES)
    trees = [disk.synced(), *(disk.state(variant, name) for variant in variants)]
    wrong = [
        f"{injection}: {fault}"
        for tree in trees
        for fault in ledger.faults(tree, starts.outcome(tree).found)
    ]
    return Run(layer.struck > 0, wrong)


def work_through(here: Path, error: int, count: int) -> None:
    starts, random = Starts(here / "states"), Random(error)
    struck = 0
    for number in range(count):
        injection = Injection(random.randint(1, CALLS), error, onwards=number % 2 == 0)
        run = one_run(here, starts, f"run-{number}", injection)
        assert run.wrong == []
        struck += run.struck
    assert struck > count / 3


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_is_never_acknowledged(here: Path, error: int) -> None:
    work_through(here, error, 40)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_at_every_call_is_never_acknowledged(here: Path, error: int) -> None:
    work_through(here, error, 2 * CALLS)
