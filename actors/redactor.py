"""Keeps what is secret out of what is recorded, logged and shown.

Secrets are made known by whoever holds them: the token of the HTTP front, the keys that whoever ran
`start` had in the environment, those of tool servers. They are taken out of what comes from models'
providers, tools and their servers, and of the log. What a person writes, and what a terminal shows,
is left as it is: it is theirs.
"""

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from actors.entry import names_a_secret
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


class Redactor:
    """Every method may be called from any thread. What was known once stays hidden."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def know(self, secrets: Iterable[str]) -> None:
        found = {secret for secret in secrets if len(secret) >= SHORTEST}
        with self._lock:
            if found <= self._known:
                return
            self._known |= found
            longest_first = sorted(self._known, key=lambda each: (-len(each), each))
            self._pattern = re.compile("|".join(re.escape(each) for each in longest_first))

    def hidden(self, text: str) -> str:
        """The text with `***` for every secret in it."""
        pattern = self._pattern
        return pattern.sub(HIDDEN, text) if pattern else text


class HidingFormatter(logging.Formatter):
    """No line of the log, nor of a trace in it, shows what the redactor knows."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.hidden(super().format(record))


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """The values of what is named like a secret. PURE."""
    return (value for name, value in environ.items() if names_a_secret(name))


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
