"""`/healthz`: whether greenroom answers. It says nothing else, for it needs no token."""

from starlette.requests import Request
from starlette.responses import Response

from actors.http.front import Front
from actors.http.route_table import AnyRow, Row
from storage import codec


async def healthz(front: Front, _: Request) -> Response:
    is_well = not front.around.health.problem
    told = {"status": "ok" if is_well else "degraded"}
    return Response(codec.encode(told), 200 if is_well else 503, media_type="application/json")


ROWS: tuple[AnyRow, ...] = (
    Row(
        method="GET",
        path="/healthz",
        answer=healthz,
        summary="Whether greenroom answers",
        document={
            "security": [],
            "responses": {
                str(status): {"description": text, "content": {"application/json": {}}}
                for status, text in ((200, "It does"), (503, "The disk refuses changes"))
            },
        },
    ),
)
