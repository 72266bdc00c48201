"""Who may come in over HTTP: decided before anything of a request is looked at.

In this order: the name it was called by (421), where the page that calls comes from (403), the
token (401), the form of a body (415). Nothing here depends on what the request asks for, but that a
few paths need no token.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from msgspec import Struct

SAFE = frozenset({"GET", "HEAD"})
OPEN_PATHS = frozenset({"/", "/healthz", "/favicon.ico"})
OPEN_BELOW = "/static/"
LOGIN = "/api/login"
PAGE_HEADER = "greenroom-page"
PAGE_PROTOCOL = "greenroom.page."
"""Of a WebSocket, which can have no header of the page's."""
_MOST = 20
_USUAL_PORTS = {"http": 80, "https": 443}


class Doors(Struct, frozen=True):
    """`hosts`: by which names and ports we are called, in lower case; `origins`: our own pages.

    `cookie`: its name, which no other data directory has.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    token: str
    cookie: str

    @property
    def cookie_value(self) -> str:
        """What a page that knew the token is given, with `page_key`; nobody can make them without
        the token, and neither the token nor one of them can be had from the other.
        """
        return self._derived("page")

    @property
    def page_key(self) -> str:
        """The page keeps it where no other port can read it; a cookie goes to every port."""
        return self._derived("key")

    def _derived(self, what: str) -> str:
        return hmac.digest(self.token.encode(), f"{what} {self.cookie}".encode(), "sha256").hex()


class Asked(Struct, frozen=True, kw_only=True):
    """What is known of a request before its body. Each header as often as it was sent."""

    method: str
    path: str
    is_websocket: bool = False
    headers: Mapping[str, tuple[str, ...]]
    has_body: bool = False

    def all(self, name: str) -> tuple[str, ...]:
        return self.headers.get(name, ())


class NoEntry(Struct, frozen=True):
    """The text says what to do."""

    status: int
    code: str
    message: str


def doors(instance: str, token: str, addresses: tuple[str, ...], port: int, scheme: str) -> Doors:
    """`addresses`: the names by which browsers reach us, an IPv6 one in brackets.

    Browsers leave the port out where it is that of the scheme.
    """
    ending = "" if port == _USUAL_PORTS[scheme] else f":{port}"
    hosts = frozenset(f"{name}{ending}".lower() for name in addresses)
    origins = frozenset(f"{scheme}://{host}" for host in hosts)
    return Doors(hosts, origins, token, f"greenroom-{instance}")


def refusal(asked: Asked, at: Doors) -> NoEntry | None:
    """None: it may come in."""
    return (
        _wrong_host(asked, at)
        or _wrong_origin(asked, at)
        or (None if is_open(asked) else _no_token(asked, at))
        or _wrong_body(asked)
    )


def is_open(asked: Asked) -> bool:
    """What needs no token: it shows nothing of anybody."""
    if asked.is_websocket:
        return False
    if asked.path == LOGIN:
        return asked.method == "POST"
    is_page = asked.path in OPEN_PATHS or asked.path.startswith(OPEN_BELOW)
    return is_page and asked.method in SAFE


def is_token(given: str, at: Doors) -> bool:
    """In a time that does not depend on where they differ."""
    return hmac.compare_digest(_digest(given), _digest(at.token))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _wrong_host(asked: Asked, at: Doors) -> NoEntry | None:
    hosts = asked.all("host")
    if len(hosts) == 1 and hosts[0].lower() in at.hosts:
        return None
    text = "greenroom does not answer to this name; use the address that greenroom status shows"
    return NoEntry(421, "wrong-host", text)


def _wrong_origin(asked: Asked, at: Doors) -> NoEntry | None:
    """Also without `Origin` a browser says when another site asks; ours alone may."""
    origins, sites = asked.all("origin"), asked.all("sec-fetch-site")
    is_ours = all(origin in at.origins for origin in origins) and len(origins) <= 1
    is_link = is_open(asked) and asked.path == "/" and not origins
    if is_ours and (is_link or all(site in {"same-origin", "none"} for site in sites)):
        return None
    return NoEntry(403, "wrong-origin", "another site's page may not ask greenroom anything")


def _no_token(asked: Asked, at: Doors) -> NoEntry | None:
    if _has_bearer(asked, at):
        return None
    is_harmless = asked.method in SAFE and not asked.is_websocket
    is_page = _has_cookie(asked, at) and _has_key(asked, at)
    if is_page and (is_harmless or asked.all("origin")):
        return None
    text = "send the token of run/token as Authorization: Bearer; for the page: greenroom open"
    return NoEntry(401, "not-allowed", text)


def _has_bearer(asked: Asked, at: Doors) -> bool:
    given = asked.all("authorization")
    if len(given) != 1:
        return False
    scheme, _, token = given[0].partition(" ")
    return scheme.lower() == "bearer" and is_token(token.strip(), at)


def _has_cookie(asked: Asked, at: Doors) -> bool:
    """Programs at other ports can add cookies of the same name; they cannot take ours away."""
    pairs = (pair for line in asked.all("cookie") for pair in line.split(";"))
    named = (pair.strip().partition("=") for pair in pairs)
    return _is_among([value for name, _, value in named if name == at.cookie], at.cookie_value)


def _has_key(asked: Asked, at: Doors) -> bool:
    offered = (
        word.strip() for line in asked.all("sec-websocket-protocol") for word in line.split(",")
    )
    keys = [word.removeprefix(PAGE_PROTOCOL) for word in offered if word.startswith(PAGE_PROTOCOL)]
    return _is_among(keys if asked.is_websocket else asked.all(PAGE_HEADER), at.page_key)


def _is_among(given: Sequence[str], wanted: str) -> bool:
    """In a time that does not depend on where they differ."""
    matches = [hmac.compare_digest(_digest(each), _digest(wanted)) for each in given[:_MOST]]
    return any(matches)


def _wrong_body(asked: Asked) -> NoEntry | None:
    if not asked.has_body or asked.path.startswith("/static/"):
        return None
    kinds = asked.all("content-type")
    if len(kinds) == 1 and kinds[0].partition(";")[0].strip().lower() == "application/json":
        return None
    text = "a body must be JSON, sent with Content-Type: application/json"
    return NoEntry(415, "not-json", text)
