"""Everything that changes a file below the directory is in the recording, or is said to be not."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage import durable, exchange
from storage.journal.log import Journal
from tests.crash.calls import Layout, Synced, SyncFailed, layout_of
from tests.crash.chapters import require_complete
from tests.crash.disk import Disk
from tests.crash.file_layer import FileLayer
from tests.crash.injection import SHORT, Injection
from tests.crash.place import Place, seen
from tests.storage.histories import START, added, created

BEFORE = {"there": b"before", "folder": None, "folder/one": b"1", "folder/same": "folder/one"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place")
    made.become(dict(BEFORE))
    return made


@contextmanager
def recorded(place: Place, injection: Injection | None = None) -> Iterator[FileLayer]:
    """What is done inside is all in the recording."""
    layout = layout_of(place.tree)
    layer = FileLayer(place.root, layout)
    with layer.installed(), layer.injecting(injection or Injection()):
        yield layer
    require_complete(layer, layout, place.root)


def kept(layer: FileLayer, layout: Layout) -> dict[str, bytes | str | None]:
    disk = Disk(layout)
    for call in layer.calls:
        disk.apply(call)
    return disk.kept()


def test_a_place_looks_as_it_is_told(place: Place) -> None:
    assert seen(place.root) == BEFORE
    place.become({"folder": None, "folder/one": "there", "there": b"x"})
    assert seen(place.root) == {"folder": None, "folder/one": b"x", "there": "folder/one"}


def test_all_that_the_store_does_with_files(place: Place) -> None:
    root = place.root
    with recorded(place) as layer:
        durable.replace_file(root / "there", b"after")
        durable.append_line(root / "lines", b"one\n")
        durable.append_line(root / "lines", b"two\n")
        os.truncate(root / "lines", 5)
        exchange.exchange(root / "lines", root / "folder" / "one")
        os.link(root / "there", root / "again")
        descriptor = os.open(root / "room", os.O_RDWR | os.O_CREAT)
        os.pwrite(descriptor, b"deep", 9)
        durable.allocate(descriptor, 100)
        os.close(descriptor)
        (root / "folder" / "same").unlink()
        (root / "deep").mkdir()
        (root / "deep" / "file").touch()
        (root / "deep").rename(root / "moved")
        shutil.rmtree(root / "moved")
    assert kept(layer, layout_of(BEFORE)) == seen(root) != BEFORE


def test_calls_of_many_threads_are_in_their_order(place: Place) -> None:
    def work(number: int) -> None:
        name = f"session{number}aaaa"
        with Journal.create(place.root / name, name, "default", START) as journal:
            journal.append([created(name)])
            for one in range(20):
                journal.append([added(one)])

    with recorded(place) as layer:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    there = kept(layer, layout_of(BEFORE))
    assert there == seen(place.root)
    assert len([path for path in there if path.endswith("journal.jsonl")]) == 6


def test_what_goes_past_the_recorder_is_noticed(place: Place) -> None:
    layer = FileLayer(place.root, layout_of(place.tree))
    with layer.installed():
        (place.root / "past").write_bytes(b"past")
        (place.root / "link").symlink_to("there")
    assert len(layer.escaped) == 2
    with pytest.raises(AssertionError):
        require_complete(layer, layout_of(place.tree), place.root)


def test_what_happens_elsewhere_is_left_alone(place: Place, tmp_path: Path) -> None:
    with recorded(place) as layer:
        durable.replace_file(tmp_path / "elsewhere", b"content")
        (tmp_path / "elsewhere").unlink()
    assert layer.calls == []


def test_a_call_fails_where_it_is_told_to(place: Place) -> None:
    failing = Injection(2, errno.EIO, kinds=frozenset({"fsync"}))
    with recorded(place, failing) as layer:
        with pytest.raises(Exception, match="Input/output error"):
            durable.replace_file(place.root / "there", b"after")
        durable.replace_file(place.root / "other", b"content")
    kinds = [type(call) for call in layer.calls if isinstance(call, Synced | SyncFailed)]
    assert kinds == [Synced, SyncFailed, Synced, Synced]
    assert layer.struck == 1


def test_a_short_write_writes_half(place: Place) -> None:
    short = Injection(1, SHORT, kinds=frozenset({"write"}))
    layout = layout_of(place.tree)
    with recorded(place, short) as layer:
        descriptor = os.open(place.root / "there", os.O_WRONLY | os.O_APPEND)
        assert os.write(descriptor, b"1234") == 2
        os.close(descriptor)
    assert kept(layer, layout)["there"] == b"before12"
