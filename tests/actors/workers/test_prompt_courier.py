"""Prompts into real programs in real terminals, each with a weakness of its own."""

from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.cli.attach.host_link import HostLink
from actors.decisions.activity import ActivityPatterns
from actors.decisions.delivery import DeliveryTimes
from actors.messages import deliveries as d
from actors.messages.agent_reports import AgentReport
from actors.terminals import protocol as p
from actors.terminals.screen import Look, Place
from actors.workers.prompt_courier import Doors, Glanced, PromptCourier, Window, keys_of
from storage import codec
from storage.records.agent import AgentDefinition
from storage.records.delivery import Delivery, DeliveryState, Prompt
from tests.actors.decisions.given import NOW
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House
from tests.peers.agents import TypedAgent

TEXT = "Fix the login form, please; it is broken since yesterday, and nobody knows why that is."


class Scene:
    """A session with a typed agent."""

    def __init__(self, greenroom: House, said: Path) -> None:
        self.greenroom = greenroom
        self.agent = TypedAgent(said)
        self.session_id = self.worker_id = ""

    def start(self, *options: str, prompt: str | None = None, **definition: Any) -> Any:
        settings = {"agents": [self.agent.definition(*options, **definition)]}
        self.greenroom.write_workspace(settings)
        asked = {"prompt": prompt} if prompt else {}
        made = self.greenroom.create(worker={"type": "agent", "agent": "typed"}, **asked)
        self.session_id, self.worker_id = made["id"], made["workers"][0]["id"]
        return made

    @property
    def key(self) -> str:
        return f"{self.session_id}/{self.worker_id}"

    def sends(self, text: str = TEXT, **more: Any) -> Any:
        return self.greenroom.post(
            {"type": "request", "session": self.session_id, "content": text, **more}
        )

    def sent(self, text: str = TEXT) -> Any:
        answer = self.sends(text).result(PATIENCE_SECONDS)
        assert answer.ok, answer.error
        return codec.builtins(answer.data)["delivery"]

    def failed(self, text: str = TEXT) -> Any:
        answer = self.sends(text).result(PATIENCE_SECONDS)
        assert answer.error is not None
        assert answer.error.data is not None
        return answer.error

    def delivery(self) -> Any:
        return codec.builtins(self.greenroom.worker(self.session_id, self.worker_id))["delivery"]

    def becomes(self, state: str) -> None:
        eventually(lambda: self.delivery()["state"] == state, seconds=PATIENCE_SECONDS)


@pytest.fixture
def scene(greenroom: House, tmp_path: Path) -> Scene:
    return Scene(greenroom, tmp_path / "said")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), TEXT),
        ((), "Two\nlines, and\ttab."),
        (("--plain",), TEXT),
        (("--hides-cursor",), TEXT),
        (("--fold",), "one\ntwo\nthree\nand four"),
        (("--slow", "0.6"), TEXT),
    ],
)
def test_a_prompt_is_typed_shown_submitted_and_accepted(
    scene: Scene, options: tuple[str, ...], text: str
) -> None:
    scene.start(*options)
    told = scene.sent(text)
    assert (told["state"], told["attempts"], told["presses"]) == ("accepted", 1, 1)
    assert f"heard {len(text)} characters" in told["evidence"]
    assert scene.agent.said() == [text]
    assert scene.delivery() == told


def test_an_enter_that_is_lost_is_pressed_again(scene: Scene) -> None:
    scene.start("--lose-enters", "1")
    told = scene.sent()
    assert (told["attempts"], told["presses"]) == (1, 2)
    assert scene.agent.said() == [TEXT]


def test_a_program_that_is_deaf_at_first_gets_it_once(scene: Scene) -> None:
    scene.start("--deaf", "2")
    told = scene.sent()
    assert (told["attempts"], told["presses"]) == (2, 1)
    assert scene.agent.said() == [TEXT]


def test_a_program_that_repeats_what_it_heard_is_not_told_twice(scene: Scene) -> None:
    scene.start(command="/bin/sh", args=["-c", 'while read -r said; do echo "heard $said"; done'])
    told = scene.sent("hello")
    assert (told["state"], told["presses"]) == ("accepted", 1)


def test_several_lines_are_not_typed_into_a_program_that_takes_no_paste(scene: Scene) -> None:
    scene.start("--plain")
    assert scene.failed("two\nlines").code == "prompt-not-accepted"
    assert scene.agent.said() == []
    scene.sent("one line")
    assert scene.agent.said() == ["one line"]


