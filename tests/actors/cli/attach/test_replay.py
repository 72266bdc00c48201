import pytest

from actors.cli.attach.replay import REPLAYED_BYTES, shown_again


@pytest.mark.parametrize(
    "question",
    [
        b"\x1b[c", b"\x1b[>c", b"\x1b[=0c", b"\x1b[6n", b"\x1b[?6n", b"\x1b[?2004$p", b"\x1b[>q",
        b"\x1b[?u", b"\x1b[x", b"\x1b[14t", b"\x1b[18t", b"\x1b[21t", b"\x1b]11;?\x07",
        b"\x1b]4;1;?\x1b\\", b"\x1b]52;c;aGk=\x07", b"\x1bP$qm\x1b\\", b"\x1bP+q544e\x1b\\",
        b"\x1bZ", b"\x05", b"\x07",
    ],
)  # fmt: skip
def test_what_asks_the_terminal_is_left_out(question: bytes) -> None:
    assert shown_again(b"before" + question + b"after") == b"beforeafter"


@pytest.mark.parametrize(
    "shown",
    [b"\x1b[31mred\x1b[0m", b"\x1b]0;a title\x07", b"\x1b]8;;http://x/?\x1b\\link", b"\x1b[2J",
     b"\x1b[22;0;0t", b"\xe6\xbc\xa2"],
)  # fmt: skip
def test_all_else_stays(shown: bytes) -> None:
    assert shown_again(shown) == shown


def test_of_much_output_the_last_lines_are_shown() -> None:
    lines = b"".join(b"line %d\r\n" % number for number in range(20_000))
    shown = shown_again(lines)
    assert lines.endswith(shown)
    assert shown.startswith(b"line ")
    assert REPLAYED_BYTES - 20 < len(shown) <= REPLAYED_BYTES
