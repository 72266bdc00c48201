"""R13: no call without permission, whatever is answered, cancelled, killed, and in which order."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions import session as sessions
from actors.decisions.history import valid_history
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.permission import PermissionRequest
from storage.records.tool import Tool
from storage.records.workspace import PermissionRule
from tests.actors.decisions.given import ALLOW_ALL, ID, TOOLS, call, talking

ASKS = PermissionRule(tool="*", arguments={"mode": "ask"}, decision="ask")
DENIES = PermissionRule(tool="*", arguments={"mode": "deny"}, decision="deny")
NAMES = [tool.name for tool in TOOLS]
MODES = ["ask", "deny", "go"]
CALLS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(MODES)), min_size=1, max_size=4)
ANSWERS = st.tuples(st.integers(0, 3), st.sampled_from(["allow", "deny", "due", "remember"]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), CALLS, st.booleans()),
        st.tuples(st.just("answer"), ANSWERS, st.booleans()),
        st.tuples(st.just("return"), st.integers(0, 3), st.booleans()),
        st.tuples(
            st.sampled_from(["cancel", "pause", "resume", "stop", "run", "ask", "crash", "end"]),
            st.none(),
            st.booleans(),
        ),
    ),
    max_size=25,
)


class Life:
    """A conversation that lives through steps; a step that makes no sense then does nothing."""

    def __init__(self) -> None:
        self.play = talking()
        self.play.rules = (ASKS, DENIES, ALLOW_ALL)
        self.tools: tuple[Tool, ...] = TOOLS
        self._ids = iter(range(1000))
        self.step: dict[str, Callable[[Any, bool], object]] = {
            "turn": self._turn,
            "answer": self._answer,
            "return": self._return,
            "cancel": lambda _, __: self._of_open(r.Cancel),
            "pause": lambda _, __: self._desire("run", r.PauseSession(session=ID)),
            "resume": lambda _, __: self._desire("paused", r.ResumeSession(session=ID)),
            "stop": lambda _, __: self._desire("run", r.StopSession(session=ID)),
            "run": lambda _, __: self._desire("stopped", r.StartSession(session=ID)),
            "ask": lambda _, __: self._ask(),
            "crash": lambda _, __: self._crash(),
            "end": lambda _, __: self._end(),
        }

    def _ask(self) -> None:
        if self.play.session.desired == "run":
            self.play.asks()

    def _of_open(self, kind: Any) -> None:
        if self.play.state.open_rounds:
            self.play.decide(kind(response_id=self.play.response))

    def _desire(self, now: str, command: Any) -> None:
        if self.play.session.desired == now:
            self.play.decide(command)
            self._up()

    def _up(self) -> None:
        self.play.decide(o.WorkerUp(self.play.worker.id))
        self.play.decide(o.ConversationReady(self.tools))

    def _crash(self) -> None:
        before = self.play
        assert before.replayed() == before.state
        before.state = before.replayed()
        before.effects.clear()
        before.boot()
        if before.session.desired == "run":
            self._up()

    def _end(self) -> None:
        seconds = {each.id: 1.0 for each in self.play.session.permissions}
        self.play.decide(o.PermissionsHeld(seconds))

    def _turn(self, calls: list[tuple[str, str]], changed: bool) -> None:
        if self.play.state.running is None:
            self._ask()
        running = self.play.state.running
        if running is None or running[1].status != "streaming":
            return
        if changed:
            self.tools = tuple(replace(tool, description=str(next(self._ids))) for tool in TOOLS)
        blocks = [call(f"c{next(self._ids)}", name, mode=mode) for name, mode in calls]
        self.play.arrives(*blocks, tools=self.tools)

    def _answer(self, answer: tuple[int, str], _: bool) -> None:
        number, how = answer
        open_ = self.play.session.permissions
        if number >= len(open_):
            return
        if how == "due":
            self.play.decide(o.PermissionDue(open_[number].id))
            return
        decision: Any = "deny" if how == "deny" else "allow"
        self.play.decide(
            r.AnswerPermission(
                permission=open_[number].id, decision=decision, remember=how == "remember"
            )
        )

    def _return(self, number: int, is_error: bool) -> None:
        running = [c for c in self._calls() if c.status == "running"]
        if number < len(running):
            self.play.returns(running[number].tool_call_id, str(number), is_error=is_error)

    def _calls(self) -> Any:
        running = self.play.state.running
        return running[1].tool_calls if running else ()


def asked_and_allowed(events: list[e.Event]) -> None:
    """Every call for which somebody was asked starts after a yes, and one that was asked twice is
    asked about the very same.
    """
    asked: dict[str, PermissionRequest] = {}
    ended: dict[str, str] = {}
    for event in events:
        if isinstance(event, e.PermissionRequested):
            asked[str(event.permission.tool_call_id)] = event.permission
        elif isinstance(event, e.PermissionAnswered):
            assert event.permission_id not in ended
            ended[event.permission_id] = event.state
        elif isinstance(event, e.ToolCallStarted) and event.tool_call_id in asked:
            assert ended[asked[event.tool_call_id].id] == "allowed"


@settings(max_examples=150)
@given(STEPS)
def test_no_call_runs_without_permission_and_no_question_is_left_behind(steps: Any) -> None:
    life = Life()
    for name, value, flag in steps:
        life.step[name](value, flag)
        play = life.play
        waiting = {
            call.tool_call_id
            for one in play.state.open_rounds
            for turn in one.turns[-1:]
            for call in turn.tool_calls
            if call.status == "pending"
        }
        open_ = [asked.tool_call_id for asked in play.session.permissions]
        assert set(open_) <= waiting
        assert len(set(open_)) == len(open_)
        writers = [c for c in life._calls() if c.status == "running" and not c.only_reads]
        assert len(writers) <= 1
    play = life.play
    asked_and_allowed(play.events)
    started = [x.tool_call_id for x in play.events if isinstance(x, e.ToolCallStarted)]
    assert len(started) == len(set(started))
    denied = {
        block.tool_call_id
        for message in play.state.messages
        if message.role == "assistant"
        for block in message.tool_calls or ()
        if block.args["mode"] == "deny"
    }
    assert denied.isdisjoint(started)
    play.decide(r.StopSession(session=ID))
    assert (play.session.permissions, play.state.open_rounds) == ((), ())
    messages = tuple(play.state.messages)
    assert {m.id for m in valid_history(messages)} == {m.id for m in messages}
    assert play.replayed() == play.state
    assert {x.call.tool_call_id for x in play.wanted(f.CallTool)} <= set(started)


def test_the_lives_come_to_what_they_are_about() -> None:
    """A life by hand, so that the steps above do what they say."""
    life = Life()
    steps: list[tuple[str, Any, bool]] = [
        ("ask", None, False),
        ("turn", [("files.write", "ask"), ("files.read", "go"), ("files.sync", "deny")], False),
        ("crash", None, False),
        ("answer", (0, "allow"), False),
        ("return", 0, False),
    ]
    for name, value, flag in steps:
        life.step[name](value, flag)
    kinds = [type(event) for event in life.play.events]
    assert kinds.count(e.PermissionRequested) == kinds.count(e.PermissionAnswered) == 1
    assert kinds.count(e.ToolCallStarted) == 2
    assert sessions.boot(life.play.state, life.play.given).events == ()
