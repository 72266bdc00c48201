"""What is taken out of what is recorded, logged and shown."""

import io
import json
import logging
from urllib.parse import quote

import pytest

from actors.redactor import HidingFormatter, Redactor, of_environment, of_server
from storage.records.workspace import McpServerSettings
from tests.peers.awkward_keys import AWKWARD, PEM

TOKEN = "0123456789abcdef"


def known(*secrets: str) -> Redactor:
    made = Redactor()
    made.know(secrets)
    return made


def test_every_secret_goes_wherever_it_stands() -> None:
    redactor = known(TOKEN, "password1")
    assert redactor.hidden(f"a{TOKEN}b password1{TOKEN}") == "a***b ******"
    assert redactor.hidden("nothing of it") == "nothing of it"
    assert Redactor().hidden(TOKEN) == TOKEN


def test_the_longest_goes_first_and_what_was_known_stays_so() -> None:
    redactor = known("secretsecret", "secretsecret-and-more")
    redactor.know(["another.one"])
    assert redactor.hidden("secretsecret-and-more secretsecret another.one") == "*** *** ***"
    assert redactor.hidden("anotherXone") == "anotherXone"


def test_what_is_too_short_is_left() -> None:
    assert known("short", "").hidden("short words") == "short words"


def test_an_environment_has_those_that_are_named_so() -> None:
    environ = {"API_KEY": "k" * 8, "gh_token": "t" * 8, "MY_PASSWORD_2": "p" * 8, "PATH": "/bin"}
    assert sorted(of_environment(environ)) == ["k" * 8, "p" * 8, "t" * 8]
    assert list(of_environment({"SIGNED_WITH": PEM, "PATH": "/bin"})) == [PEM]


def test_of_a_server_its_headers_its_url_and_what_looks_random() -> None:
    settings = McpServerSettings(
        url="https://me:pass-word@x.example/a?key=queried-key&plain=1",
        headers={"Authorization": "Bearer bearer-key", "Accept": "application/json"},
        env={"A_SECRET": "named one", "STAMP": "xj83kd92lw01"},
    )
    found = set(of_server(settings))
    wanted = {"pass-word", "queried-key", "bearer-key", "named one", "xj83kd92lw01"}
    assert wanted <= found
    assert "application/json" not in found


@pytest.mark.parametrize(
    "value",
    [
        "/home/me/project-2026-11",
        "production",
        "true",
        "4711",
        "localhost:54321",
        "a word 123 more",
    ],
)
def test_what_a_tool_works_with_stays_readable(value: str) -> None:
    assert known(*of_server(McpServerSettings(env={"WHERE": value}))).hidden(value) == value


def test_the_log_shows_none_not_even_in_a_trace() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(HidingFormatter(known(TOKEN)))
    log = logging.getLogger("test of the redactor")
    log.addHandler(handler)
    log.warning("with %s in it", TOKEN)
    try:
        int(TOKEN + "x")
    except ValueError:
        log.exception("and in a trace")
    log.removeHandler(handler)
    assert TOKEN not in written.getvalue()
    assert written.getvalue().count("***") == 2


def test_each_string_of_json_is_hidden_and_nothing_else_is_touched() -> None:
    redactor = known(TOKEN)
    said = {"a": [f"<{TOKEN}>", 1, None, {TOKEN: True}], "b": "plain"}
    assert redactor.hidden_json(said) == {"a": ["<***>", 1, None, {"***": True}], "b": "plain"}


def told(redactor: Redactor, pieces: list[str]) -> list[str]:
    """What may be shown after each piece, and in the end the rest."""
    shown, held = [], ""
    for piece in pieces:
        text = held + piece
        settled = redactor.settled(text)
        held = text[settled:]
        shown.append(redactor.hidden(text[:settled]))
    return [*shown, redactor.hidden(held)]


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        ([f"a {TOKEN[:5]}", f"{TOKEN[5:]} b"], ["a ", "*** b", ""]),
        (["a 01", "x"], ["a ", "01x", ""]),
        (["a 01"], ["a ", "01"]),
        (["nothing", " of it"], ["nothing", " of it", ""]),
        (list(TOKEN), [*[""] * (len(TOKEN) - 1), "***", ""]),
        (["secretsecret", "!"], ["", "***!", ""]),
        (["secretsecret", "-and-more"], ["", "***", ""]),
        (["xabcdefabc", "defabc"], ["x***", "def", "abc"]),
    ],
)
def test_of_a_text_that_goes_on_no_more_is_held_than_could_begin_a_secret(
    pieces: list[str], shown: list[str]
) -> None:
    redactor = known(TOKEN, "secretsecret", "secretsecret-and-more", "abcdefabc")
    assert told(redactor, pieces) == shown
    assert told(Redactor(), pieces) == [*pieces, ""]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_however_a_text_is_cut_what_is_shown_is_the_same(size: int) -> None:
    redactor = known(PEM, AWKWARD, TOKEN)
    text = f"0{TOKEN}, {json.dumps(PEM)}{PEM}; {quote(AWKWARD)} {AWKWARD[:6]}{AWKWARD}."
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(told(redactor, pieces)) == redactor.hidden(text)
    assert redactor.hidden(text) == f'0***, "***"***; *** {AWKWARD[:6]}***.'
