"""Names of git as text."""

import os

import pytest

from actors.git.names import escaped, shown, unescaped

ODD = os.fsdecode(b"b\xff\x80")


@pytest.mark.parametrize("name", ["plain", "über/ünder", ODD, r"a\xff", f"\\{ODD}\\\\", "\\", ""])
def test_what_is_escaped_is_text_and_comes_back(name: str) -> None:
    assert escaped(name).encode() is not None
    assert unescaped(escaped(name)) == name


def test_names_that_are_text_stay_as_they_are() -> None:
    assert escaped("fix/ünder_it") == "fix/ünder_it"
    assert escaped(ODD) == r"b\xff\x80"


def test_what_is_shown_is_text() -> None:
    assert shown(ODD) == "b\ufffd\ufffd"
