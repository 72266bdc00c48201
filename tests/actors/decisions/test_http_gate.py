"""Who may come in over HTTP, on plain values."""

from collections.abc import Mapping

import pytest

from actors.decisions.http_gate import Asked, Doors, doors, is_token, refusal

Sent = str | tuple[str, ...] | None
"""A header as often as it is sent."""
TOKEN = "a" * 64
AT = doors("0123456789ab", TOKEN, ("127.0.0.1", "localhost", "[::1]"), 4711, "http")
HOST = "127.0.0.1:4711"
ORIGIN = f"http://{HOST}"
BEARER = f"Bearer {TOKEN}"
COOKIE = f"{AT.cookie}={AT.cookie_value}"
KEY = AT.page_key


def code(
    method: str = "GET",
    path: str = "/api/sessions",
    *,
    is_websocket: bool = False,
    has_body: bool = False,
    **headers: Sent,
) -> str | None:
    """Of what a request is answered; None if it may come in."""
    given = {"host": HOST, "authorization": BEARER, **headers}
    return answered(given, method, path, is_websocket=is_websocket, has_body=has_body)


def answered(given: Mapping[str, Sent], method: str, path: str, **more: bool) -> str | None:
    told = {
        name.replace("_", "-"): value if isinstance(value, tuple) else (value,)
        for name, value in given.items()
        if value is not None
    }
    no = refusal(Asked(method=method, path=path, headers=told, **more), AT)
    assert no is None or no.message
    return no.code if no else None


def test_with_the_token_and_the_right_name_it_may_come_in() -> None:
    for host in (HOST, "localhost:4711", "LOCALHOST:4711", "[::1]:4711"):
        assert code(host=host) is None
    assert code(authorization=f"bearer  {TOKEN} ") is None
    assert code(origin=ORIGIN) is None
    assert code("POST", has_body=True, content_type="application/json; charset=utf-8") is None
    assert code(is_websocket=True) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "127.0.0.1:80",
        "evil.example:4711",
        "127.0.0.1:4711.evil.example",
        "evil.example",
        "127.0.0.1:4711 ",
        "127.0.0.1:04711",
        "user@127.0.0.1:4711",
        "0.0.0.0:4711",
        (HOST, HOST),
    ],
)
def test_another_name_is_refused_before_all_else(host: str | None) -> None:
    assert code(host=host, authorization=None, origin="https://evil.example") == "wrong-host"
    assert code(path="/", host=host) == "wrong-host"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        f"https://{HOST}",
        "http://127.0.0.1:1234",
        f"{ORIGIN}/",
        "http://localhost",
        (ORIGIN, ORIGIN),
    ],
)
def test_another_page_is_refused_also_with_the_token(origin: str) -> None:
    assert code(origin=origin) == "wrong-origin"
    assert code("POST", "/api/login", origin=origin, authorization=None) == "wrong-origin"
    assert code(origin=origin, is_websocket=True) == "wrong-origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", ("same-origin", "cross-site")])
def test_a_browser_that_says_who_asks_is_believed(site: str) -> None:
    assert code(sec_fetch_site=site) == "wrong-origin"
    assert code(path="/static/app.js", sec_fetch_site=site) == "wrong-origin"


def test_a_link_of_another_page_may_lead_to_ours() -> None:
    assert code(path="/", authorization=None, sec_fetch_site="cross-site") is None


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[1:]}",
        TOKEN,
        (BEARER, BEARER),
    ],
)
def test_without_the_token_nothing_is_told(given: str | None) -> None:
    assert code(authorization=given) == "not-allowed"
    assert code(authorization=given, is_websocket=True, path="/") == "not-allowed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/healthz"),
        ("GET", "/static/x"),
        ("POST", "/api/login"),
    ],
)
def test_few_ways_need_no_token(method: str, path: str) -> None:
    assert code(method, path, authorization=None) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/api/login"),
        ("DELETE", "/static/x"),
        ("GET", "/static"),
        ("GET", "//"),
        ("GET", "/healthz/"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("POST", "/mcp"),
    ],
)
def test_what_only_looks_like_them_does(method: str, path: str) -> None:
    assert code(method, path, authorization=None) == "not-allowed"


