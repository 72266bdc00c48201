from datetime import timedelta
from typing import Any

import pytest

from actors.adapters.anthropic_errors import (
    Endpoint,
    key_missing,
    model_error,
    retry_after,
    status_error,
    without,
)
from tests.actors.adapters.conversation import NOW

HERE = Endpoint("http://here.test", "MY_KEY")


def refused(status: int, kind: str = "", said: str = "no", headers: Any = None) -> Any:
    body = {"type": "error", "error": {"type": kind, "message": said}}
    return status_error(status, body, headers or {}, HERE, NOW)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_may_be_asked_again(status: int) -> None:
    assert refused(status).retryable


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_stays_wrong_may_not(status: int) -> None:
    error = refused(status, said="because")
    assert not error.retryable
    assert "because" in str(error)


def test_a_refused_key_is_named_by_its_variable() -> None:
    for error in (refused(401), key_missing(HERE)):
        assert "MY_KEY" in str(error)
        assert "where the daemon is started, then: greenroom restart" in str(error)
    assert refused(401).code == "api-key-refused"


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [
        ("overloaded_error", True),
        ("rate_limit_error", True),
        ("api_error", True),
        ("something_new", True),
        ("invalid_request_error", False),
        ("authentication_error", False),
    ],
)
def test_inside_a_stream_the_type_tells(kind: str, retryable: bool) -> None:
    assert refused(200, kind).retryable is retryable


def test_the_server_has_the_last_word() -> None:
    assert not refused(429, headers={"x-should-retry": "false"}).retryable
    assert refused(400, headers={"x-should-retry": "true"}).retryable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:00 -0000"}, 60.0),
    ],
)
def test_when_to_come_back(headers: Any, seconds: Any) -> None:
    assert retry_after(headers, NOW) == seconds
    assert retry_after(headers, NOW + timedelta(days=9999)) in {seconds, 0.0}


LIMIT = "anthropic-ratelimit"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({f"{LIMIT}-tokens-reset": "2026-11-21T13:00:00Z"}, 3600.0),
        ({f"{LIMIT}-unified-reset": str(int(NOW.timestamp()) + 60)}, 60.0),
        (
            {
                f"{LIMIT}-requests-reset": "2026-11-22T12:00:00Z",
                f"{LIMIT}-requests-remaining": "3",
                f"{LIMIT}-input-tokens-reset": "2026-11-21T12:02:00+00:00",
                f"{LIMIT}-input-tokens-remaining": "0",
                f"{LIMIT}-output-tokens-reset": "2026-11-21T12:01:00",
                f"{LIMIT}-output-tokens-remaining": "0",
            },
            120.0,
        ),
        ({f"{LIMIT}-tokens-reset": "2026-11-21T11:00:00Z"}, 0.0),
        ({f"{LIMIT}-tokens-reset": "soon", f"{LIMIT}-unified-reset": "9" * 30}, None),
        ({f"{LIMIT}-tokens-reset": "2026-11-21T13:00:00Z", "retry-after": "7"}, 7.0),
    ],
)
def test_a_limit_that_is_used_up_says_when_it_ends(headers: Any, seconds: Any) -> None:
    assert refused(429, headers=headers).retry_after_seconds == seconds
    by_itself = None if "retry-after" not in headers else seconds
    assert refused(500, headers=headers).retry_after_seconds == by_itself


def test_a_key_that_is_repeated_is_not_quoted() -> None:
    error = without("sk-secret", refused(401, said="no sk-secret here"))
    assert "no [the key] here" in str(error)
    assert "sk-secret" not in repr(error)
    assert "no" in str(without(None, refused(401)))


@pytest.mark.parametrize("key", ["k", "no", "refused", "restarte"])
def test_what_is_no_key_is_left_as_it_stands(key: str) -> None:
    said = "kept, no, refused; restarted"
    assert str(without(key, refused(401, said=said))) == str(refused(401, said=said))


@pytest.mark.parametrize("around", ["Bearer {}", '"{}"', "key={}&", "_{}_", "{}"])
def test_a_key_is_found_beside_any_sign(around: str) -> None:
    error = without("sk-+secret$", refused(401, said=around.format("sk-+secret$")))
    assert f"It said: {around.format('[the key]')}" in str(error)


def test_a_body_of_any_shape_is_quoted_in_one_line() -> None:
    assert "It said: oh no" in str(status_error(500, "oh\n  no", {}, HERE, NOW))
    assert "It said: nothing" in str(status_error(500, None, {}, HERE, NOW))
    assert len(str(status_error(500, "x" * 10_000, {}, HERE, NOW))) < 1000


def test_an_error_that_nobody_foresaw_is_not_asked_again() -> None:
    error = model_error(ZeroDivisionError(), HERE, NOW)
    assert not error.retryable
    assert "ZeroDivisionError" in str(error)


def test_half_a_surrogate_pair_is_not_quoted() -> None:
    assert str(refused(500, said="a\ud800b")).endswith("a\ufffdb")
    assert "\ufffd" in str(model_error(ValueError("\ud800"), HERE, NOW))
