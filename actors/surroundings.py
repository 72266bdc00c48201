"""What actors find around them: the ports and the places shared by the whole tree. Made by boot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.adapters.io_loop import IoLoop
from actors.control_groups import ControlGroups
from actors.conversations.followers import Followers
from actors.conversations.models import Models
from actors.conversations.tree_keeping import TreeKeeping
from actors.conversations.written import WrittenTurns
from actors.decisions.delivery import DeliveryTimes
from actors.git.looks import Looks
from actors.messages.http import HttpPlace
from actors.messages.inbox import InboxCounts
from actors.messages.recording import ActivityChanged, StoreChanged
from actors.ports import Clock, PriceTable
from actors.recording.broadcaster import Broadcaster
from actors.recording.health import StoreHealth
from actors.recording.index import SessionIndex
from actors.recording.recording import Recording
from actors.redactor import Redactor
from actors.supervision import ActorRef, tell
from actors.tools.shared_tools import SharedTools
from actors.tools.tool_box import ToolBox
from actors.workspaces import Workspaces
from storage.data_dir import DataDir
from storage.records.app_message import QuarantinedSession, StoreState
from storage.records.config import Limits
from storage.records.new_ids import new_id
from storage.records.worker import Activity

LOOK_AGAIN_SECONDS = 0.1


class Mailbox:
    """How to reach an actor that may be started anew: it puts its ref here when it is made."""

    def __init__(self) -> None:
        self.ref: ActorRef[Any] | None = None

    def tell(self, message: object) -> bool:
        """False if nobody is there to hear it."""
        return self.ref is not None and tell(self.ref, message)

    def tell_within(
        self, seconds: float, message: object, clock: Clock, missed: Callable[[], object]
    ) -> None:
        """Tell it now, or as soon as it is there; `missed` is called when the time has run out."""
        if self.tell(message):
            return
        if seconds <= 0:
            missed()
            return
        left = seconds - LOOK_AGAIN_SECONDS
        clock.after(LOOK_AGAIN_SECONDS, lambda: self.tell_within(left, message, clock, missed))


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """`environ` is the environment of whoever started the daemon. `terminals` is the link to the
    terminal host, `directory` that of the sessions, `inbox` the file front, `edits` who takes edits
    of `sessions.json`, `orphans` who ends what is left over, `files_watch` who says when to look
    into a directory; `report_listeners` are who looks for the reports of agents, by the directory
    with them; `deadlines` are those of the open permission requests, by their ids, in the clock's
    monotonic time; `progress` is how far running tool calls are, by
    `<response id>/<tool call id>`; `activities` are what workers
    do, by `<session id>/<worker id>`, written by `tell_activity` alone; `shared_tools` are the
    tool servers of each workspace that all its sessions use, `session_tools` those of each session
    that is awake, by its id; `delivery_times` are how long prompts
    for agents are waited for; `groups` are the control groups of sessions with limits;
    `looks` is what was last seen of their directories,
    `trees` keeps their files as rounds end; `http` is where the HTTP front is to be found,
    `redactor` what must be shown to nobody.
    `life` names this run of greenroom.
    """

    clock: Clock
    data: DataDir
    environ: Mapping[str, str]
    recording: Recording
    health: StoreHealth
    broadcaster: Broadcaster
    io: IoLoop
    prices: PriceTable
    models: Models
    workspaces: Workspaces
    groups: ControlGroups
    looks: Looks
    trees: TreeKeeping
    index: SessionIndex = field(default_factory=SessionIndex)
    inbox_counts: InboxCounts = field(default_factory=InboxCounts)
    http: HttpPlace = field(default_factory=HttpPlace)
    redactor: Redactor = field(default_factory=Redactor)
    written: WrittenTurns = field(default_factory=WrittenTurns)
    progress: dict[str, str] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    deadlines: dict[str, float] = field(default_factory=dict)
    terminals: Mailbox = field(default_factory=Mailbox)
    directory: Mailbox = field(default_factory=Mailbox)
    inbox: Mailbox = field(default_factory=Mailbox)
    edits: Mailbox = field(default_factory=Mailbox)
    orphans: Mailbox = field(default_factory=Mailbox)
    files_watch: Mailbox = field(default_factory=Mailbox)
    report_listeners: dict[Path, ActorRef[Any]] = field(default_factory=dict)
    followers: Followers = field(default_factory=Followers)
    shared_tools: SharedTools = field(default_factory=SharedTools)
    session_tools: dict[str, ToolBox] = field(default_factory=dict)
    delivery_times: DeliveryTimes = field(default_factory=DeliveryTimes)
    life: str = field(default_factory=new_id)

    def seconds_left(self) -> dict[str, float]:
        """How long each open permission request is still waited for, by its id; never below 0."""
        now = self.clock.monotonic()
        return {each: max(0.0, end - now) for each, end in self.deadlines.copy().items()}

    def limits_of(self, session_id: str) -> dict[str, int]:
        """What the processes of a session are held to, by name."""
        entry = self.index.entries.get(session_id)
        config = entry.session.config if entry else None
        limits = config.limits if config else None
        named = {each: getattr(limits, each) for each in Limits.__struct_fields__} if limits else {}
        return {name: most for name, most in named.items() if most is not None}

    def store_state(self) -> StoreState:
        """As it is now, from what is known without asking anybody."""
        refusing = self.health.problem
        problems = [*([str(refusing)] if refusing else []), *self.index.problems()]
        return StoreState(
            state="degraded" if problems else "ok",
            problems=tuple(problems),
            quarantined=tuple(
                QuarantinedSession(session_id=session_id, reason=reason)
                for session_id, reason in sorted(self.index.quarantined().items())
            ),
        )

    def store_changed(self) -> None:
        """Let everybody know that the store, or what is quarantined, may be otherwise now."""
        self.broadcaster.publish(StoreChanged())

    def tell_activity(self, key: str, activity: Activity | None) -> None:
        """Let everybody know what a worker does; None: it does not run any more."""
        session_id, _, worker_id = key.partition("/")
        before = self.activities.get(key)
        if activity is None:
            self.activities.pop(key, None)
        else:
            self.activities[key] = activity
        if activity != before:
            at = activity.since if activity else self.clock.now()
            told = ActivityChanged(session_id, worker_id, at, activity)
            self.broadcaster.publish(told)
