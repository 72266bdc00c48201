"""Whole lives of a session: any command and any outcome, also stale ones, in any order.

What was wanted once may come true at any later time, several times, or never: a superset of what
actors do. Crashes leave the journal alone. What must hold is in `test_lives`.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from actors.decisions import table
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages.session import ShutDown
from storage import codec, fold
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.conversation import Usage
from storage.records.event import Event
from storage.records.message import TextContent
from storage.records.process import EndCause
from storage.state import SessionState
from tests.actors.decisions.given import (
    ID,
    NOW,
    TOOLS,
    Play,
    agent,
    call,
    ended,
    process,
    talker,
    terminal,
)

RECENT = st.integers(0, 3)
"""How far back: what matters most is what was wanted, made or said last."""
CAUSES: st.SearchStrategy[EndCause] = st.sampled_from(
    ["exited", "crashed", "lost", "stopped", "shutdown"]
)
OF_SESSION = st.sampled_from(
    [
        r.PauseSession,
        r.ResumeSession,
        r.StartSession,
        r.StopSession,
        r.RestartSession,
        r.ArchiveSession,
        r.UnarchiveSession,
        r.GetHistory,
        r.GetMessages,
    ]
)
FIRST_PROMPT = "Look at it."
OF_WORKER = st.sampled_from(
    [r.StartWorker, r.StopWorker, r.RestartWorker, r.DeleteWorker, r.GetActivity]
)
WORKERS = st.sampled_from(
    [
        terminal(),
        terminal(name="named"),
        terminal(command=("make",)),
        terminal(restart="never"),
        terminal(desired="stopped"),
        terminal(restart="always", command=("make",)),
        talker(),
        agent(agent="claude", prompt=FIRST_PROMPT),
        agent(agent="codex", restart="always"),
    ]
)
CALLS = st.lists(
    st.sampled_from(["files.write", "files.read", "files.sync", "files.none"]), max_size=3
)
OFTEN_ALIVE = {"running", "starting"}


def wanted(*kinds: type) -> Callable[[Any], bool]:
    return lambda lives: any(isinstance(effect, kinds) for effect in lives.past)


class Lives(RuleBasedStateMachine):
    play: Play
    from_json: SessionState

    def __init__(self) -> None:
        super().__init__()
        self.past: list[f.Effect] = []
        self.workers: list[str] = []
        self.responses: list[str] = ["session-unknown"]
        self.writes: set[tuple[str, str]] = set()
        self.calls = 0

    @initialize(first=st.none() | WORKERS, prompt=st.booleans(), is_up=st.booleans())
    def create(self, first: r.CreateWorkerRequest | None, prompt: bool, is_up: bool) -> None:
        self.play = Play()
        self.from_json = SessionState()
        before = self.play.state
        if prompt:
            self.play.create(prompt="hello")
        else:
            config = SessionConfig() if first is None or first.type == "conversation" else None
            self.play.create(worker=first, config=config)
        self.look(before)
        if is_up:
            self.say(o.WorkerUp(self.play.worker.id))

    # What is said.

    def say(self, message: Any) -> None:
        before = self.play.state
        self.play.forget()
        verdict = table.decide(before, message, self.play.given)
        if isinstance(verdict, r.Refusal):
            assert isinstance(message, r.RequestBase)
            return
        self.play._take(verdict)
        self.look(before)

    def one(self, among: list[Any], number: int) -> Any:
        return among[-1 - number % len(among)] if among else "nobody"

    @rule(kind=OF_SESSION)
    def of_session(self, kind: Any) -> None:
        self.say(kind(session=ID))

    @rule(kind=OF_WORKER, number=RECENT)
    def of_worker(self, kind: Any, number: int) -> None:
        self.say(kind(session=ID, worker=self.one(self.workers, number)))

    @rule(
        number=RECENT,
        updates=st.builds(
            r.WorkerUpdates,
            name=st.sampled_from([None, "named", "renamed"]),
            desired=st.sampled_from([None, "run", "stopped"]),
            restart=st.sampled_from([None, "never", "always"]),
        ),
    )
    def update_worker(self, number: int, updates: r.WorkerUpdates) -> None:
        worker = self.one(self.workers, number)
        self.say(r.UpdateWorker(session=ID, worker=worker, updates=updates))

    @rule(wanted=WORKERS)
    def create_worker(self, wanted: r.CreateWorkerRequest) -> None:
        self.say(r.CreateWorker(session=ID, worker=wanted))

    @rule(text=st.sampled_from(["hello", " "]))
    def request(self, text: str) -> None:
        self.say(r.Request(session=ID, content=text))

    @rule(number=RECENT)
    def cancel(self, number: int) -> None:
        self.say(r.Cancel(response_id=self.one(self.responses, number)))

    @rule(
        updates=st.fixed_dictionaries(
            {},
            optional={
                "title": st.sampled_from(["a", ""]),
                "desired": st.sampled_from(["run", "paused", "stopped"]),
                "config": st.sampled_from([{"model": "known"}, {"model": None}, {"x": 1}]),
                "metadata": st.just({"a": 1}),
                "metrics": st.just({"prompt_tokens": 3, "estimated_cost": 0.25}),
            },
        )
    )
    def update(self, updates: dict[str, Any]) -> None:
        self.say(r.UpdateSession(session=ID, updates=updates))

    @rule(number=st.none() | RECENT)
    def add_message(self, number: int | None) -> None:
        """With an id that is free, of a message, or of a request that waits."""
        taken = [one.request.id for one in self.play.state.open_rounds]
        message_id = None if number is None else self.one(["mine", *taken], number)
        message = r.NewMessage(role="assistant", content="noted", id=message_id)
        self.say(r.AddMessage(session=ID, message=message))

    @rule(number=RECENT)
    def update_message(self, number: int) -> None:
        known = self.one(list(self.play.state.messages), number)
        updates = {"metadata": {"seen": number}}
        if known != "nobody":
            self.say(r.UpdateMessage(session=ID, message_id=known.id, updates=updates))

    @rule(tokens=st.integers(0, 1000))
    def metrics(self, tokens: int) -> None:
        self.say(r.UpdateTokenMetrics(session=ID, prompt_tokens=tokens))

    @rule(number=RECENT)
    def write(self, number: int) -> None:
        self.say(r.WriteInput(session=ID, worker=self.one(self.workers, number), data="x"))

    @rule()
    @precondition(lambda self: len(self.past) > 12)
    def delete(self) -> None:
        self.say(r.DeleteSession(session=ID))

    @rule()
    @precondition(lambda self: len(self.past) > 6)
    def shut_down(self) -> None:
        self.play.closing = True
        self.say(ShutDown(session=ID))

    @rule()
    def crash(self) -> None:
        """Also what follows a shutdown. Nothing is left of what was on its way but late news."""
        before = self.play.state = self.from_json
        self.play.closing = False
        self.play.forget()
        self.play.boot()
        self.look(before)

    @rule()
    def crash_and_recover(self) -> None:
        self.crash()
        for effect in list(self.play.effects):
            if isinstance(effect, f.StartWorker):
                self.say(o.WorkerUp(effect.worker_id))
        if self.past and isinstance(self.past[-1], f.PrepareConversation):
            self.ready()

    # What comes of effects, be they of this day or long past.

    def past_of(self, number: int, *kinds: type) -> Any:
        return self.one([effect for effect in self.past if isinstance(effect, kinds)], number)

    @rule(number=RECENT)
    @precondition(wanted(f.StartWorker))
    def worker_up(self, number: int) -> None:
        self.say(o.WorkerUp(self.past_of(number, f.StartWorker).worker_id))

    @rule(number=RECENT, pid=st.integers(1, 3), fails=st.booleans())
    @precondition(wanted(f.StartProcess, f.AdoptProcess))
    def process_started(self, number: int, pid: int, fails: bool) -> None:
        effect = self.past_of(number, f.StartProcess, f.AdoptProcess)
        if fails:
            self.say(o.ProcessNotStarted(effect.worker_id, 2, "no such program"))
        else:
            adopted = isinstance(effect, f.AdoptProcess)
            self.say(o.ProcessStarted(effect.worker_id, process(pid), adopted))

    @rule(number=RECENT, cause=CAUSES, epoch=st.none() | st.integers(0, 2))
    @precondition(wanted(f.StartProcess, f.AdoptProcess, f.EndProcess))
    def process_ended(self, number: int, cause: EndCause, epoch: int | None) -> None:
        effect = self.past_of(number, f.StartProcess, f.AdoptProcess, f.EndProcess)
        self.say(o.ProcessEnded(effect.worker_id, ended(cause), epoch, "boom"))

    @rule(number=RECENT)
    @precondition(wanted(f.StartWorker))
    def gave_up(self, number: int) -> None:
        self.say(o.WorkerGaveUp(self.past_of(number, f.StartWorker).worker_id, "too often"))

    @rule()
    @precondition(wanted(f.PrepareConversation))
    def ready(self) -> None:
        self.say(o.ConversationReady(TOOLS))

    @rule(number=RECENT)
    @precondition(wanted(f.AskModel))
    def block(self, number: int) -> None:
        ask = self.past_of(number, f.AskModel)
        self.say(o.BlockArrived(ask.response_id, ask.number, TextContent("block")))

    @rule(
        number=RECENT,
        names=CALLS,
        text=st.sampled_from(["", "hi"]),
        reason=st.sampled_from([None, None, None, "tool_use", "end_turn", "max_tokens"]),
        tokens=st.integers(0, 1000),
        one_id=st.booleans(),
    )
    @precondition(wanted(f.AskModel))
    def turn(
        self,
        number: int,
        names: list[str],
        text: str,
        reason: str | None,
        tokens: int,
        one_id: bool = False,
    ) -> None:
        ask = self.past_of(number, f.AskModel)
        calls = tuple(
            call(f"c{self.calls + (0 if one_id else place)}", name)
            for place, name in enumerate(names)
        )
        self.calls += len(calls)
        self.say(
            o.TurnArrived(
                response_id=ask.response_id,
                number=ask.number,
                content=((TextContent(text),) if text else ()) + calls,
                stop_reason=reason or ("tool_use" if calls else "end_turn"),
                usage=Usage(prompt_tokens=tokens),
                model="known",
                provider="scripted",
                raw_response={"id": number},
                tools=TOOLS,
                window=1000,
            )
        )

    @rule(number=RECENT, retryable=st.booleans())
    @precondition(wanted(f.AskModel))
    def turn_failed(self, number: int, retryable: bool) -> None:
        ask = self.past_of(number, f.AskModel)
        self.say(
            o.TurnFailed(
                response_id=ask.response_id,
                number=ask.number,
                code="provider-error",
                message="busy",
                retryable=retryable,
            )
        )

    @rule(number=RECENT, place=RECENT)
    @precondition(wanted(f.AskModel))
    def summarized(self, number: int, place: int) -> None:
        ask = self.past_of(number, f.AskModel)
        said = self.play.state.messages
        self.say(
            o.HistorySummarized(
                response_id=ask.response_id,
                number=ask.number,
                text="in short",
                of=tuple(message.id for message in said[:place]),
                usage=Usage(prompt_tokens=place),
                model="known",
                provider="scripted",
            )
        )

    @rule(number=RECENT)
    @precondition(wanted(f.AskModel))
    def part_failed(self, number: int) -> None:
        ask = self.past_of(number, f.AskModel)
        self.say(o.ContextPartFailed(ask.response_id, ask.number, "summary", "busy"))

    @rule(number=RECENT, is_error=st.booleans())
    @precondition(wanted(f.CallTool))
    def tool_returned(self, number: int, is_error: bool) -> None:
        wanted = self.past_of(number, f.CallTool)
        self.say(
            o.ToolReturned(
                response_id=wanted.response_id,
                tool_call_id=wanted.call.tool_call_id,
                content=f"result {number}",
                is_error=is_error,
            )
        )

    @rule(names=CALLS)
    def go_on(self, names: list[str]) -> None:
        """As if nothing ever went wrong, so that lives get far."""
        running = self.play.state.running
        waiting = [w for w in self.play.session.workers if w.status == "starting"]
        if running is None and waiting:
            self.say(o.WorkerUp(waiting[0].id))
        elif running is None:
            self.request("more")
        elif running[1].status == "streaming":
            self.turn(0, names, "go", None, 10)
        else:
            self.tool_returned(0, is_error=False)

    @rule(names=CALLS)
    def go_on_often(self, names: list[str]) -> None:
        self.go_on(names)
        self.go_on(names)

    def look(self, before: SessionState) -> None:
        """What was decided is in `play`; `before` is the state that it was decided on."""
        state = self.play.state
        for event in self.play.events:
            again = codec.decode(codec.encode(event), Event)
            self.from_json = fold.apply(self.from_json, again, NOW)
        self.past += self.play.effects
        self.workers += [w.id for w in state.record.workers if w.id not in self.workers]
        known = set(self.responses)
        self.responses += [one.id for one in state.open_rounds if one.id not in known]
