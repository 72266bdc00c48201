"""What the SDK and its transport raise, as ModelErrors: may it pass, when, and what to do.

Errors are told apart by their `type` and status, not by class: after a 200 the SDK raises the
plainest of them. The header `x-should-retry` has the last word.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from actors.adapters.anthropic_turn import MalformedStreamError, well_formed
from actors.ports import ModelError

QUOTED_CHARACTERS = 500
KEY_CHARACTERS = 8
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_RESET = re.compile(r"(anthropic-ratelimit-.+)-reset")
_RETRYABLE = {408, 409, 429}
_NAMED = {
    408: "The provider ran out of time",
    429: "The provider limits the rate",
    529: "The provider is overloaded",
}


class Endpoint(NamedTuple):
    """Where the requests go, with whose key: for the sentences that say what to do."""

    url: str
    key_variable: str


def key_missing(endpoint: Endpoint) -> ModelError:
    return ModelError(
        f"No API key: the environment variable {endpoint.key_variable} is not set. Set it where the"
        " daemon is started, then: greenroom restart; or name another one in workspace.json"
        " (models.providers.anthropic.api_key_env).",
        code="api-key-missing",
    )


def status_error(
    status: int, body: Any, headers: Mapping[str, str], endpoint: Endpoint, now: datetime
) -> ModelError:
    """An answer that is an error: by HTTP status, or inside a stream that began with 200."""
    kind, said = _said(body)
    if status < 400:
        status = _STATUS_OF_TYPE.get(kind, 500)
    retryable = status in _RETRYABLE or status >= 500
    after = retry_after(headers, now)
    if after is None and status == 429:
        after = until_reset(headers, now)
    advised = headers.get("x-should-retry")
    if advised in {"true", "false"}:
        retryable = advised == "true"
    return ModelError(
        f"{_sentence(status, endpoint)} It said: {said or 'nothing'}",
        code=_code(status),
        retryable=retryable,
        retry_after_seconds=after,
    )


def model_error(error: Exception, endpoint: Endpoint, now: datetime) -> ModelError:
    """Any exception of a call as a ModelError; one that is none of the known is not retryable."""
    import anthropic
    import httpx2

    if isinstance(error, ModelError):
        return error
    if isinstance(error, anthropic.APIStatusError):
        headers = error.response.headers
        return status_error(error.status_code, error.body, headers, endpoint, now)
    if isinstance(error, anthropic.APIConnectionError):
        cause = error.__cause__ or error
        return _unreachable(f"No connection to {endpoint.url}: {_reason(cause)}.")
    if isinstance(error, httpx2.TimeoutException):
        return _unreachable(f"{endpoint.url} went silent in the middle of its answer.")
    if isinstance(error, httpx2.HTTPError):
        return _unreachable(f"The connection to {endpoint.url} broke off: {_reason(error)}.")
    return _not_understood(error, endpoint)


def without(key: str | None, error: ModelError) -> ModelError:
    """The error, not quoting the key if whoever was asked has repeated it.

    A shorter one than `KEY_CHARACTERS` opens nothing, and may be part of any word.
    """
    if key and len(key) >= KEY_CHARACTERS:
        alone = re.compile(rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])")
        error.args = tuple(alone.sub("[the key]", str(said)) for said in error.args)
    return error


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from `retry-after-ms`, or from `retry-after` as seconds or as a date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", value):
            return float(value) * unit
    try:
        due = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (due - now).total_seconds())


def until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to the latest `anthropic-ratelimit-<what>-reset` of what is used up."""
    resets = [
        _time(value)
        for name, value in headers.items()
        if (found := _RESET.fullmatch(name.lower()))
        and headers.get(f"{found[1]}-remaining", "0") in {"0", "0.0"}
    ]
    due = max((reset for reset in resets if reset), default=None)
    return None if due is None else max(0.0, (due - now).total_seconds())


def _time(text: str) -> datetime | None:
    """RFC 3339, or seconds since 1970."""
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _said(body: Any) -> tuple[str, str]:
    """The error's type and message from `{"error": {"type", "message"}}`, or the body's text."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return str(error.get("type")), well_formed(str(error.get("message")))[:QUOTED_CHARACTERS]
    return "", " ".join(well_formed(str(body or "")).split())[:QUOTED_CHARACTERS]


def _sentence(status: int, endpoint: Endpoint) -> str:
    if status == 401:
        return (
            f"The API key in {endpoint.key_variable} was refused by {endpoint.url}: correct it"
            " where the daemon is started, then: greenroom restart."
        )
    if status == 402:
        return "The provider wants to be paid first: see the account's billing page."
    if status == 403:
        return f"The API key in {endpoint.key_variable} may not do this: use another key or model."
    if status == 404:
        return f"{endpoint.url} does not know this model or address: check model and base_url."
    if status == 413:
        return "The request is too large: shorten the conversation or its files."
    if status in _NAMED:
        return f"{_NAMED[status]} ({status})."
    if status >= 500:
        return f"The provider failed ({status})."
    return f"The provider refused the request ({status}): correct the session's configuration."


def _code(status: int) -> str:
    named = {
        401: "api-key-refused",
        403: "api-key-refused",
        404: "model-unknown",
        429: "rate-limited",
        529: "overloaded",
    }
    return named.get(status, "bad-request" if status < 500 and status != 408 else "provider-error")


def _unreachable(message: str) -> ModelError:
    return ModelError(f"{message} Is it up, and is base_url right?", retryable=True)


def _not_understood(error: Exception, endpoint: Endpoint) -> ModelError:
    broken = isinstance(error, MalformedStreamError | ValueError | AssertionError | IndexError)
    return ModelError(
        f"The answer of {endpoint.url} cannot be used: {_reason(error)}."
        " If this goes on: does base_url point at a server of the Messages API?",
        retryable=broken,
    )


def _reason(error: BaseException) -> str:
    text = " ".join(well_formed(str(error)).split())[:QUOTED_CHARACTERS].rstrip(".")
    return text or type(error).__name__
