from functools import partial
from pathlib import Path

import pytest

from actors.adapters.anthropic_model import AnthropicModel
from actors.adapters.scripted_model import ScriptedModel
from actors.boot import PROVIDERS, Root
from actors.ports import ModelError
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning
from storage.records.workspace import ProviderSettings
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import House, house, pass_time


def test_the_fronts_run_only_where_they_are_asked_for(greenroom: House) -> None:
    assert greenroom.node("fronts") is None
    assert not greenroom.data.control_socket.exists()


def test_with_fronts_every_way_in_is_open_until_the_end(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as greenroom:
        fronts = greenroom.node("fronts")
        assert fronts is not None
        assert [child.name for child in fronts.children] == [
            "inbox",
            "edits",
            "files_watch",
            "control",
            "http",
        ]
        assert greenroom.data.control_socket.is_socket()
    assert not greenroom.data.control_socket.exists()


def test_what_rests_on_the_recorder_is_started_again_with_it(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    pool = greenroom.room.around.recording.pool
    directory = greenroom.room.around.directory.ref
    end_part(greenroom, "recorder")
    eventually(lambda: greenroom.room.around.directory.ref is not directory)
    eventually(greenroom._runs)
    assert greenroom.room.around.recording.pool is not pool
    assert greenroom.becomes(session_id, worker_id, "running").process.pid == pid
    assert greenroom.get("update-session", session=session_id, updates={"title": "After"})


def test_a_failing_link_to_the_host_loses_no_terminal(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    ref = greenroom.room.around.terminals.ref
    assert ref is not None
    ref.tell("a message that nobody knows")
    eventually(lambda: greenroom.room.around.terminals.ref is not ref)
    eventually(greenroom._runs)
    assert greenroom.becomes(session_id, worker_id, "running").process.pid == pid
    greenroom.get("write-input", session=session_id, worker=worker_id, data="echo $((6*7))\r")
    greenroom.shows(session_id, worker_id, "42")


def end_part(greenroom: House, name: str) -> None:
    """Let one part of the tree fail."""
    proxy = greenroom.room.root.ref.proxy()
    proxy.child_ref(name).get(timeout=10).tell("a message that nobody knows")


def test_a_part_that_fails_too_often_ends_the_tree(tmp_path: Path) -> None:
    clock = FakeClock()
    with house(tmp_path, clock=clock) as greenroom:
        root = greenroom.room.root
        for number in range(6):
            ref = greenroom.room.around.terminals.ref
            assert ref is not None
            ref.tell("a message that nobody knows")
            if number < 5:
                eventually(partial(moved, greenroom, clock, ref))
        assert root.wait(30)
        assert "terminal_link failed too often" in (root.error or "")


def moved(greenroom: House, clock: FakeClock, ref: object) -> bool:
    now = greenroom.room.around.terminals.ref
    if now is ref and greenroom.state("terminal_link") == "starting":
        pass_time(clock, 30.0)
    return now is not ref and greenroom._runs()


def test_the_providers_are_made_from_their_settings(tmp_path: Path) -> None:
    assert isinstance(PROVIDERS["anthropic"](ProviderSettings(), {}), AnthropicModel)
    scripted = PROVIDERS["scripted"](ProviderSettings(script=str(tmp_path / "s.jsonl")), {})
    assert isinstance(scripted, ScriptedModel)
    with pytest.raises(ModelError, match="script") as caught:
        PROVIDERS["scripted"](ProviderSettings(), {})
    assert caught.value.code == "provider-unavailable"


def test_the_root_restarts_what_follows_a_failed_part() -> None:
    assert Root.strategy == "rest_for_one"


def test_a_second_tree_has_no_place_on_the_same_data(greenroom: House) -> None:
    with pytest.raises(AlreadyRunning):
        DataDir(greenroom.data.root).lock()
