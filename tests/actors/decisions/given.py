"""What decisions are given in tests, and a session that lives through them one after another.

`Play` folds every decision at once and keeps what it wanted; nothing is performed. Its journal is
kept as JSON, so that a replay can be compared with the state that was live.
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from actors.decisions import session as sessions
from actors.decisions import table
from actors.decisions.decision import Awaiting, Decision, Given, Ready, Until, Verdict
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import codec, fold
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.conversation import Cost, Round, Usage
from storage.records.event import Event
from storage.records.message import Content, TextContent, ToolCallContent
from storage.records.process import EndCause, ProcessExit, ProcessIdentity
from storage.records.session import Session
from storage.records.tool import Tool
from storage.records.worker import Worker
from storage.records.workspace import (
    ConversationSettings,
    ModelSettings,
    PermissionRule,
    PermissionSettings,
    WorkspaceSettings,
)
from storage.state import SessionState

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ID = "session"
WINDOW = 1000
USAGE = Usage(prompt_tokens=100, completion_tokens=20)
ALLOW_ALL = PermissionRule(tool="*", decision="allow")
WRITES = Tool(name="files.write", server="files", description="", input_schema={})
READS = Tool(
    name="files.read",
    server="files",
    description="",
    input_schema={},
    read_only_hint=True,
    trusted=True,
)
REPEATS = Tool(
    name="files.sync",
    server="files",
    description="",
    input_schema={},
    idempotent_hint=True,
    trusted=True,
)
TOOLS = (WRITES, READS, REPEATS)
E = TypeVar("E")


class FakePrices:
    """One model is known: `known` costs a cent per token and has a window of WINDOW."""

    def context_window(self, model: str, provider: str | None) -> int | None:
        return WINDOW if model == "known" else None

    def cost(self, usage: Usage, model: str, provider: str | None) -> Cost | None:
        if model != "known":
            return None
        cents = usage.prompt_tokens + usage.completion_tokens
        return Cost(usd=Decimal(cents) / 100, source="fake 1")


def counting_ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"idno{next(numbers)}"


def settings(
    *rules: PermissionRule,
    conversation: ConversationSettings = ConversationSettings(),  # noqa: B008 - frozen
) -> WorkspaceSettings:
    return WorkspaceSettings(
        models=ModelSettings(active="scripted"),
        permissions=PermissionSettings(rules=rules),
        conversation=conversation,
    )


def given(
    new_id: Callable[[], str] | None = None,
    rules: tuple[PermissionRule, ...] = (ALLOW_ALL,),
    written: Mapping[str, tuple[Content, ...]] | None = None,
    closing: bool = False,
    conversation: ConversationSettings = ConversationSettings(),  # noqa: B008 - frozen
    sent: Mapping[str, Usage | None] | None = None,
) -> Given:
    return Given(
        now=NOW,
        new_id=new_id or counting_ids(),
        settings=lambda: settings(*rules, conversation=conversation),
        prices=FakePrices(),
        written=written or {},
        sent=sent or {},
        closing=closing,
    )


class Play:
    """`rules`, `written`, `sent`, `closing` and `conversation` (its limits) are given to every
    decision that follows.
    """

    def __init__(self, state: SessionState | None = None) -> None:
        self.state = state or SessionState()
        self.rules: tuple[PermissionRule, ...] = (ALLOW_ALL,)
        self.written: dict[str, tuple[Content, ...]] = {}
        self.sent: dict[str, Usage | None] = {}
        self.closing = False
        self.conversation = ConversationSettings()
        self.events: list[Event] = []
        self.effects: list[f.Effect] = []
        self.journal: list[bytes] = []
        self._new_id = counting_ids()

    @classmethod
    def of(cls, *workers: r.CreateWorkerRequest, **create: Any) -> "Play":
        """A session whose workers are all up; with `config` or `prompt` the first one talks."""
        play = cls()
        first = workers[0] if workers else None
        play.create(worker=first, **create)
        for wanted in workers[1:]:
            play.decide(r.CreateWorker(session=ID, worker=wanted))
        for worker in play.session.workers:
            play.up(worker)
        play.forget()
        return play

    @property
    def given(self) -> Given:
        return given(
            self._new_id, self.rules, self.written, self.closing, self.conversation, self.sent
        )

    @property
    def session(self) -> Session:
        return self.state.record

    @property
    def worker(self) -> Worker:
        return self.session.workers[0]

    @property
    def response(self) -> str:
        """The id of the oldest open request."""
        return self.state.open_rounds[0].id

    def round(self, response_id: str) -> Round:
        found = self.state.round(response_id)
        assert found is not None
        return found

    def create(self, **create: Any) -> Decision:
        create.setdefault("location_path", "/home/me/place")
        return self._take(sessions.create(r.CreateSession(**create), ID, self.given))

    def boot(self) -> Decision:
        """The session's actor starts with what the journal says."""
        return self._take(sessions.boot(self.state, self.given))

    def decide(self, message: Any) -> Decision:
        return self._take(table.decide(self.state, message, self.given))

    def refused(self, message: Any) -> r.Refusal:
        refusal = table.decide(self.state, message, self.given)
        assert isinstance(refusal, r.Refusal), refusal
        return refusal

    def _take(self, verdict: Verdict) -> Decision:
        assert isinstance(verdict, Decision), verdict
        self.state = fold.apply_all(self.state, verdict.events, NOW)
        self.events += verdict.events
        self.effects += verdict.effects
        self.journal += [codec.encode(event) for event in verdict.events]
        return verdict

    def forget(self) -> None:
        """What follows is asserted on without what came before."""
        self.events.clear()
        self.effects.clear()

    def wanted(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def replayed(self) -> SessionState:
        events = [codec.decode(line, Event) for line in self.journal]
        return fold.apply_all(SessionState(), events, NOW)

    # What becomes of effects.

    def up(self, worker: Worker) -> None:
        """Its actor starts, and its process if it has one."""
        self.decide(o.WorkerUp(worker.id))
        if self.wanted(f.StartProcess):
            self.decide(o.ProcessStarted(worker.id, process(), adopted=False))
        self.effects.clear()

    def ends(self, cause: EndCause, worker_id: str | None = None, **more: Any) -> Decision:
        return self.decide(
            o.ProcessEnded(worker_id or self.worker.id, ended(cause), epoch=0, **more)
        )

    def asks(self, text: str = "hello", **more: Any) -> str:
        """The response id of a new request."""
        self.decide(r.Request(session=ID, content=text, wait=False, **more))
        return self.state.open_rounds[-1].id

    def arrives(
        self,
        *content: Content | str,
        response: str | None = None,
        number: int | None = None,
        stop_reason: str | None = None,
        tools: tuple[Tool, ...] = TOOLS,
        **more: Any,
    ) -> Decision:
        """A whole turn, by default of the round and turn that run."""
        blocks = tuple(TextContent(one) if isinstance(one, str) else one for one in content)
        calls = any(isinstance(block, ToolCallContent) for block in blocks)
        fields: dict[str, Any] = {
            "usage": USAGE,
            "model": "known",
            "provider": "scripted",
            "raw_response": {},
            "window": WINDOW,
        }
        return self.decide(
            o.TurnArrived(
                response_id=response or self.response,
                number=self.state.open_rounds[0].turns[-1].number if number is None else number,
                content=blocks,
                stop_reason=stop_reason or ("tool_use" if calls else "end_turn"),
                tools=tools,
                **(fields | more),
            )
        )

    def returns(
        self,
        call_id: str,
        content: str = "done",
        *,
        is_error: bool = False,
        is_unknown: bool = False,
    ) -> Decision:
        """Of the response that runs."""
        return self.decide(
            o.ToolReturned(
                response_id=self.response,
                tool_call_id=call_id,
                content=content,
                is_error=is_error,
                is_unknown=is_unknown,
            )
        )

    def fails(self, response: str | None = None, number: int = 0, **fields: Any) -> Decision:
        """The call of the model, by default in a way that may pass."""
        told: dict[str, Any] = {"code": "provider-error", "message": "busy", "retryable": True}
        return self.decide(
            o.TurnFailed(response_id=response or self.response, number=number, **(told | fields))
        )


def answer(decision: Decision, state: SessionState) -> Any:
    """What whoever asked is answered in this state; None while they wait."""
    assert isinstance(decision.reply, Ready | Until), decision.reply
    return decision.reply.value(state)


def awaits(decision: Decision) -> str:
    assert isinstance(decision.reply, Awaiting)
    return decision.reply.key


def terminal(**fields: Any) -> r.CreateWorkerRequest:
    return r.CreateWorkerRequest(type="terminal", **fields)


def agent(**fields: Any) -> r.CreateWorkerRequest:
    return r.CreateWorkerRequest(type="agent", **fields)


def talker(**fields: Any) -> r.CreateWorkerRequest:
    return r.CreateWorkerRequest(type="conversation", **fields)


def talking(**config: Any) -> Play:
    """A session with a conversation that is up."""
    return Play.of(config=SessionConfig(model="known", **config))


def process(pid: int = 7) -> ProcessIdentity:
    return ProcessIdentity(boot_id="boot", pid=pid, start_ticks=pid, nonce="nonce")


def ended(cause: EndCause) -> ProcessExit:
    return ProcessExit(
        code=0 if cause == "exited" else None,
        signal=11 if cause == "crashed" else None,
        at=NOW,
        cause=cause,
    )


def call(call_id: str, tool: str = "files.write", **args: Any) -> ToolCallContent:
    return ToolCallContent(tool_call_id=call_id, name=tool, args=args)
