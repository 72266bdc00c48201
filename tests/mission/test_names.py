"""Every name of the mission's parts B and C is there, has its parts, and a test that shows it."""

import pytest
from msgspec import Struct

from actors import library
from actors.gateway import TYPES
from actors.messages.heard import EVENT_TYPES
from actors.repository import SessionRepository
from storage.records.request import type_of_class
from tests.mission import context, conversation, session_state
from tests.mission.rows import Row, found, is_there, parts_of

ROWS = (*session_state.ROWS, *conversation.ROWS, *context.ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_name_is_to_be_had_with_its_parts_and_shown_by_a_test(row: Row) -> None:
    if row.where is not None:
        value = found(row.where)
        assert set(row.has) <= parts_of(value)
    assert row.tests
    assert [node_id for node_id in row.tests if not is_there(node_id)] == []


def test_each_name_stands_there_once() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_commands_and_events_have_their_words() -> None:
    commands = [found(row.where) for row in session_state.COMMANDS[:8] if row.where]
    assert len(commands) == 8
    assert {type_of_class(kind) for kind in commands} <= TYPES
    for row in session_state.EVENTS:
        assert row.where is not None
        kind: type[Struct] = found(row.where)
        assert row.name == kind.__struct_config__.tag
        assert row.name in EVENT_TYPES


def test_nothing_public_is_without_a_row() -> None:
    rows = {row.where for row in ROWS}
    for where, kind in (
        ("actors.library:SessionCoordinator", library.SessionCoordinator),
        ("actors.library:SessionFactory", library.SessionFactory),
    ):
        public = {f"{where}.{name}" for name in vars(kind) if not name.startswith("_")}
        assert public - rows - {f"{where}.begin"} == set()
    own = {f"actors.library:SessionRepository.{name}" for name in parts_of(SessionRepository)}
    beyond = {"update_token_metrics", "subscribe"}
    assert own - rows == {f"actors.library:SessionRepository.{name}" for name in beyond}


def test_a_row_that_says_what_is_not_so_would_be_seen() -> None:
    assert not is_there("mission/test_names.py::test_of_nothing")
    assert not is_there("mission/test_nowhere.py::test_of_nothing")
    with pytest.raises(AttributeError):
        found("actors.library:Nothing")
    assert "nothing" not in parts_of(Row)
    assert {"name", "tests"} <= parts_of(Row)
