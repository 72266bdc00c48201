"""What is saved is told at once to whoever takes it, in workspaces old and new."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.inbox.inbox_actor import Look
from actors.messages.agent_reports import LookForReports, WatchForReports
from actors.messages.edits import LookAtSessions
from actors.supervision import BaseActor, ChildContext
from actors.watch.files_watch_actor import Check
from tests.fakes.actors import eventually, lone_context
from tests.fakes.editors import by_rename, in_place
from tests.fakes.greenroom import House


class Listener(BaseActor):
    """Keeps what it is told."""

    def __init__(self, context: ChildContext, heard: list[object]) -> None:
        super().__init__(context)
        self.heard = heard

    def on_message(self, message: object) -> object:
        self.heard.append(message)
        return None


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def watched(open_greenroom: House, heard: list[object]) -> Iterator[House]:
    """The watch tells us in place of the inbox and of the edits' actor."""
    around = open_greenroom.room.around
    others = around.inbox.ref, around.edits.ref
    ref = Listener.start(lone_context(), heard)
    around.inbox.ref = around.edits.ref = ref
    yield open_greenroom
    around.inbox.ref, around.edits.ref = others
    ref.stop()


def inbox_looks(heard: list[object]) -> int:
    return len([message for message in heard if isinstance(message, Look)])


def test_a_file_in_the_inbox_is_told_to_the_inbox(watched: House, heard: list[object]) -> None:
    by_rename(watched.data.inbox / "job.json", "{}")
    eventually(lambda: inbox_looks(heard))
    assert len(heard) == inbox_looks(heard)


def test_a_saved_sessions_file_is_told_once_it_is_finished(
    watched: House, heard: list[object]
) -> None:
    path = watched.data.sessions_file("default")
    with path.open("w") as file:
        eventually(lambda: LookAtSessions("default") in heard)
        file.write("{}")
        assert LookAtSessions("default", is_finished=True) not in heard
    eventually(lambda: LookAtSessions("default", is_finished=True) in heard)
    heard.clear()
    by_rename(path, "{}")
    eventually(lambda: LookAtSessions("default", is_finished=True) in heard)
    assert inbox_looks(heard) == 0


def test_a_new_workspace_is_watched_from_then_on(watched: House, heard: list[object]) -> None:
    watched.data.workspace("other").mkdir()
    eventually(lambda: LookAtSessions("other") in heard)
    in_place(watched.data.sessions_file("other"), "[]")
    assert eventually(lambda: LookAtSessions("other", is_finished=True) in heard)


def test_who_listens_for_reports_is_told_of_them_and_nobody_else(
    watched: House, heard: list[object], tmp_path: Path
) -> None:
    around = watched.room.around
    places = [tmp_path / name for name in ("one", "other")]
    others: list[object] = []
    refs = [Listener.start(lone_context(), found) for found in (heard, others)]
    for place, ref in zip(places, refs, strict=True):
        place.mkdir()
        around.report_listeners[place] = ref
    around.files_watch.tell(WatchForReports())
    eventually(lambda: LookForReports() in heard and LookForReports() in others)
    heard.clear()
    others.clear()
    by_rename(places[0] / "1.json", "{}")
    eventually(lambda: LookForReports() in heard)
    assert others == []
    del around.report_listeners[places[0]]
    around.files_watch.tell(WatchForReports())
    by_rename(places[1] / "1.json", "{}")
    eventually(lambda: LookForReports() in others)
    heard.clear()
    shutil.rmtree(places[0])
    around.files_watch.tell(Check())
    by_rename(places[1] / "2.json", "{}")
    by_rename(watched.data.inbox / "job.json", "{}")
    eventually(lambda: inbox_looks(heard))
    assert LookForReports() not in heard
    for ref in refs:
        ref.stop()


def test_a_watch_that_begins_anew_follows_the_agents_that_there_are(
    watched: House, heard: list[object], tmp_path: Path
) -> None:
    around = watched.room.around
    (tmp_path / "one").mkdir()
    ref = Listener.start(lone_context(), heard)
    around.report_listeners[tmp_path / "one"] = ref
    before = around.files_watch.ref
    around.files_watch.tell(WatchForReports())
    eventually(lambda: LookForReports() in heard)
    heard.clear()
    (tmp_path / "one").rmdir()
    (tmp_path / "one").mkdir()  # another, of which the watch hears nothing
    around.files_watch.tell(Check())
    eventually(lambda: around.files_watch.ref not in {None, before})
    assert eventually(lambda: LookForReports() in heard)
    ref.stop()


def test_lost_events_are_a_look_everywhere(watched: House, heard: list[object]) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
    assert eventually(lambda: inbox_looks(heard) and LookAtSessions("default") in heard)


def test_what_we_write_ourselves_is_looked_at_a_few_times_and_then_no_more(
    watched: House, heard: list[object]
) -> None:
    watched.create()
    path = watched.data.sessions_file("default")
    eventually(lambda: path.exists() and watched.projected())
    projector = watched.room.around.index.projectors["default"]
    eventually(projector.is_in_place)
    by_rename(watched.data.inbox / "marker.json", "{}")
    eventually(lambda: inbox_looks(heard))
    assert len(heard) < 20
