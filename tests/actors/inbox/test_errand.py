"""What can be known of a request before it is taken."""

from typing import Any

import pytest

from actors.inbox.errand import Batch, Errand, errand_of
from storage.records import request as r
from storage.records.ids import is_id
from storage.records.request_kinds import READING_TYPES
from storage.request_files import identify

ENDING: list[dict[str, Any]] = [
    {"type": "stop-session", "session": "x"},
    {"type": "cancel", "response_id": "x-1"},
    {"type": "update-session", "session": "x", "updates": {"desired": "stopped"}},
]
CHANGING: list[dict[str, Any]] = [
    {"type": "create-session"},
    {"type": "request", "session": "x", "content": "hello"},
    {"type": "update-session", "session": "x", "updates": {"title": "new"}},
]
READING: list[dict[str, Any]] = [
    {"type": "get-status"},
    {"type": "get-session", "session": 7},
    {"type": "make-coffee"},
    {"type": ["no", "type"]},
    {"type": "create-session", "title": 7},
    {},
]


def made(request: dict[str, Any]) -> Errand:
    return errand_of(request, identify(request, "job.json", 5))


@pytest.mark.parametrize("request_", ENDING)
def test_what_ends_something_is_known(request_: dict[str, Any]) -> None:
    found = made(request_)
    assert (found.reads, found.ends) == (False, True)


@pytest.mark.parametrize("request_", CHANGING)
def test_what_changes_something_is_known(request_: dict[str, Any]) -> None:
    found = made(request_)
    assert (found.reads, found.ends) == (False, False)


@pytest.mark.parametrize("request_", READING)
def test_what_reads_or_is_refused_changes_nothing(request_: dict[str, Any]) -> None:
    assert made(request_).reads


def test_a_session_that_is_to_be_made_has_its_id_before() -> None:
    one, other = made({"type": "create-session"}), made({"type": "create-session"})
    assert one.allotted is not None
    assert is_id(one.allotted)
    assert one.allotted != other.allotted
    assert made(ENDING[0]).allotted is None


def test_only_a_request_with_its_own_id_has_a_hash() -> None:
    assert made({"type": "create-session", "id": "mine"}).sha256 is not None
    assert made({"type": "create-session"}).sha256 is None


def test_only_what_is_not_journaled_yet_is_to_be_accepted() -> None:
    errands = [made(READING[0]), made(CHANGING[0]), made(ENDING[0])]
    assert Batch(errands).changing() == errands[1:]
    errands[1].journaled = True
    assert Batch(errands).changing() == errands[2:]


def test_every_type_that_reads_is_one_and_none_of_them_ends_anything() -> None:
    types = {r.type_of_class(kind) for kind in r.REQUEST_TYPES}
    assert types > READING_TYPES
    named_so = {kind for kind in types if kind.startswith(("get-", "list-"))}
    assert named_so == READING_TYPES
