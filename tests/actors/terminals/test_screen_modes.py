import pytest

from actors.terminals.screen_modes import ScreenModes

PLAIN = b"\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[0m"


def after(*output: bytes) -> ScreenModes:
    modes = ScreenModes()
    for piece in output:
        modes.feed(piece)
    return modes


def test_a_program_that_sets_nothing_leaves_little_to_undo() -> None:
    assert (after(b"hello\r\n\x1b[31mred").enter(), after(b"x").leave()) == (b"", PLAIN)


def test_a_full_screen_program_is_entered_and_left() -> None:
    modes = after(b"\x1b[?1049h\x1b[?25l\x1b[?1002;1006h\x1b=\x1b[?2004h")
    assert modes.is_alternate_screen
    assert modes.enter() == (b"\x1b[?1049h\x1b[?25l\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b=")
    assert modes.leave() == (b"\x1b>\x1b[?25h\x1b[?1002l\x1b[?1006l\x1b[?2004l\x1b[?1049l" + PLAIN)


def test_what_a_program_took_back_is_forgotten() -> None:
    modes = after(b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l")
    assert (modes.is_alternate_screen, modes.enter(), modes.leave()) == (False, b"", PLAIN)


@pytest.mark.parametrize("at", range(len(b"\x1b[?1049h")))
def test_a_sequence_may_come_in_two_pieces(at: int) -> None:
    whole = b"\x1b[?1049h"
    assert after(b"text" + whole[:at], whole[at:] + b"text").is_alternate_screen


def test_keyboards_are_pushed_and_popped() -> None:
    modes = after(b"\x1b[>1u\x1b[>5u\x1b[>4;2m")
    assert modes.enter() == b"\x1b[>1u\x1b[>5u\x1b[>4;2m"
    assert modes.leave().startswith(b"\x1b[<2u\x1b[>4m")
    assert after(b"\x1b[>1u\x1b[>5u\x1b[<u").enter() == b"\x1b[>1u"
    assert after(b"\x1b[>1u\x1b[>5u\x1b[<9u\x1b[>4m").enter() == b""


def test_a_reset_takes_all_back() -> None:
    assert after(b"\x1b[?1049h\x1b[>1u\x1bc").leave() == PLAIN


def test_a_number_without_end_does_no_harm() -> None:
    assert after(b"\x1b[?" + b"9" * 10_000 + b"h").enter() == b""
