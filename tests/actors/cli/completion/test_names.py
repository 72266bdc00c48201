import pytest

from actors.cli.completion.names import (
    ask_offers,
    session_name,
    session_offers,
    trash_offers,
    worker_offers,
)
from tests.actors.cli.fake_daemon import Json

WORKERS = [{"id": "w1aa", "name": "shell", "type": "terminal", "status": "running"}]


def session(identity: str, title: str | None, *workers: Json) -> Json:
    return {"id": identity, "title": title, "status": "active", "workers": list(workers)}


def test_a_title_is_offered_and_the_id_once_it_is_begun() -> None:
    sessions = [session("k3v5aaaa", "Fix the login")]
    assert session_offers(sessions, "") == [("Fix the login", "k3v5aaaa, active")]
    assert session_offers(sessions, "k3") == [("k3v5aaaa", "Fix the login, active")]
    assert session_offers(sessions, "Fix") == [("Fix the login", "k3v5aaaa, active")]


@pytest.mark.parametrize(
    "title",
    ["", None, "two\nlines", "\x1b[31mred", "\u202eturned", "-x", " b", "x@5", "x@", "x/", "k3v5"],
)
def test_a_title_that_cannot_be_typed_or_means_another_is_not_offered(title: str | None) -> None:
    mine = session("m2m2m2m2", title)
    assert session_name(mine, [mine, session("k3v5aaaa", "other")], "") == "m2m2m2m2"


def test_of_two_with_one_title_the_ids_are_offered() -> None:
    sessions = [session("k3v5aaaa", "same"), session("m2m2m2m2", "same")]
    assert [name for name, _ in session_offers(sessions, "")] == ["k3v5aaaa", "m2m2m2m2"]


def test_workers_are_offered_behind_a_session_that_is_written_out() -> None:
    sessions = [session("k3v5aaaa", "fix/login", *WORKERS), session("m2m2m2m2", "b", *WORKERS)]
    assert worker_offers(sessions, "fi", all_of_them=False) == []
    expected = [("fix/login/shell", "terminal, running")]
    assert worker_offers(sessions, "fix/login/", all_of_them=False) == expected
    assert len(worker_offers(sessions, "", all_of_them=True)) == 2
    assert worker_offers(sessions, "k3v5aaaa/", all_of_them=False)[0][0] == "k3v5aaaa/shell"


def test_a_worker_that_reads_like_a_title_is_named_by_its_sessions_id() -> None:
    sessions = [session("k3v5aaaa", "a", *WORKERS), session("m2m2m2m2", "a/shell")]
    assert worker_offers(sessions, "", all_of_them=True)[0][0] == "k3v5aaaa/shell"


@pytest.mark.parametrize("name", ["a\x07b", "a/b", "", "-x"])
def test_a_worker_whose_name_cannot_be_typed_has_an_id(name: str) -> None:
    of = session("k3v5aaaa", "a", {"id": "w1aa", "name": name, "type": "terminal"})
    assert worker_offers([of], "", all_of_them=True) == [("a/w1aa", "terminal")]


def test_descriptions_are_fit_for_a_screen() -> None:
    asked = [{"id": "abcdefgh", "tool": "x\x1b]52;c;AA\x07y", "title": "\u202e" + "t" * 100}]
    [(name, told)] = ask_offers(asked)
    assert name == "abcdefgh"
    assert told.isprintable()
    assert len(told) == 60
    shelved = [{"id": "k3v5", "name": "k3v5-2", "title": "gone", "status": None}]
    assert trash_offers(shelved, "") == [("gone", "k3v5-2")]
