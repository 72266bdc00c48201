"""The servers of workspace scope, with real processes behind them."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.io_loop_actor import IoLoopActor
from actors.tools.mcp_servers import LOOK_SECONDS
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import (
    DEMO_SERVER,
    PATIENCE_SECONDS,
    House,
    demo_server,
    house,
    pass_time,
)
from tests.peers.processes import children

CRASHING = str(DEMO_SERVER.with_name("mcp_crash.py"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with house(tmp_path, clock=clock) as running:
        yield running


def offered(greenroom: House) -> list[str]:
    box = greenroom.room.around.shared_tools.box("default")
    return [tool.name for tool in asyncio.run(box.tools(0.0))]


def test_servers_follow_the_settings(timed: House, clock: FakeClock) -> None:
    before = children()
    timed.write_workspace(demo_server(scope="workspace"))

    def appeared() -> bool:
        clock.advance(LOOK_SECONDS)
        return "demo.add" in offered(timed)

    eventually(appeared, seconds=PATIENCE_SECONDS)
    first = children() - before
    timed.write_workspace(demo_server(scope="workspace", env={"CHANGED": "yes"}))

    def replaced() -> bool:
        clock.advance(LOOK_SECONDS)
        now = children() - before
        return bool(now) and not now & first and bool(offered(timed))

    eventually(replaced, seconds=PATIENCE_SECONDS)
    timed.write_workspace({})

    def gone() -> bool:
        clock.advance(LOOK_SECONDS)
        return children() == before

    eventually(gone, seconds=PATIENCE_SECONDS)
    assert offered(timed) == []
    assert not timed.room.around.shared_tools.box("default")._has_pending()
    eventually(lambda: timed.node("mcp_servers", "default:demo") is None)


def test_one_that_crashes_at_its_start_is_given_up_and_stops_nothing_else(
    timed: House, clock: FakeClock
) -> None:
    crashing = {"command": sys.executable, "args": [CRASHING], "scope": "workspace"}
    timed.write_workspace({"mcp_servers": {"crashing": crashing}})

    def is_away() -> bool:
        """It waits for its next start; one that connects is `starting` as well."""
        proxy: Any = timed.room.around.shared_tools.supervisor.proxy()  # type: ignore[union-attr]
        return proxy.child_ref("default:crashing").get(timeout=PATIENCE_SECONDS) is None

    def given_up() -> bool:
        node = timed.node("mcp_servers", "default:crashing")
        if node is None or (node.state == "starting" and is_away()):
            pass_time(clock, 30.0)
        return node is not None and node.state == "quarantined"

    eventually(given_up, seconds=PATIENCE_SECONDS)
    node = timed.node("mcp_servers", "default:crashing")
    assert node is not None
    assert "no database to serve" in (node.last_error or "")
    assert timed.state("mcp_servers") == "running"
    log = timed.data.workspace("default") / "mcp-crashing.log"
    assert "no database to serve" in log.read_text()
    (state,) = timed.room.around.shared_tools.box("default").described()
    assert state.state == "failed"
    assert "no database to serve" in (state.problem or "")
    mended = demo_server(scope="workspace")["mcp_servers"]["demo"]
    timed.write_workspace({"mcp_servers": {"crashing": mended}})
    timed.room.around.shared_tools.look()
    eventually(lambda: "crashing.add" in offered(timed), seconds=PATIENCE_SECONDS)
    assert timed.state("mcp_servers", "default:crashing") == "running"


def test_an_edit_is_followed_at_once_where_files_are_watched(
    tmp_path: Path, clock: FakeClock
) -> None:
    with house(tmp_path, clock=clock, fronts=True) as watched:
        watched.write_workspace(demo_server(scope="workspace"))
        eventually(lambda: "demo.add" in offered(watched), seconds=PATIENCE_SECONDS)
        watched.write_workspace({})
        assert eventually(lambda: offered(watched) == [], seconds=PATIENCE_SECONDS)


def test_an_end_of_the_loop_takes_the_servers_along_and_all_come_back(tmp_path: Path) -> None:
    with house(tmp_path) as greenroom:
        before = children()
        greenroom.write_workspace(demo_server(scope="workspace"))
        greenroom.again()
        eventually(lambda: offered(greenroom), seconds=PATIENCE_SECONDS)
        loop = greenroom.room.around.io.loop
        directory: Any = greenroom.room.around.directory.ref
        (ref,) = pykka.ActorRegistry.get_by_class(IoLoopActor)
        ref.tell("a message that nobody knows")
        eventually(lambda: greenroom.room.around.directory.ref is not directory)
        eventually(lambda: greenroom.state("mcp_servers", "default:demo") == "running")
        eventually(lambda: offered(greenroom), seconds=PATIENCE_SECONDS)
        assert greenroom.room.around.io.loop is not loop
        assert greenroom.create()["id"]
        greenroom.write_workspace({})
    eventually(lambda: children() == before)
