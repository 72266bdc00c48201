"""A prompt's whole way without a process: a program, a terminal host, a journal and a clock.

The program has an input line and the weaknesses that it is given. `crash` forgets all that only the
daemon knew; what was recorded, and what the host took, stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from actors.decisions import delivery as dv
from actors.messages import deliveries as d
from actors.messages import outcomes as o
from storage.records import request as r
from storage.records.delivery import Prompt
from tests.actors.decisions.given import ID, Play, agent

ASKS = "Really go on?"
FOOTER = "? for help"


@dataclass
class Program:
    """`deaf_until`: what comes before is dropped; `asks_until`: it shows a question, and what is
    typed answers it; `late`: so many seconds pass before it shows what came. `blind`: it shows
    nothing of what is typed. `lost_enters`: so many are dropped.
    """

    deaf_until: float = 0.0
    asks_from: float = -1.0
    asks_until: float = -1.0
    late: float = 0.0
    blind: bool = False
    lost_enters: int = 0
    line: str = ""
    told: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def asks(self, at: float) -> bool:
        return self.asks_from <= at < self.asks_until

    def take(self, text: str, at: float) -> None:
        if at < self.deaf_until:
            return
        if self.asks(at):
            self.answered.append(text)
        elif text == "\r":
            self.enter()
        else:
            self.line = text

    def enter(self) -> None:
        if self.lost_enters:
            self.lost_enters -= 1
        elif self.line:
            self.said.append(self.line)
            self.told += [f"> {self.line}", "* heard it"]
            self.line = ""

    def lines(self, at: float) -> tuple[str, ...]:
        if self.asks(at):
            return (*self.told, ASKS, "", "")
        return (*self.told, "> " if self.blind else f"> {self.line}", FOOTER)


class World:
    def __init__(self, program: Program, text: str, rules: dv.Rules) -> None:
        self.program = program
        self.rules = rules
        self.at = 1000.0
        self.play = Play.of(agent(agent="aider"))
        self.play.decide(r.Request(session=ID, content=text, wait=False))
        self.response_id = self.play.state.open_prompts[0].id
        self.taken: set[int] = set()
        self.waiting: list[tuple[float, str]] = []
        self.shown = program.lines(self.at)
        self.course: dv.Course | None = None
        self.written = 1

    @property
    def prompt(self) -> Prompt:
        found = self.play.state.prompt(self.response_id)
        assert found is not None
        return found

    @property
    def is_over(self) -> bool:
        return not self.prompt.delivery.is_open

    def steps(self) -> Iterator[str]:
        """Until the delivery is over: what is about to be done, so that it can be cut off there."""
        while not self.is_over:
            if self.course is None:
                self.course = dv.begin(self.prompt, self.at)
            action = dv.next_action(self.course, self.at, self.rules)
            if isinstance(action, dv.WaitUntil):
                assert action.at > self.at
                self.let_pass(min(action.at, self.at + 0.1))
            elif isinstance(action, dv.LookNow):
                self.look()
            elif isinstance(action, dv.AskHost):
                yield "ask"
                self.ask()
            else:
                yield "record"
                self.record(action)
                yield "send"
                self.send()

    def crash(self, seconds: float = 1.0) -> None:
        self.course = None
        self.let_pass(self.at + seconds)

    def record(self, step: d.Step) -> None:
        before = self.prompt
        state = before.delivery.state
        moved = o.PromptMoved(before.worker_id, before.id, state, before.number, step)
        self.play.decide(moved)
        if self.course is not None and not self.is_over:
            self.course = dv.recorded(self.course, self.prompt, self.at)

    def ask(self) -> None:
        """The host takes nothing in the place of what it did not get."""
        assert self.course is not None
        if self.prompt.number in self.taken:
            self.course = replace(self.course, sent_at=self.at)
        else:
            self.taken.add(self.prompt.number)
            self.record(dv.not_typed(self.course))

    def send(self) -> None:
        """The host takes a number once, and says each time that it did."""
        prompt, state = self.prompt, self.prompt.delivery.state
        if self.course is None or state not in {"typing", "submitting"}:
            return
        if prompt.number not in self.taken:
            self.taken.add(prompt.number)
            text = prompt.text if state == "typing" else "\r"
            self.waiting.append((self.at + self.program.late, text))
            self.let_pass(self.at)
        self.course = replace(self.course, sent_at=self.at)

    def let_pass(self, until: float) -> None:
        """The program does what is due; what it shows then is output."""
        self.at = until
        due = [each for each in self.waiting if each[0] <= until]
        self.waiting = [each for each in self.waiting if each[0] > until]
        for at, text in due:
            self.program.take(text, at)
        now = self.program.lines(self.at)
        if now != self.shown:
            self.shown = now
            self.written += 100
            if self.course is not None:
                self.course = dv.wrote(self.course, self.written, self.at)

    def look(self) -> None:
        assert self.course is not None
        lines = self.program.lines(self.at)
        glance = dv.Glance(
            at=self.at, offset=self.written, lines=lines, row=len(lines), col=0, takes_paste=True
        )
        self.course = dv.looked(self.course, glance, self.rules)

    def run(self) -> Prompt:
        for _ in self.steps():
            pass
        return self.prompt


def rules(**fields: object) -> dv.Rules:
    return dv.Rules(asking=(ASKS.replace("?", r"\?"),), **fields)  # type: ignore[arg-type]  # by name
