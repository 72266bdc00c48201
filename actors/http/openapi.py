"""`/openapi.json`: what can be asked over HTTP, made from the rows and the types of messages.

A row that asks no message says itself what it takes and gives (`Row.document`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors.http import idempotency, problem
from actors.http.asking import WITH_BODY, path_fields, query_fields
from actors.http.calls import KINDS, RestRow
from actors.http.examples import EXAMPLES
from actors.http.front import Front
from actors.http.links import links, operation_id
from actors.http.paging import MOST
from actors.http.route_table import AnyRow, Row
from actors.http.schemas import Schemas, without_null
from actors.status import version
from storage import codec

_ABOUT = (
    "Everything that greenroom does, for programs. Errors are problem details (RFC 9457) with a"
    " code of docs/protocol.md. See docs/http.md."
)
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` stays as it is, `detail` says what to do next.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "path": {"type": "string"},
        "line": {"type": "integer"},
        "data": {},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
_REFUSED = {"$ref": "#/components/responses/Problem"}
_PAGES = (
    {
        "name": "limit",
        "in": "query",
        "description": "So many at most; what is left follows behind next_cursor",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "The next_cursor of the page before",
        "schema": {"type": "string"},
    },
)
_KEY = {
    "name": idempotency.HEADER,
    "in": "header",
    "description": "Under a key it is done once, and answered the same for 30 days",
    "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"},
}


def document(rows: Iterable[AnyRow]) -> dict[str, Any]:
    """The whole document, as dicts and lists."""
    from actors.http.answer_shapes import SHAPES

    shown = [row for row in rows if isinstance(row, Row) and _is_shown(row)]
    asking = [row for row in shown if isinstance(row, RestRow)]
    schemas = Schemas((row.request or "" for row in asking), SHAPES)
    paths: dict[str, Any] = {}
    for row in shown:
        path = re.sub(r":\w+}", "}", row.path)
        paths.setdefault(path, {})[row.method.lower()] = _operation(row, schemas, asking)
    return {
        "openapi": "3.1.0",
        "info": {"title": "greenroom", "version": version(), "description": _ABOUT},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": _content("It says why not", _PROBLEM, problem.MEDIA_TYPE)},
            "schemas": schemas.named,
        },
    }


def _is_shown(row: Row) -> bool:
    return row.path.startswith("/api/") or bool(row.document)


def _operation(row: Row, schemas: Schemas, rows: list[RestRow]) -> dict[str, Any]:
    common: dict[str, Any] = {
        "operationId": operation_id(row),
        "summary": row.summary,
        "responses": {"4XX": _REFUSED, "5XX": _REFUSED},
    }
    own = _asking(row, schemas, rows) if isinstance(row, RestRow) else dict(row.document)
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in path_fields(re.sub(r":\w+}", "}", row.path))
        if not isinstance(row, RestRow)
    ]
    own["parameters"] = [*named, *own.get("parameters", ())]
    own["responses"] = {**own.get("responses", {}), **common["responses"]}
    return {**common, **own}


def _asking(row: RestRow, schemas: Schemas, rows: list[RestRow]) -> dict[str, Any]:
    kind = row.request
    assert kind is not None
    success = _content("Done", schemas.answer(kind), "application/json")
    if row.place is not None:
        success["headers"] = {"Location": {"schema": {"type": "string"}}}
        success["links"] = links(row, row.place, rows)
    told: dict[str, Any] = {
        "description": schemas.about(kind),
        "parameters": [*_in_path(row, schemas), *_in_query(row, schemas)],
        "responses": {str(row.status): success},
    }
    if row.status == 202:
        told["responses"]["200"] = success
    if row.method in WITH_BODY:
        told["requestBody"] = _body(row, kind, schemas)
    if row.method == "POST":
        told["parameters"].append(_KEY)
    return told


def _in_path(row: RestRow, schemas: Schemas) -> list[dict[str, Any]]:
    fields = schemas.fields(row.request or "")
    return [
        {"name": name, "in": "path", "required": True, "schema": without_null(fields[name])}
        for name in path_fields(row.path)
    ]


def _in_query(row: RestRow, schemas: Schemas) -> list[dict[str, Any]]:
    if row.method in WITH_BODY:
        return []
    kind = row.request or ""
    fields, needed = schemas.fields(kind), schemas.required(kind, row.path)
    own = [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "schema": without_null(fields[name]),
        }
        for name in query_fields(KINDS[kind], row.path)
        if name != "type"
    ]
    return [*own, *(_PAGES if row.listed else ())]


def _body(row: RestRow, kind: str, schemas: Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {"schema": schemas.body(kind, row.path)}
    if kind in EXAMPLES:
        told["examples"] = {kind: {"value": EXAMPLES[kind]}}
    is_needed = bool(schemas.required(kind, row.path))
    return {"required": is_needed, "content": {"application/json": told}}


def _content(about: str, schema: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    return {"description": about, "content": {media_type: {"schema": schema}}}


async def openapi(front: Front, request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "document"):
        state.document = await front.in_pool(lambda: codec.encode(document(state.rows)))
    return Response(state.document, media_type="application/json")


ROWS: tuple[AnyRow, ...] = (
    Row(
        method="GET",
        path="/openapi.json",
        answer=openapi,
        summary="This document",
        document={"responses": {"200": _content("Done", {"type": "object"}, "application/json")}},
    ),
)
