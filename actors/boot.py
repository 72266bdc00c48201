"""The tree as data: what there is, in which order it starts, and what its end means.

Started top to bottom and stopped bottom to top. Whatever rests on the recorder, the I/O loop or the
terminal link is started again with it; a front that fails concerns nobody else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from actors.adapters import prices
from actors.adapters.anthropic_model import AnthropicModel
from actors.adapters.io_loop import IoLoop
from actors.adapters.scripted_model import ScriptedModel
from actors.adapters.system_clock import SystemClock
from actors.control.control_actor import ControlActor
from actors.control_groups import ControlGroups
from actors.conversations.models import MakeProvider, Models
from actors.conversations.tree_keeping import TreeKeeping
from actors.decisions.restart import Strategy
from actors.edits.edits_actor import EditsActor
from actors.gateway import Gateway
from actors.git.looks import Looks
from actors.http.listening import problem_of
from actors.http.ring import Ring
from actors.inbox.inbox_actor import InboxActor
from actors.io_loop_actor import IoLoopActor
from actors.messages.recording import StoreChanged
from actors.orphans.sweeper import OrphanSweeper
from actors.ports import Clock, ModelError
from actors.recording.broadcaster import Broadcaster
from actors.recording.health import StoreHealth
from actors.recording.recorder import Recorder
from actors.recording.recording import Recording
from actors.redactor import Redactor, of_environment
from actors.sessions.directory import Directory
from actors.status import StatusReport
from actors.supervision import (
    ActorRef,
    Board,
    ChildContext,
    ChildSpec,
    RootHandle,
    Supervisor,
    start_root,
)
from actors.surroundings import Surroundings
from actors.terminals.link import TerminalLink
from actors.tools.mcp_servers import McpServers
from actors.watch.files_watch_actor import FilesWatchActor
from actors.workers.environment import without_secrets
from actors.workspaces import Workspaces
from storage.data_dir import DataDir
from storage.records.workspace import ProviderSettings

SESSIONS_SHUTDOWN_SECONDS = 60.0

StopDaemon = Callable[[bool], None]


def _scripted(settings: ProviderSettings, _: Mapping[str, str]) -> ScriptedModel:
    if settings.script is None:
        text = "the scripted model needs models.providers.scripted.script in workspace.json"
        raise ModelError(text, code="provider-unavailable")
    return ScriptedModel(Path(settings.script))


PROVIDERS: Mapping[str, MakeProvider] = {
    "anthropic": lambda settings, environ: AnthropicModel(settings, environ=environ),
    "scripted": _scripted,
}


class Root(Supervisor):
    """The top supervisor. `children` are its specs, in order."""

    strategy: ClassVar[Strategy] = "rest_for_one"

    def __init__(self, context: ChildContext, specs: list[ChildSpec]) -> None:
        super().__init__(context)
        self._specs = specs

    def started(self) -> None:
        for spec in self._specs:
            self.add_child(spec)


class Fronts(Root):
    """The ways in. One that fails is started again alone."""

    strategy: ClassVar[Strategy] = "one_for_one"


@dataclass(frozen=True)
class RunningTree:
    """A running tree."""

    around: Surroundings
    gateway: Gateway
    root: RootHandle
    board: Board


def surroundings(
    data: DataDir,
    environ: Mapping[str, str],
    clock: Clock,
    redactor: Redactor | None = None,
) -> Surroundings:
    """Everything that the actors share; nothing of it runs yet."""
    recording = Recording()
    redactor = redactor or Redactor()
    redactor.know(of_environment(environ))
    broadcaster = Broadcaster()
    around = Surroundings(
        clock=clock,
        data=data,
        environ=environ,
        recording=recording,
        health=StoreHealth(
            data, clock, lambda: recording.pool, lambda: broadcaster.publish(StoreChanged())
        ),
        broadcaster=broadcaster,
        io=IoLoop(),
        prices=prices,
        models=Models(PROVIDERS, environ, redactor),
        redactor=redactor,
        workspaces=Workspaces(data, PROVIDERS),
        groups=ControlGroups.here(data.root, data.instance),
        looks=Looks(without_secrets(environ), clock),
        trees=TreeKeeping(lambda: recording.outside, without_secrets(environ)),
    )
    around.broadcaster.subscribe(around.followers.hear)
    return around


def boot(
    data: DataDir,
    environ: Mapping[str, str],
    *,
    stop_daemon: StopDaemon | None = None,
    keeper_pid: Callable[[], int | None] = lambda: None,
    clock: Clock | None = None,
    redactor: Redactor | None = None,
) -> RunningTree:
    """Start the tree on a data directory whose lock the caller holds.

    With `stop_daemon` the fronts are started too; without, the tree serves this process alone.
    """
    clock = clock or SystemClock()
    around = surroundings(data, environ, clock, redactor)
    around.health.begin()
    board = Board(clock)
    gateway = Gateway(around, StatusReport(around, board, keeper_pid))
    specs = core(around)
    if stop_daemon:
        specs.append(_supervisor("fronts", Fronts, fronts(around, gateway, stop_daemon)))
    root = start_root(lambda context: Root.start(context, specs), clock, board)
    return RunningTree(around, gateway, root, board)


def core(around: Surroundings) -> list[ChildSpec]:
    """What every front rests on."""
    return [
        _actor("recorder", Recorder, around.recording, escalate=True),
        _actor("io_loop", IoLoopActor, around.io, escalate=True),
        _actor("terminal_link", TerminalLink, around, escalate=True),
        ChildSpec(
            id="sessions",
            start=lambda context: Directory.start(context, around),
            kind="supervisor",
            shutdown_seconds=SESSIONS_SHUTDOWN_SECONDS,
        ),
        ChildSpec(
            id="mcp_servers",
            start=lambda context: McpServers.start(
                context,
                around.data,
                around.workspaces,
                around.io,
                around.shared_tools,
                around.redactor,
            ),
            kind="supervisor",
            shutdown_seconds=20.0,
        ),
        _actor("orphans", OrphanSweeper, around),
    ]


def fronts(around: Surroundings, gateway: Gateway, stop_daemon: StopDaemon) -> list[ChildSpec]:
    ring = Ring(int(around.clock.now().timestamp() * 1000))
    around.broadcaster.subscribe(ring.hear)
    around.http.problem = problem_of(around.data)  # before anybody can ask
    return [
        _actor("inbox", InboxActor, around, gateway),
        _actor("edits", EditsActor, around, gateway),
        _actor("files_watch", FilesWatchActor, around),
        _actor("control", ControlActor, around, gateway, stop_daemon),
        ChildSpec(id="http", start=partial(_http, around, gateway, ring)),
    ]


def _http(
    around: Surroundings, gateway: Gateway, ring: Ring, context: ChildContext
) -> ActorRef[Any]:
    from actors.http.http_actor import HttpActor

    return HttpActor.start(context, around, gateway, ring)


def _actor(name: str, actor: Any, *given: Any, escalate: bool = False) -> ChildSpec:
    def start(context: ChildContext) -> ActorRef[Any]:
        return actor.start(context, *given)  # type: ignore[no-any-return]  # an actor class

    return ChildSpec(id=name, start=start, escalate=escalate)


def _supervisor(name: str, supervisor: Any, specs: list[ChildSpec]) -> ChildSpec:
    def start(context: ChildContext) -> ActorRef[Any]:
        return supervisor.start(context, specs)  # type: ignore[no-any-return]  # as above

    return ChildSpec(id=name, start=start, kind="supervisor", shutdown_seconds=30.0)
