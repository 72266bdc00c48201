"""`/api/docs`: a page of ours that shows `/openapi.json`, for people; without code of others."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from actors.http.front import Front
from actors.http.route_table import AnyRow, Row

_DIRECTORY = Path(__file__).parent / "docs_files"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def _file(name: str) -> Callable[[Front, Request], Awaitable[Response]]:
    path = _DIRECTORY / name

    async def answer(front: Front, _: Request) -> Response:
        return Response(await front.in_pool(path.read_bytes), media_type=_TYPES[path.suffix])

    return answer


def _row(path: str, name: str, summary: str) -> AnyRow:
    kind = _TYPES[Path(name).suffix]
    content = {kind: {"schema": {"type": "string"}}}
    told = {"responses": {"200": {"description": "Done", "content": content}}}
    return Row(method="GET", path=path, answer=_file(name), summary=summary, document=told)


ROWS: tuple[AnyRow, ...] = (
    _row("/api/docs", "docs.html", "This document, for people"),
    _row("/api/docs/docs.js", "docs.js", "What that page runs"),
    _row("/api/docs/docs.css", "docs.css", "How that page looks"),
)
