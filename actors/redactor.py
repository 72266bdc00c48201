"""Keeps what is secret out of what is recorded, logged and shown.

Secrets are made known by whoever holds them: the token of the HTTP front, the keys that whoever ran
`start` had in the environment, those of tool servers. They are taken out of what comes from models'
providers, tools and their servers, and of the log, in each form of `secret_forms`. What a person
writes, and what a terminal shows, is left as it is: it is theirs.
"""

import logging
import re
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from actors.entry import names_a_secret
from actors.secret_forms import forms, sought
from storage.records.workspace import McpServerSettings

HIDDEN = "***"
SHORTEST = 8
"""What is shorter opens nothing, and may be part of any word."""
_PLAIN_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "user-agent"}
)
_ADDRESS = re.compile(r"[\w.-]+:\d+")
_RANDOM = re.compile(r"(?=.*[A-Za-z])(?:[^\d\s/\\]*\d){3}[^\s/\\]*")
_RANDOM_CHARACTERS = 12
_PRIVATE = "PRIVATE KEY-----"


class _Sought(Struct, frozen=True):
    """All forms of all secrets: as one pattern, and in order; `longest` in characters."""

    pattern: re.Pattern[str]
    in_order: tuple[str, ...]
    longest: int

    def settled(self, text: str) -> int:
        begins = range(max(0, len(text) - self.longest + 1), len(text))
        at = next((begin for begin in begins if self._could_go_on(text[begin:])), len(text))
        if at == len(text):
            return at
        across = (one.end() for one in self.pattern.finditer(text) if one.start() < at < one.end())
        return next(across, at)

    def _could_go_on(self, end: str) -> bool:
        """Whether a form is longer than `end` and begins with it."""
        place = bisect_right(self.in_order, end)
        return place < len(self.in_order) and self.in_order[place].startswith(end)


class Redactor:
    """Every method may be called from any thread. What was known once stays hidden."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._forms: frozenset[str] = frozenset()
        self._sought: _Sought | None = None

    def know(self, secrets: Iterable[str]) -> None:
        found = {secret for secret in secrets if len(secret) >= SHORTEST}
        with self._lock:
            if found <= self._known:
                return
            self._forms = self._forms.union(*map(forms, found - self._known))
            self._known |= found
            in_order = tuple(sorted(self._forms))
            longest = max(map(len, in_order))
            self._sought = _Sought(re.compile(sought(in_order)), in_order, longest)

    def hidden(self, text: str) -> str:
        """The text with `***` for every secret in it."""
        return self._sought.pattern.sub(HIDDEN, text) if self._sought else text

    def hidden_json(self, value: Any) -> Any:
        """Decoded JSON, of which every string and key is hidden so."""
        match value:
            case str():
                return self.hidden(value)
            case dict():
                return {self.hidden(key): self.hidden_json(one) for key, one in value.items()}
            case list():
                return [self.hidden_json(one) for one in value]
            case _:
                return value

    def settled(self, text: str) -> int:
        """How many characters of a text that goes on may be hidden and shown already.

        What is left is the longest end of it with which a secret could begin.
        """
        for_these = self._sought
        return for_these.settled(text) if for_these else len(text)


class HidingFormatter(logging.Formatter):
    """No line of the log, nor of a trace in it, shows what the redactor knows."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.hidden(super().format(record))


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """The values of what is named like a secret, or is a private key by its first line. PURE."""
    told = environ.items()
    return (value for name, value in told if names_a_secret(name) or _PRIVATE in value)


def of_server(settings: McpServerSettings) -> Iterator[str]:
    """What may be secret in the settings of a tool server. PURE.

    Its variables may be anything; a path or a word that the tool works with must stay readable, so
    they count where they are named like secrets, or look like nothing else.
    """
    yield from of_environment(settings.env)
    yield from (value for value in settings.env.values() if _looks_random(value))
    for name, value in settings.headers.items():
        if name.lower() not in _PLAIN_HEADERS:
            yield value
            yield value.rpartition(" ")[2]  # `Bearer KEY`
    if settings.url:
        parts = urlsplit(settings.url)
        password = parts.netloc.rpartition("@")[0].partition(":")[2]
        yield from (password, unquote(password))
        yield from (value for _, value in parse_qsl(parts.query))


def _looks_random(value: str) -> bool:
    is_long = len(value) >= _RANDOM_CHARACTERS
    return is_long and bool(_RANDOM.fullmatch(value)) and not _ADDRESS.fullmatch(value)
