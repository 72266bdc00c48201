"""Every command has exactly one handler."""

from collections import Counter

from actors.decisions import table
from actors.library.repository_way import HANDLERS
from actors.sessions import look_ups, past, shelf
from storage.records import request as r

BY_THE_DIRECTORY = (r.CreateSession, r.ForkSession)
BY_THE_GATEWAY = (r.GetStatus, r.CleanupOrphans)


def test_every_command_has_exactly_one_handler() -> None:
    commands = set(r.REQUEST_TYPES)
    places = (
        table._TABLE,
        look_ups._ANSWERED,
        past._ANSWERED,
        shelf._ANSWERED,
        BY_THE_DIRECTORY,
        BY_THE_GATEWAY,
    )
    handled = Counter(kind for place in places for kind in place if kind in commands)
    assert {kind: handled[kind] for kind in commands if handled[kind] != 1} == {}


def test_a_repository_handles_commands_that_there_are() -> None:
    assert set(HANDLERS) <= set(r.REQUEST_TYPES)
