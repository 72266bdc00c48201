from pathlib import Path

import pytest

from actors.terminals.paste_mode import PIECE_BYTES, PasteMode, last_switch
from storage.output_log import OutputLog

ON, OFF = b"\x1b[?2004h", b"\x1b[?2004l"


@pytest.mark.parametrize(
    ("output", "mode"),
    [
        (b"", None),
        (b"text", None),
        (ON, True),
        (ON + b"text" + OFF, False),
        (OFF + ON, True),
        (b"\x1b[?1049;2004h", True),
        (b"\x1b[?25l", None),
        (b"\x1b[?12004h", None),
        (ON + b"\x1bc", False),
        (ON[:-1], None),
    ],
)
def test_the_last_switch_counts(output: bytes, mode: bool | None) -> None:
    assert last_switch(output) is mode


def test_it_is_found_however_far_back_and_at_every_border(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path / "log")
    look = PasteMode()
    assert not look.look(tmp_path / "log")
    log.append(ON + b"x" * (2 * PIECE_BYTES - 3))
    log.flush()
    assert PasteMode().look(tmp_path / "log")
    assert look.look(tmp_path / "log")
    log.append(OFF[:5])
    log.flush()
    assert look.look(tmp_path / "log")
    log.append(OFF[5:] + b"y" * (PIECE_BYTES - 4))
    log.flush()
    assert not look.look(tmp_path / "log")
    assert not PasteMode().look(tmp_path / "log")
    log.close()


def test_a_new_epoch_begins_without_it(tmp_path: Path) -> None:
    look = PasteMode()
    for text, is_on in ((ON, True), (b"plain", False)):
        log = OutputLog.create(tmp_path / "log")
        log.append(text)
        log.flush()
        assert look.look(tmp_path / "log") is is_on
        log.close()


def test_without_a_log_it_is_off(tmp_path: Path) -> None:
    assert not PasteMode().look(tmp_path / "none")
