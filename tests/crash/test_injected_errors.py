"""An error at any call of the storage code: nothing is acknowledged that is not kept.

The desk works while one call fails, or all from it on; then the disk is well again, after a power
cut or without one. What was acknowledged must be there. A run without errors says first which calls
there are and from where each is made. The short form strikes the first call from every such place,
once and from it on, with errors in turn; the long form every call with every error.
"""

import errno
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.crash.call_sites import call_site, modules_of
from tests.crash.calls import ROOT, Layout
from tests.crash.desk import Desk
from tests.crash.desk_rows import ROWS, work
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
WRITES = frozenset({"write"})
"""What can be short."""

CHANGES = len(ROWS) + 4
STATES = 2
"""Power cuts after each run, beside the one that keeps no more than was promised."""

STRUCK = {
    "attachments",
    "catalog",
    "data_dir",
    "edit_claims",
    "imported",
    "log",
    "rejected",
    "request_claims",
    "request_files",
    "requests_journal",
    "revisions",
    "sessions_file",
    "trash",
}
"""The modules that change files, or have them changed."""


KINDS = {
    "open",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "exchange",
    "link",
    "unlink",
    "mkdir",
    "rmdir",
}


class Place(NamedTuple):
    """A kind of call, and where it is made."""

    kind: str
    site: tuple[str, ...]


class Run(NamedTuple):
    """`places` of all calls that were counted, in their order."""

    places: list[Place]
    struck: int
    wrong: list[str]


def one_run(here: Path, starts: Starts, name: str, injection: Injection) -> Run:
    """The same calls each time, up to the first that fails."""
    layout, places = Layout({ROOT: {}}, {}), list[Place]()
    root = here / name
    root.mkdir(0o700)
    layer = FileLayer(root, layout)
    with layer.installed(), marking(layer):
        desk = Desk(root, layer, "errors")
        desk.start()
        with layer.injecting(injection, lambda kind: places.append(Place(kind, call_site()))):
            work(desk, CHANGES)
            desk.close()
    return Run(places, layer.struck, list(wrong_after(layer, layout, starts, name)))


def wrong_after(layer: FileLayer, layout: Layout, starts: Starts, seed: str) -> Iterator[str]:
    disk, ledger = Disk(layout), Ledger()
    for call in layer.calls:
        take(call, disk, ledger)
    drawn = Random(seed).sample(range(len(VARIANTS)), STATES)
    for tree in (disk.kept(), disk.synced(), *(disk.state(one, seed) for one in drawn)):
        outcome = starts.outcome(tree)
        yield from ledger.faults(tree, outcome.found)
        if outcome.again:
            yield outcome.again


def strike(here: Path, injections: Iterable[Injection]) -> Iterator[Place]:
    """Where each struck first; nothing went wrong."""
    starts = Starts(here / "states")
    for number, injection in enumerate(injections):
        run = one_run(here, starts, f"run-{number}", injection)
        first = run.places[injection.at - 1]
        assert run.wrong == [], f"{injection} in {first}"
        assert run.struck >= 1
        yield first


def undisturbed(here: Path) -> list[Place]:
    """Of all calls of a run in which none fails but those that a row lets fail."""
    run = one_run(here, Starts(here / "undisturbed"), "run", Injection())
    assert run.wrong == []
    return run.places


def injections(places: list[Place], error: int) -> Iterator[tuple[Place, Injection]]:
    """At every call, once and from it on."""
    kinds = WRITES if error == SHORT else frozenset[str]()
    counted = [place for place in places if not kinds or place.kind in kinds]
    for (at, place), onwards in itertools.product(enumerate(counted, 1), (False, True)):
        yield place, Injection(at, error, onwards=onwards, kinds=kinds)


def one_of_each(places: list[Place]) -> dict[tuple[Place, bool], Injection]:
    """For each place, once and onwards, the first call from there, with the errors in turn."""
    possible: dict[tuple[Place, bool], dict[int, Injection]] = {}
    for error in ERRORS.values():
        for place, injection in injections(places, error):
            possible.setdefault((place, injection.onwards), {}).setdefault(error, injection)
    turns = enumerate(possible.items())
    return {key: list(ways.values())[turn % len(ways)] for turn, (key, ways) in turns}


def test_an_error_is_never_acknowledged(here: Path) -> None:
    places = undisturbed(here)
    assert {module for place in places for module in modules_of(place.site)} >= STRUCK
    assert {place.kind for place in places} >= KINDS
    chosen = one_of_each(places)
    assert {injection.error for injection in chosen.values()} == set(ERRORS.values())
    assert list(strike(here, chosen.values())) == [place for place, _ in chosen]


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_at_every_call_is_never_acknowledged(here: Path, error: int) -> None:
    places, strikes = zip(*injections(undisturbed(here), error), strict=True)
    assert tuple(strike(here, strikes)) == places
