"""Each form in which programs write a secret is hidden."""

import base64
import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pytest

from actors.secret_forms import forms, sought
from tests.peers.awkward_keys import AWKWARD, PEM

SECRETS = [PEM, AWKWARD, "/plain+key=0123", "it's 'quoted' 1", "name:pass@word?&%41"]


def hidden(secret: str, text: str) -> str:
    return re.sub(sought(forms(secret)), "***", text)


@pytest.mark.parametrize("secret", SECRETS)
def test_as_programs_write_it(secret: str) -> None:
    encoded = secret.encode()
    written = [
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        quote(secret),
        quote(secret, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        quote_plus(secret),
        urlencode({"": secret})[1:],
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        base64.b64encode(encoded).decode(),
        base64.urlsafe_b64encode(encoded).decode().rstrip("="),
    ]
    for form in written:
        assert hidden(secret, f"<{form}>") == "<***>", form


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("user", ["", "a", "me", "you"])
def test_as_base64_with_something_around_it(secret: str, user: str) -> None:
    """What is left tells at most a character at each end."""
    text = base64.b64encode(f"{user}:{secret}:more".encode()).decode()
    assert len(hidden(secret, text)) <= 24


def test_of_several_lines_each_one_alone() -> None:
    lines = PEM.splitlines()
    assert hidden(PEM, f"key: {lines[1]} and {json.dumps(lines[2])}") == 'key: *** and "***"'
    assert hidden(PEM, lines[0]) == lines[0]
    assert hidden(PEM, PEM.replace("\n", "\r\n")) == "***\r\n"
    assert hidden(PEM, f"  {PEM.strip()}") == "  ***"


def test_of_one_line_in_which_line_breaks_are_written() -> None:
    assert hidden(PEM.replace("\n", "\\n"), f"<{PEM.strip()}>") == "<***>"


def test_the_longest_goes_first() -> None:
    both = sought(["secretsecret", "secretsecret-and-more"])
    assert re.sub(both, "***", "secretsecret-and-more") == "***"


@pytest.mark.parametrize("secret", SECRETS)
def test_no_form_is_so_short_that_it_stands_anywhere(secret: str) -> None:
    assert min(map(len, forms(secret))) >= min(len(secret), 16)
