"""A disk keeps what was synced, and of the rest what a power cut may leave, no more."""

from collections.abc import Iterable

from tests.crash.calls import (
    ROOT,
    Call,
    Edit,
    Layout,
    Renamed,
    Resized,
    Synced,
    SyncFailed,
    Tree,
    Wrote,
)
from tests.crash.disk import VARIANTS, Disk

A, B, FILE, OTHER = 1, 2, 10, 11
TRIES = 8 * len(VARIANTS)


def disk(calls: Iterable[Call]) -> Disk:
    """Two directories, and what `calls` do in them."""
    made = Disk(Layout({ROOT: {"a": A, "b": B}, A: {}, B: {}}, {}))
    for call in calls:
        made.apply(call)
    return made


def states(*calls: Call) -> list[Tree]:
    """All that a crash after them can leave, without the two directories."""
    made = disk(calls)
    found = [made.state(variant) for variant in range(TRIES)]
    return [{path: content for path, content in tree.items() if len(path) > 1} for tree in found]


def new(directory: int = A, name: str = "file", number: int = FILE) -> Renamed:
    return Renamed((Edit(directory, name, None, number),), made=number)


def moved(source: int, target: int, number: int = FILE) -> Renamed:
    return Renamed((Edit(source, "file", number, None), Edit(target, "file", None, number)))


def contents(trees: list[Tree], path: str = "a/file") -> set[object]:
    return {tree.get(path) for tree in trees}


WRITTEN = (new(), Wrote(FILE, 0, b"x" * 600))
KEPT = (*WRITTEN, Synced(FILE), Synced(A))


def test_what_is_synced_is_there_in_every_state() -> None:
    assert contents(states(*KEPT)) == {b"x" * 600}
    assert disk(KEPT).is_at_rest


def test_what_is_not_synced_may_be_there_or_not() -> None:
    found = contents(states(*WRITTEN))
    assert {None, b"", b"x" * 600, b"x", b"x" * 512, bytes(600)} <= found


def test_a_synced_file_has_no_name_yet() -> None:
    assert contents(states(*WRITTEN, Synced(FILE))) == {None, b"x" * 600}


def test_a_synced_name_has_no_content_yet() -> None:
    found = contents(states(*WRITTEN, Synced(A)))
    assert None not in found
    assert b"" in found


def test_an_append_leaves_what_was_there() -> None:
    found = contents(states(*KEPT, Wrote(FILE, 600, b"y" * 600)))
    assert all(isinstance(one, bytes) and one.startswith(b"x" * 600) for one in found)
    assert {b"x" * 600, b"x" * 600 + b"y", b"x" * 600 + b"y" * 600} <= found


def test_later_writes_may_come_before_earlier_ones() -> None:
    found = contents(states(*KEPT, Wrote(FILE, 600, b"y"), Wrote(FILE, 601, b"z")))
    assert b"x" * 600 + b"\0z" in found


def test_a_cut_is_done_or_not() -> None:
    assert contents(states(*KEPT, Resized(FILE, 1))) == {b"x" * 600, b"x"}


def test_a_rename_is_one_step() -> None:
    found = states(*KEPT, moved(A, B))
    assert {tuple(sorted(tree)) for tree in found} == {("a/file",), ("b/file",)}


def test_a_rename_is_sure_when_the_directory_is_synced_that_it_goes_to() -> None:
    assert len(contents(states(*KEPT, moved(A, B), Synced(A)))) == 2
    assert contents(states(*KEPT, moved(A, B), Synced(B))) == {None}


def test_names_of_one_directory_change_in_their_order() -> None:
    found = states(new(), new(name="later", number=OTHER))
    assert {tuple(sorted(tree)) for tree in found} == {(), ("a/file",), ("a/file", "a/later")}


def test_directories_are_independent() -> None:
    found = {tuple(sorted(tree)) for tree in states(new(), new(B, number=OTHER))}
    assert found == {(), ("a/file",), ("b/file",), ("a/file", "b/file")}


def test_a_file_never_loses_its_last_name_to_the_order_of_two_directories() -> None:
    linked = Renamed((Edit(B, "again", None, FILE),))
    unlinked = Renamed((Edit(A, "file", FILE, None),))
    found = {tuple(sorted(tree)) for tree in states(*KEPT, linked, unlinked, Synced(A))}
    assert found == {("b/again",)}
    assert all(states(*KEPT, linked, unlinked))


def test_what_a_failed_sync_gave_up_no_later_sync_makes_sure() -> None:
    more = Wrote(FILE, 600, b"y")
    found = contents(states(*KEPT, more, SyncFailed(FILE), Synced(FILE)))
    assert found == {b"x" * 600 + b"\0", b"x" * 600 + b"y"}


def test_what_was_given_up_and_written_anew_is_kept() -> None:
    more = Wrote(FILE, 600, b"y")
    found = contents(states(*KEPT, more, SyncFailed(FILE), more, Synced(FILE)))
    assert found == {b"x" * 600 + b"y"}


def test_a_state_is_the_same_each_time() -> None:
    made = disk(WRITTEN)
    assert [made.state(one, "s") for one in range(99)] == [
        made.state(one, "s") for one in range(99)
    ]
