import pytest

from actors.cli.attach.detaching import DEFAULT, NONE, before_key, parse_key


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (DEFAULT, b"\x1c"),
        ("^\\", b"\x1c"),
        ("C-a", b"\x01"),
        ("C-A", b"\x01"),
        ("C-@", b"\x00"),
        ("C-]", b"\x1d"),
        (DEFAULT, b"\x1b[92;5u"),
        (DEFAULT, b"\x1b[92::124;5:1u"),
        (DEFAULT, b"\x1b[27;5;92~"),
        ("C-a", b"\x1b[97;5u"),
    ],
)
def test_the_key_is_found_wherever_it_stands(name: str, typed: bytes) -> None:
    key = parse_key(name)
    assert before_key(b"ls" + typed + b"more", key) == (b"ls", True)
    assert before_key(typed, key) == (b"", True)


@pytest.mark.parametrize("typed", [b"\\", b"\x1b[92;1u", b"\x1b[92;5:3u", b"|", b""])
def test_nothing_else_detaches(typed: bytes) -> None:
    assert before_key(typed, parse_key(DEFAULT)) == (typed, False)


def test_with_no_key_everything_is_typed() -> None:
    assert before_key(b"\x1c", parse_key(NONE)) == (b"\x1c", False)


@pytest.mark.parametrize("name", ["", "C-", "x", "C-xy", "C-1", "Ctrl-a", "M-a"])
def test_a_name_of_no_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        parse_key(name)