def test_a_question_is_never_answered_by_a_prompt(scene: Scene) -> None:
    scene.start("--asks")
    first, second = scene.sends("first"), scene.sends("second", wait=False)
    taken_back = second.result(PATIENCE_SECONDS).data["response_id"]
    scene.greenroom.shows(scene.session_id, scene.worker_id, "Really go on (y/n)?")
    eventually(lambda: _asks(scene))
    assert scene.delivery()["state"] == "queued"
    told = scene.greenroom.get("cancel", response_id=taken_back)
    assert told["status"] == "cancelled"
    scene.greenroom.get("write-input", session=scene.session_id, worker=scene.worker_id, data="y")
    assert first.result(PATIENCE_SECONDS).ok
    assert scene.agent.answered() == ["y"]
    assert scene.agent.said() == ["first"]


def _asks(scene: Scene) -> bool:
    told = scene.greenroom.get("get-activity", session=scene.session_id, worker=scene.worker_id)
    return bool(told["state"] == "asking")


def test_prompts_wait_for_a_person_and_go_one_by_one(scene: Scene) -> None:
    scene.start()
    scene.greenroom.shows(scene.session_id, scene.worker_id, "? for help")
    link = HostLink.connect(scene.greenroom.data.root, "ann", PATIENCE_SECONDS)
    link.send(p.TakeLease(key=scene.key, owner="ann on pts/7"))
    eventually(lambda: any(isinstance(each, p.LeaseTaken) for each in link.receive()))
    answers = [scene.sends(f"prompt number {number}") for number in range(3)]
    eventually(lambda: scene.delivery() is not None)
    assert scene.delivery()["state"] == "queued"
    link.close()
    assert all(each.result(PATIENCE_SECONDS).ok for each in answers)
    assert scene.agent.said() == [f"prompt number {number}" for number in range(3)]


def test_a_first_prompt_that_is_typed_is_given_once_over_restarts(scene: Scene) -> None:
    made = scene.start(prompt="Look around, and say what you see.")
    scene.becomes("accepted")
    found = scene.greenroom.get("get-response", response_id=made["response_id"])
    assert found["delivery"] == scene.delivery()
    scene.greenroom.get("restart-worker", session=scene.session_id, worker=scene.worker_id)
    scene.greenroom.again(keep_terminals=False)
    scene.greenroom.becomes(scene.session_id, scene.worker_id, "running")
    scene.sent("And now?")
    assert scene.agent.said() == ["Look around, and say what you see.", "And now?"]


def test_a_daemon_that_is_started_anew_goes_on_where_it_was(scene: Scene) -> None:
    scene.start("--slow", "1.5")
    scene.sends(wait=False).result(PATIENCE_SECONDS)
    scene.becomes("typing")
    scene.greenroom.again()
    scene.becomes("submitted")
    scene.greenroom.again()
    scene.becomes("accepted")
    assert scene.agent.said() == [TEXT]


class AtOnce(Executor):
    """A thread for files that does it now."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        fn(*args, **kwargs)


class Alone:
    """A courier without a terminal; `steps` are what it told the session, `keys` what it typed."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.steps: list[d.Step] = []
        self.fault: Exception = OSError()
        self.keys: list[bytes] = []
        doors = Doors(
            self._hear,
            lambda _, step: self.steps.append(step),
            lambda typed: self.keys.append(typed.data),
            lambda: None,
        )
        self.courier = PromptCourier(self.clock, DeliveryTimes(), doors)
        self.lines: tuple[str, ...] | None = (f"> {TEXT}", "? for help")
        definition = AgentDefinition(id="a", name="A", command="a", hooks="claude-code")
        window = Window(AtOnce(), self._look, lambda _: True)
        self.courier.begin(definition, ActivityPatterns(), window)

    def _hear(self, message: object) -> None:
        if isinstance(message, Glanced):
            self.courier.glanced(message)
        else:
            self.courier.due()

    def _look(self) -> Look:
        if self.lines is None:
            raise self.fault
        at = Place(0, 0)
        return Look(lines=self.lines, cursor=at, cols=80, rows=24, title="", offset=9)

    def takes(self, state: DeliveryState, **fields: Any) -> None:
        told = Delivery(response_id="r", state=state, presses=1, since=NOW)
        fields = {"number": 7, **fields}
        prompt = Prompt(id="r", worker_id="w", text=TEXT, delivery=told, **fields)
        self.courier.take(prompt)


