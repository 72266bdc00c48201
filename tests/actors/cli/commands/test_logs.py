import json
import subprocess
import sys
from pathlib import Path

from actors.log_bound import keep_bounded
from tests.actors.cli.conftest import Run

PROJECT = Path(__file__).resolve().parents[4]


def log_of(data: Path, text: str) -> Path:
    path = data / "run" / "daemon.log"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_the_last_lines_are_shown(run: Run, data: Path) -> None:
    log_of(data, "".join(f"line {n}\x07\n" for n in range(100)))
    assert run("logs", "-n", "2").out == "line 98\\x07\nline 99\\x07\n"
    assert len(run("logs").out.splitlines()) == 50
    assert json.loads(run("logs", "-n1", "--json").out)["data"] == {"lines": ["line 99\x07"]}


def test_no_log_says_how_to_get_one(run: Run) -> None:
    outcome = run("logs")
    assert outcome.status == 1
    assert "greenroom start" in outcome.err


def test_following_outlives_a_replaced_log(data: Path) -> None:
    path = log_of(data, "old\n")
    words = [str(PROJECT / "run.py"), "logs", "-f", "--data", str(data)]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "old\n"
    with path.open("a") as file:
        file.write("grown\n")
    assert process.stdout.readline() == "grown\n"
    path.unlink()
    path.write_text("new\n")
    assert process.stdout.readline() == "new\n"
    process.send_signal(2)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_following_misses_no_line_when_the_log_is_set_aside(data: Path) -> None:
    path = log_of(data, "old\n")
    words = [str(PROJECT / "run.py"), "logs", "-f", "--data", str(data)]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "old\n"
    with path.open("a") as log:
        for begin in (0, 1000, 2000):
            wanted = [f"line {number}\n" for number in range(begin, begin + 1000)]
            log.writelines(wanted[:700])  # more than is shown of a log that was replaced
            log.flush()
            keep_bounded(str(path), 1000)
            log.writelines(wanted[700:])
            log.flush()
            assert [process.stdout.readline() for _ in wanted] == wanted
    process.send_signal(2)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_lines_that_were_set_aside_are_shown_too(run: Run, data: Path) -> None:
    path = log_of(data, "".join(f"line {number}\n" for number in range(100)))
    keep_bounded(str(path), 10)
    with path.open("a") as log:
        log.write("line 100\n")
    assert run("logs", "-n", "3").out == "line 98\nline 99\nline 100\n"
    assert run("logs", "-n", "1").out == "line 100\n"


def test_following_a_log_that_was_emptied_by_hand_shows_what_comes(data: Path) -> None:
    path = log_of(data, "long before\n")
    older = path.with_name("daemon.log.1")
    older.write_text("of another time, and much longer than the log is now\n")
    words = [str(PROJECT / "run.py"), "logs", "-f", "-n", "1", "--data", str(data)]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "long before\n"
    path.write_text("new\n")
    assert process.stdout.readline() == "new\n"
    process.send_signal(2)
    process.communicate(timeout=10)


def test_following_gives_no_json(run: Run) -> None:
    assert run("logs", "-f", "--json").status == 2


def test_a_negative_number_of_lines_is_wrong_usage(run: Run) -> None:
    outcome = run("logs", "-n", "-5")
    assert outcome.status == 2
    assert "-n takes a whole number from 0 on, not -5" in outcome.err
