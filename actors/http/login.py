"""`POST /api/login`: the page trades the token, which it got in its address, for a cookie."""

from starlette.requests import Request
from starlette.responses import Response

from actors.decisions.http_gate import LOGIN, is_token
from actors.http.front import Front
from actors.http.problem import problem
from actors.http.route_table import AnyRow, Row
from storage import codec, strict_json
from storage.errors import FileRefused


async def login(front: Front, request: Request) -> Response:
    try:
        said = strict_json.parse(await request.body())
    except FileRefused as error:
        return problem(400, "bad-request", str(error))
    token = said.get("token") if isinstance(said, dict) else None
    if not isinstance(token, str) or not is_token(token, front.doors):
        text = "that is not the token of this greenroom; take the address that greenroom open gives"
        return problem(401, "not-allowed", text)
    told = codec.encode({"key": front.doors.page_key})
    response = Response(told, media_type="application/json")
    response.set_cookie(
        front.doors.cookie,
        front.doors.cookie_value,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
        max_age=400 * 86_400,
    )
    return response


_KEY = {
    "type": "object",
    "properties": {"key": {"type": "string"}},
    "required": ["key"],
    "additionalProperties": False,
}
_BODY = {
    "type": "object",
    "properties": {"token": {"type": "string"}},
    "required": ["token"],
}

ROWS: tuple[AnyRow, ...] = (
    Row(
        method="POST",
        path=LOGIN,
        answer=login,
        summary="Trade the token for a page's cookie",
        document={
            "security": [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
            "responses": {
                "200": {
                    "description": "The cookie is set; with it each request needs the key",
                    "content": {"application/json": {"schema": _KEY}},
                }
            },
        },
    ),
)
