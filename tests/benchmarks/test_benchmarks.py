"""That every row runs and gives figures; how fast anything is, no test says."""

import math
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from benchmarks import p11_output
from benchmarks.__main__ import DONE, FAILED, USAGE, main
from benchmarks.daemons import CHECKOUT
from benchmarks.ground import Ground, ground
from benchmarks.measuring import (
    Figure,
    Goal,
    ReferenceMissing,
    Rounds,
    figure,
    interleaved,
)
from benchmarks.report import table
from benchmarks.table import ROWS, Row


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("benchmarks"), lambda _: None) as made:
        yield made


BESIDE_TMUX = {"P10", "P11", "P17"}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.name, marks=[pytest.mark.peers] * (row.name in BESIDE_TMUX))
        for row in ROWS
    ],
)
def test_a_row_gives_finite_figures_and_a_ratio(row: Row, place: Ground) -> None:
    figures = row.measure(place, row.tiny)
    assert figures
    for one in figures:
        assert one.row == row.name
        assert one.reference is not None
        assert one.ratio is not None
        assert all(map(math.isfinite, (one.ours, one.reference, one.ratio)))
        assert one.reached is not None
        assert one.what in table([one])


@pytest.mark.parametrize("name", sorted(BESIDE_TMUX))
def test_a_row_says_that_tmux_is_missing(
    name: str, place: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.tmux.shutil.which", lambda _: None)
    row = next(row for row in ROWS if row.name == name)
    beside_tmux = [one for one in row.measure(place, row.tiny) if "tmux" in one.against]
    assert beside_tmux
    for one in beside_tmux:
        assert math.isfinite(one.ours)
        assert (one.ratio, one.reached) == (None, None)
        assert "is missing: apt-get install tmux" in table([one])


def test_output_that_is_not_whole_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="the screen is wrong after 6 bytes"):
        p11_output.compare(b"0123456789", 6, b"689", "screen")


def test_the_rows_are_those_of_the_specification() -> None:
    names = "P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19"
    assert [row.name for row in ROWS] == names.split()


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "P1,P99"])
    assert ended.value.code == USAGE
    assert "there is no row P99; the rows are P1, P2" in capsys.readouterr().err


def test_help_names_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == DONE
    shown = capsys.readouterr().out
    assert all(f"  {row.name} " in shown and row.what in shown for row in ROWS)


def test_a_run_prints_the_table_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "results.json"
    arguments = ["--only", "P6", "--tiny", "--directory", str(tmp_path), "--json", str(written)]
    assert main(arguments) == DONE
    captured = capsys.readouterr()
    assert "wake a session of 90 events" in captured.out
    assert "P6: round 1 of 1" in captured.err
    found: Any = msgspec.json.decode(written.read_bytes())
    assert [one["row"] for one in found["figures"]] == ["P6", "P6"]
    assert list(tmp_path.iterdir()) == [written]


def test_a_row_that_fails_is_named_and_ends_with_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Ground, __: Any) -> list[Figure]:
        raise OSError("no room")

    broken = msgspec.structs.replace(ROWS[0], measure=fail)
    monkeypatch.setattr("benchmarks.__main__.ROWS", [broken])
    assert main(["--only", broken.name]) == FAILED
    assert "P1 was not measured: OSError: no room" in capsys.readouterr().out


def test_an_interrupt_leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--only", "P18,P1", "--directory", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        for said in running.stderr:
            if "round 2" in said:
                break
        running.send_signal(signal.SIGINT)
        shown, _ = running.communicate(timeout=60)
    assert running.returncode == FAILED
    assert "P18 was not measured: interrupted; the rows after it were not begun" in shown
    assert list(tmp_path.iterdir()) == []
    assert [p for p in psutil.process_iter() if str(tmp_path) in " ".join(_command(p))] == []


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def test_rounds_take_turns() -> None:
    calls: list[str] = []

    def side(name: str) -> float:
        calls.append(name)
        return 1.0

    interleaved(lambda _: None, 3, lambda: side("ours"), lambda: side("theirs"))
    assert calls == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


def test_a_missing_reference_is_said_and_judges_nothing() -> None:
    def missing() -> float:
        raise ReferenceMissing("install it")

    rounds = interleaved(lambda _: None, 3, lambda: 2.0, missing)
    one = _figure(Goal("at most", 1), rounds)
    assert (one.ours, one.reference, one.ratio, one.reached) == (2.0, None, None, None)
    assert "them is missing: install it" in table([one])


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal("at most", 2), True),
        (Goal("at most", 1.9), False),
        (Goal("at least", 2), True),
        (Goal("at least", 2.1), False),
        (Goal("at most", 3, "difference"), True),
        (Goal("at most", 2, "difference"), False),
    ],
)
def test_a_goal_judges_the_medians_of_the_rounds(goal: Goal, reached: bool) -> None:
    one = _figure(goal, Rounds((2.0, 6.0, 90.0), (1.0, 3.0, 10.0)))
    assert (one.ours, one.reference, one.ratio) == (6.0, 3.0, 2.0)
    assert one.reached is reached


def _figure(goal: Goal, rounds: Rounds) -> Figure:
    return figure("P0", "something", unit="ms", against="them", goal=goal, rounds=rounds)
