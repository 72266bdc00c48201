"""How a message is asked over HTTP and answered: what all routes of `rest.py` have in common."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from actors import gateway
from actors.http import idempotency, paging
from actors.http.asking import Refused, asked_of, path_fields
from actors.http.front import Front
from actors.http.paging import Listed
from actors.http.problem import of_refusal
from actors.http.route_table import Row
from storage import codec, strict_json
from storage.records import request as r

KINDS: Mapping[str, type[r.RequestBase]] = {r.type_of_class(kind): kind for kind in r.REQUEST_TYPES}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {"request": {"wait": False}}
"""By type of message, what a field is over HTTP when it is left out, where that is another."""


class RestRow(Row, frozen=True, kw_only=True):
    """A route that asks a message. `request` is its type, `status` that of its success, `place` the
    path of what it makes, with fields of the data or of the message; `listed`: the list in its data
    that can be had by pages.
    """

    status: int = 200
    place: str | None = None
    listed: Listed | None = None


def rest_row(
    method: Literal["GET", "POST", "PATCH", "DELETE"],
    path: str,
    kind: str,
    summary: str,
    *,
    status: int = 200,
    place: str | None = None,
    listed: Listed | None = None,
) -> RestRow:
    async def answer(front: Front, request: Request) -> Response:
        return await _answered(row, front, request)

    row = RestRow(
        method=method,
        path=path,
        answer=answer,
        summary=summary,
        request=kind,
        status=status,
        place=place,
        listed=listed,
    )
    return row


async def _answered(row: RestRow, front: Front, request: Request) -> Response:
    assert row.request is not None
    kind = KINDS[row.request]
    pages = paging.PARAMETERS if row.listed else ()
    try:
        key = idempotency.key_of(request)
        asked = await asked_of(front, request, kind, row.path, pages)
        message = {**DEFAULTS.get(row.request, {}), **asked.message}
        _require_form(message, asked.body)
        answer = await _ask(front, message, key)
        if answer.error is not None:
            return _problem(answer.error, asked.body)
        if _is_nothing(answer.data):
            return of_refusal(_absent(message))
        data = paging.page(answer.data, row.listed, asked.others) if row.listed else answer.data
    except Refused as error:
        return of_refusal(error.refusal, error.line, error.status)
    headers = _headers(row, message, answer)
    status = 200 if message.get("wait") and row.status == 202 else row.status
    content = await _encoded(front, request.method, data)
    return Response(content, status, headers, media_type="application/json")


async def _ask(front: Front, message: dict[str, Any], key: str | None) -> r.Answer:
    if key is None:
        return await front.ask(message)
    return await idempotency.ask_once(front, message, key)


async def _encoded(front: Front, method: str, data: Any) -> bytes:
    """What was looked up may be large; what was done is not."""
    if method == "GET":
        with suppress(RuntimeError):  # the recorder is away for a moment
            return await front.in_pool(codec.encode, data)
    return codec.encode(data)


def _require_form(message: dict[str, Any], body: bytes) -> None:
    """Refused, if it is no request at all."""
    parsed = gateway.parse(message)
    if isinstance(parsed, r.Answer) and parsed.error is not None:
        raise Refused(parsed.error.message, parsed.error.path, _line(body, parsed.error.path))


def _problem(error: r.Refusal, body: bytes) -> Response:
    """What is refused from here on had the form of a request."""
    status = 422 if error.code == "bad-request" else None
    return of_refusal(error, _line(body, error.path), status)


def _line(body: bytes, path: str | None) -> int | None:
    return strict_json.line_of(body, path) if body and path else None


def _is_nothing(data: Any) -> bool:
    """There was none to be had, or to be deleted."""
    return data is None or (isinstance(data, Mapping) and data.get("deleted") is False)


def _absent(message: Mapping[str, Any]) -> r.Refusal:
    if "worker" in message:
        text = f"there is no worker {message['worker']} in session {message.get('session')}"
        return r.Refusal(code="worker-not-found", message=text)
    text = f"Session not found with ID: {message.get('session')}"
    return r.Refusal(code="session-not-found", message=text)


def _headers(row: RestRow, message: Mapping[str, Any], answer: r.Answer) -> dict[str, str]:
    headers = {}
    if row.place is not None:
        said = {name: message[name] for name in path_fields(row.path)}
        made = codec.builtins(answer.data)
        names = path_fields(row.place)
        filled = {name: quote(str({**made, **said}[name]), safe="") for name in names}
        headers["Location"] = row.place.format(**filled)
    if answer.not_durable:
        headers["Greenroom-Not-Durable"] = "true"
    return headers
