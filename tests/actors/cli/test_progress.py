import io
import sys
import threading
from typing import Any

import pytest

from actors.cli import progress as module
from actors.cli.console import Console
from actors.cli.progress import Progress, waiting


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(err: io.StringIO, seconds: list[float]) -> str:
    """What a run of 10 steps writes that takes so long over each, and then ends."""
    clock = Hand()
    progress = Progress(Console(sys.stdout, err, {}), "journals", clock)
    for done, spent in enumerate(seconds):
        clock.now += spent
        progress.show(done, len(seconds))
    progress.end()
    return err.getvalue()


def test_a_short_run_says_nothing() -> None:
    for err in (io.StringIO(), Screen()):
        assert shown(err, [0.05] * 10) == ""


def test_into_a_file_a_note_each_second() -> None:
    text = shown(io.StringIO(), [0.4] * 10)
    assert text.splitlines() == [f"{done} of 10 journals" for done in (2, 5, 8)]


def test_on_a_terminal_a_bar_that_leaves_no_trace() -> None:
    text = shown(Screen(), [1.0, *[0.06] * 9])
    drawn: list[Any] = text.split("\r")
    assert drawn[1] == f"[{'.' * 30}] 0 of 10 journals"
    assert drawn[2] == f"[{'#' * 6}{'.' * 24}] 2 of 10 journals"
    assert len(drawn) == 8
    assert drawn[-2].strip() == drawn[-1] == ""
    assert len(drawn[-2]) == len(drawn[-3])


def test_nothing_to_do_is_no_fault() -> None:
    clock = Hand()
    err = Screen()
    progress = Progress(Console(sys.stdout, err, {}), "journals", clock)
    clock.now += 5
    progress.show(0, 0)
    progress.end()
    assert err.getvalue().split("\r")[-1] == ""


def test_a_part_says_how_far_the_whole_is() -> None:
    clock, err = Hand(), io.StringIO()
    progress = Progress(Console(sys.stdout, err, {}), "bytes", clock)
    clock.now += 5
    progress.within(30, 100)(20)
    assert err.getvalue() == "50 of 100 bytes\n"


class Told(io.StringIO):
    """Lets know when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.said = threading.Event()

    def flush(self) -> None:
        super().flush()
        if self.getvalue():
            self.said.set()


def test_what_takes_long_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.01)
    err = Told()
    with waiting(Console(sys.stdout, err, {}), "it is being made"):
        assert err.said.wait(30)
    assert err.getvalue() == "it is being made …\n"


def test_what_is_done_at_once_says_nothing() -> None:
    err = io.StringIO()
    with waiting(Console(sys.stdout, err, {}), "it is being made"):
        pass
    assert err.getvalue() == ""


def test_on_a_terminal_a_bar_moves_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.01)
    monkeypatch.setattr(module, "DRAW_SECONDS", 0.01)
    drawn = threading.Event()

    class Drawn(Screen):
        def write(self, text: str) -> int:
            if "######" in text:
                drawn.set()
            return super().write(text)

    err = Drawn()
    with waiting(Console(sys.stdout, err, {}), "it is being\x1b[2J made"):
        assert drawn.wait(30)
    last = err.getvalue().split("\r")
    assert r"it is being\x1b[2J made, 0 s" in last[1]
    assert last[-2].strip() == last[-1] == ""
    assert "\x1b" not in err.getvalue()


def test_a_note_takes_the_place_of_a_bar() -> None:
    err = Screen()
    console = Console(sys.stdout, err, {"TERM": "dumb"})
    console.bar_width = 5
    console.note("a note")
    console.note("another")
    assert err.getvalue() == "\r     \ra note\nanother\n"
