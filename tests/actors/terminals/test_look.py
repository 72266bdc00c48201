from pathlib import Path

from actors.terminals.look import SCREEN_BYTES, look
from storage.output_log import OutputLog
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


def test_the_screen_of_a_worker_is_shown(greenroom: House) -> None:
    script = r"printf '\033]0;mine\007one\r\n\033[3;5Hthree'; read x"
    session_id, worker_id = greenroom.shell(command=["sh", "-c", script])
    greenroom.shows(session_id, worker_id, "three")
    found = greenroom.get("get-screen", session=session_id, worker=worker_id)
    assert found == {
        "lines": ["one", "", "    three", *[""] * 21],
        "cursor": {"col": 9, "row": 2},
        "cols": 80,
        "rows": 24,
        "title": "mine",
        "offset": 26,
    }


def test_the_screen_has_the_size_that_the_terminal_has_now(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "printf abcdef; read x"])
    asked = {"session": session_id, "worker": worker_id}
    greenroom.shows(session_id, worker_id, "abcdef")
    greenroom.get("resize-worker", **asked, cols=4, rows=3)
    assert eventually(lambda: greenroom.get("get-screen", **asked)["lines"] == ["abcd", "ef", ""])


def test_a_worker_that_has_ended_shows_what_it_showed_last(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "printf bye"])
    greenroom.becomes(session_id, worker_id, "exited")
    found = greenroom.get("get-screen", session=session_id, worker=worker_id)
    assert (found["lines"][0], found["cols"]) == ("bye", 80)


def test_a_conversation_has_no_screen(greenroom: House) -> None:
    made = greenroom.create(worker={"type": "conversation"})
    code = greenroom.refused("get-screen", session=made["id"], worker=made["workers"][0]["id"])
    assert code == "not-a-terminal"


def test_without_output_the_screen_is_blank(tmp_path: Path) -> None:
    assert look(tmp_path / "none", 5, 2).lines == ("", "")


def test_only_the_end_of_a_long_output_is_read(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path / "log")
    log.append(b"\x1b[1;1Hfirst\x1b]0;title\x07" + b"\x1b[2;1H" * SCREEN_BYTES)
    log.append(b"\r\nlast")
    log.close()
    found = look(tmp_path / "log", 20, 5)
    assert (found.lines, found.title) == (("", "", "last", "", ""), "")


def test_half_a_sequence_at_the_beginning_is_left_out(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path / "log")
    log.append(b"x" * 10 + b"\x1b[38;5;100;48;5;1")
    log.append(b"00m\r\n" + b"." * (SCREEN_BYTES - 10))
    log.append(b"\r\nlast")
    log.close()
    lines = look(tmp_path / "log", 500, 200).lines
    assert [line for line in lines if line.strip(".")] == ["last"]


def test_what_stands_behind_a_gap_is_read_too(tmp_path: Path) -> None:
    place = tmp_path / "log"
    log = OutputLog.create(place)
    log.append(b"one\r\n")
    log.close()
    (place / "000001-000000000100.out").write_bytes(b"two")
    assert look(place, 20, 5).lines[:2] == ("one", "two")
