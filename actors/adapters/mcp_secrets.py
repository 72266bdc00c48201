"""PURE: takes what is secret in a server's settings out of a text that people are shown.

The values of its environment and headers, and what of its URL is not scheme, host and path, may be
keys, in each form of `secret_forms`. What is too short to be one is left, or every text would be
full of holes.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from actors.secret_forms import forms, sought
from storage.records.workspace import McpServerSettings

SHORTEST = 6
HIDDEN = "***"


class Secrets:
    def __init__(self, settings: McpServerSettings) -> None:
        found = {value for value in _values(settings) if len(value) >= SHORTEST}
        every = set().union(*map(forms, found))
        self._pattern = re.compile(sought(every)) if every else None

    def hidden(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _values(settings: McpServerSettings) -> Iterator[str]:
    yield from settings.env.values()
    for header in settings.headers.values():
        yield header
        yield header.rpartition(" ")[2]  # `Bearer KEY`
    if settings.url:
        parts = urlsplit(settings.url)
        user, _, password = parts.netloc.rpartition("@")[0].partition(":")
        for raw in (user, password, parts.query, parts.fragment):
            yield from (raw, unquote(raw))
        yield from (value for _, value in parse_qsl(parts.query))
        yield from (pair.partition("=")[2] for pair in parts.query.split("&"))
