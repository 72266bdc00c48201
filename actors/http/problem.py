"""Errors as RFC 9457 problem details, with our own code in them, and the status of each code."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from storage import codec
from storage.records.request import Refusal

MEDIA_TYPE = "application/problem+json"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every answer, whoever gives it: what a browser may do with it."""


def problem(
    status: int,
    code: str,
    message: str,
    *,
    path: str | None = None,
    line: int | None = None,
    data: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`path`: which part of the body is meant, as `$.field`, and `line` where it stands, from 1;
    `data`: as in an answer.
    """
    told: dict[str, Any] = {
        "type": f"urn:greenroom:{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": message,
        "code": code,
    }
    more = {"path": path, "line": line, "data": data}
    told |= {name: value for name, value in more.items() if value is not None}
    own = dict(headers or {})
    seconds = RETRY_SECONDS.get(code, _LIMIT_SECONDS if status == 429 else None)
    if seconds is not None:
        own["Retry-After"] = str(seconds)
    return Response(codec.encode(told), status, own, media_type=MEDIA_TYPE)


def of_refusal(refusal: Refusal, line: int | None = None, status: int | None = None) -> Response:
    """`status`: another than that of its code."""
    return problem(
        status or status_of(refusal.code),
        refusal.code,
        _with_next(refusal),
        path=refusal.path,
        line=line,
        data=refusal.data,
    )


def _with_next(refusal: Refusal) -> str:
    """Its text, which other ways in have too, with what can be asked here if it says nothing."""
    following = NEXT.get(refusal.code)
    if following is None or "see: greenroom" in refusal.message:
        return refusal.message
    return f"{refusal.message}; {following}"


def status_of(code: str) -> int:
    return STATUSES.get(code, 409)


_BY_STATUS: Mapping[int, str] = {
    400: "bad-request unknown-type",
    403: "out-of-reach",
    404: (
        "session-not-found worker-not-found workspace-not-found message-not-found agent-not-found"
        " response-not-found permission-not-found timer-not-found number-not-found epoch-not-found"
        " output-unavailable"
    ),
    410: "session-deleted",
    413: "too-large",
    422: (
        "bad-location not-a-repository no-commits bad-branch bad-base bad-file bad-option"
        " not-in-git read-only-field key-conflict bad-image"
    ),
    429: "rate-limited usage-limit too-many-connections too-many-images too-many-sessions too-slow",
    500: "internal-error storage-failed context-failed",
    501: "not-available",
    502: "provider-error api-key-missing api-key-refused model-unknown connection-lost git-failed",
    503: (
        "starting interrupted overloaded provider-unavailable host-unreachable host-not-answering"
        " host-too-old git-missing tools-unavailable"
    ),
    507: "storage-full",
}

STATUSES: Mapping[str, int] = {
    code: status for status, codes in _BY_STATUS.items() for code in codes.split()
}
"""Where another than 409, a conflict with how things are, says it better."""

NEXT: Mapping[str, str] = {"session-not-found": "GET /api/sessions lists what there is"}

RETRY_SECONDS: Mapping[str, int] = {
    "starting": 1,
    "interrupted": 1,
    "too-slow": 1,
    "host-not-answering": 5,
    "host-unreachable": 5,
    "too-many-connections": 5,
    "overloaded": 30,
    "provider-unavailable": 30,
    "usage-limit": 3600,
}
"""After how long it is worth asking again, where time may mend it."""
_LIMIT_SECONDS = 60
"""At any other limit, whose 429 always says when."""