def page(method: str = "GET", **headers: Sent) -> str | None:
    """What our page is answered, which has the cookie and the key."""
    given = {"host": HOST, "cookie": COOKIE, "greenroom_page": KEY, **headers}
    return answered(given, method, "/api/sessions")


def page_socket(**headers: Sent) -> str | None:
    protocols = f"greenroom, greenroom.page.{KEY}"
    own = {"cookie": COOKIE, "sec_websocket_protocol": protocols, "origin": ORIGIN}
    return answered({"host": HOST, **own, **headers}, "GET", "/ws/app", is_websocket=True)


def test_cookie_and_key_of_a_page_let_it_read() -> None:
    assert page() is None
    assert page(cookie=f"other=1; {COOKIE}; more=2") is None
    assert page(cookie=("a=b", COOKIE)) is None


def test_a_cookie_that_another_port_added_does_not_lock_the_page_out() -> None:
    assert page(cookie=f"{AT.cookie}=x; {COOKIE}") is None
    assert page(cookie=(f"{AT.cookie}=x", COOKIE)) is None


def test_changes_and_sockets_need_an_origin_beside_them() -> None:
    for method in ("POST", "PATCH", "DELETE"):
        assert page(method) == "not-allowed"
        assert page(method, origin=ORIGIN) is None
    assert page_socket(origin=None) == "not-allowed"
    assert page_socket() is None


def test_who_has_the_cookie_alone_as_every_other_port_does_is_not_let_in() -> None:
    for method in ("GET", "POST"):
        assert page(method, origin=ORIGIN, greenroom_page=None) == "not-allowed"
        assert page(method, origin=ORIGIN, greenroom_page=AT.cookie_value) == "not-allowed"
        assert page(method, origin=ORIGIN, cookie=None) == "not-allowed"
    assert page_socket(sec_websocket_protocol=None) == "not-allowed"
    assert page_socket(sec_websocket_protocol="greenroom, greenroom.page.none") == "not-allowed"
    assert page_socket(sec_websocket_protocol=None, greenroom_page=KEY) == "not-allowed"
    assert page_socket(cookie=None) == "not-allowed"


@pytest.mark.parametrize(
    "cookie",
    [
        f"{AT.cookie}={TOKEN}",
        f"{AT.cookie}={KEY}",
        f"{AT.cookie}=",
        f"greenroom-other={AT.cookie_value}",
        "; ".join([f"{AT.cookie}=x"] * 30 + [COOKIE]),
    ],
)
def test_no_other_cookie_does(cookie: str) -> None:
    assert page(cookie=cookie) == "not-allowed"


def test_the_cookie_of_another_directory_or_token_is_another() -> None:
    other = doors("ffffffffffff", TOKEN, ("127.0.0.1",), 4711, "http")
    renewed = doors("0123456789ab", "b" * 64, ("127.0.0.1",), 4711, "http")
    all_of_them = (AT, other, renewed)
    made = [value for each in all_of_them for value in (each.cookie_value, each.page_key)]
    assert len(set(made)) == 6
    assert TOKEN not in made


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/jsonx",
        ("application/json", "text/plain"),
    ],
)
def test_a_body_is_json_or_none(kind: str | None) -> None:
    assert code("POST", has_body=True, content_type=kind) == "not-json"
    assert code("DELETE", has_body=True, content_type=kind) == "not-json"


def test_a_token_is_compared_whole() -> None:
    assert is_token(TOKEN, AT)
    for other in ("", TOKEN[:-1], TOKEN + "a", TOKEN.upper(), "\udcff", "é" * 64):
        assert not is_token(other, AT)


def test_with_tls_the_origin_is_of_https() -> None:
    at: Doors = doors("0123456789ab", TOKEN, ("box.lan",), 8443, "https")
    assert at.origins == {"https://box.lan:8443"}


def test_the_usual_port_is_left_out_as_browsers_do() -> None:
    at = doors("0123456789ab", TOKEN, ("box.lan",), 443, "https")
    assert at.hosts == {"box.lan"}
    assert at.origins == {"https://box.lan"}