def test_what_the_agent_reports_is_the_evidence() -> None:
    alone = Alone()
    alone.takes("submitted", mark=1, typed_at=NOW)
    report = AgentReport(kind="prompt-accepted", at=NOW, text=TEXT)
    for other in (
        replace(report, at=NOW - timedelta(hours=1)),
        replace(report, text="what a person typed"),
        replace(report, kind="working"),
    ):
        alone.courier.reported(other)
    assert alone.steps == []
    alone.courier.reported(report)
    assert alone.steps == [d.EndIt("accepted", f"the agent reported it: {TEXT[:60]}")]
    alone.takes("submitted", mark=1, typed_at=NOW)
    assert len(alone.steps) == 1  # a report is evidence for one prompt


def test_a_report_that_came_before_the_prompt_was_taken_up_counts() -> None:
    alone = Alone()
    alone.courier.reported(AgentReport(kind="prompt-accepted", at=NOW, text=TEXT))
    alone.takes("submitting", mark=1, typed_at=NOW)
    assert alone.steps == [d.EndIt("accepted", f"the agent reported it: {TEXT[:60]}")]


def test_an_output_that_cannot_be_read_is_read_later() -> None:
    alone = Alone()
    shown, alone.lines = alone.lines, None
    alone.takes("typed", mark=1)
    alone.clock.advance(5.0)
    assert alone.steps == []
    alone.lines = shown
    alone.clock.advance(5.0)
    assert alone.steps == [d.SubmitIt()]


def test_an_output_that_can_never_be_read_is_not_waited_for_for_ever() -> None:
    alone = Alone()
    alone.lines, alone.fault = None, ValueError("a fault of ours")
    alone.takes("submitted", mark=1)
    alone.clock.advance(DeliveryTimes().ready_seconds + 5.0)
    (end,) = alone.steps
    assert isinstance(end, d.EndIt)
    assert (end.state, end.code) == ("failed", "outcome-unknown")


def test_input_of_before_is_not_typed_again_but_asked_about() -> None:
    alone = Alone()
    for _ in range(2):
        alone.takes("submitting", mark=1)
    assert alone.keys == [b""]
    alone.courier.refused(7, "host-not-answering", "it is stopped")
    alone.clock.advance(DeliveryTimes().ask_seconds)
    assert alone.keys == [b"", b""]
    alone.courier.typed(6)
    assert alone.steps == []
    alone.courier.typed(7)
    assert alone.steps == [d.KeyPressed()]


def test_what_the_host_never_got_is_typed_when_the_agent_is_ready() -> None:
    alone = Alone()
    alone.takes("submitting", mark=1)
    alone.courier.typed(7, is_nothing=True)
    assert alone.steps == [d.PutItBack("typed", "greenroom ended before it was typed")]
    alone.takes("typed", mark=1)
    alone.clock.advance(2.0)
    assert alone.steps[1:] == [d.SubmitIt()]
    alone.takes("submitting", mark=1, number=8)
    assert alone.keys == [b"", b"\r"]


def test_who_holds_the_terminal_is_waited_for() -> None:
    alone = Alone()
    alone.takes("submitting", mark=1)
    alone.courier.refused(7, "input-held", "ann types there")
    assert alone.steps == [d.PutItBack("typed", "ann types there")]
    alone.takes("typed", mark=1)
    alone.clock.advance(60.0)
    assert len(alone.steps) == 1
    alone.courier.writer_is(None)
    alone.clock.advance(2.0)
    assert alone.steps[1:] == [d.SubmitIt()]


def test_nothing_is_done_after_the_end() -> None:
    alone = Alone()
    alone.takes("typed", mark=1)
    alone.steps.clear()
    alone.courier.end()
    alone.takes("typed", mark=1)
    alone.courier.wrote(20)
    alone.clock.advance(500.0)
    assert alone.steps == []


@pytest.mark.parametrize(
    ("pasted", "keys"),
    [(False, "\x15one"), (True, "\x15\x1b[200~one\x1b[201~")],
)
def test_what_stands_in_the_line_is_erased_before_it_is_typed(pasted: bool, keys: str) -> None:
    told = Delivery(response_id="r", state="typing", since=NOW)
    prompt = Prompt(id="r", worker_id="w", text="one", pasted=pasted, delivery=told)
    definition = AgentDefinition(id="a", name="A", command="a")
    assert keys_of(prompt, definition) == keys
