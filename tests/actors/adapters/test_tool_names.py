import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.adapters.tool_names import ToolNames, wire_name
from actors.ports import ModelError


def test_the_dot_after_the_server_becomes_two_underscores() -> None:
    assert wire_name("git.commit") == "git__commit"
    assert wire_name("git.commit.amend") == "git__commit_amend"


@given(st.text())
def test_every_name_becomes_one_that_the_api_allows(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", wire_name(name))


def test_long_names_that_differ_at_the_end_stay_apart() -> None:
    names = [f"server.{'x' * 200}{end}" for end in "ab"]
    mapping = ToolNames(names)
    assert [mapping.ours(wire_name(name)) for name in names] == names


def test_the_way_back_gives_the_name_that_was_offered() -> None:
    mapping = ToolNames(["git.commit", "files.read file"])
    assert mapping.ours("git__commit") == "git.commit"
    assert mapping.ours("files__read_file") == "files.read file"
    assert mapping.ours("invented") == "invented"


def test_a_clash_is_an_error_that_names_both() -> None:
    with pytest.raises(ModelError, match=r"'a\.b_c' and 'a\.b c'") as caught:
        ToolNames(["a.b_c", "a.b c"])
    assert caught.value.code == "tool-name-clash"
    assert not caught.value.retryable


def test_the_same_name_twice_is_no_clash() -> None:
    assert ToolNames(["a.b", "a.b"]).ours("a__b") == "a.b"
