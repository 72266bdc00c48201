"""The page: `/`, and what it loads below `/static/`.

What is served stands in a table that is made once from the files of `actors/page/`; a path from
outside is only looked up in it. All files lie below a name made of their content, so a browser may
keep them for ever and never mixes two versions.
"""

import hashlib
from functools import cache
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from actors.http.front import Front
from actors.http.problem import problem
from actors.http.route_table import AnyRow, Row

PAGE = Path(__file__).parents[1] / "page"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_TERMINAL = "vendor/xterm.js"
_FOR_EVER = "public, max-age=31536000, immutable"


class Asset(Struct, frozen=True):
    body: bytes
    media_type: str


class Page(Struct, frozen=True):
    """`assets`: by the path below `/static/`; `version` is of everything together."""

    index: bytes
    version: str
    assets: dict[str, Asset]


@cache
def page() -> Page:
    """Reads some dozens of small files, once."""
    return made(PAGE)


def made(directory: Path) -> Page:
    files = {
        path.relative_to(directory).as_posix(): Asset(path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(directory.rglob("*"))
        if path.suffix in _KINDS and path.is_file()
    }
    index = (directory / "index.html").read_bytes()
    digest = hashlib.sha256(index)
    for name, asset in files.items():
        digest.update(b"\0".join((name.encode(), hashlib.sha256(asset.body).digest())))
    version = digest.hexdigest()[:16]
    index = index.replace(b"{assets}", f"/static/{version}".encode())
    index = index.replace(b"{terminal}", b"xterm" if _TERMINAL in files else b"text")
    assets = {f"{version}/{name}": asset for name, asset in files.items()}
    return Page(index, version, assets)


async def index(_: Front, request: Request) -> Response:
    found = page()
    etag = f'"{found.version}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.index, headers=headers, media_type="text/html; charset=utf-8")


async def static(_: Front, request: Request) -> Response:
    asset = page().assets.get(request.path_params["name"])
    if asset is None:
        return problem(404, "route-not-found", "the page has no such file; load the page anew")
    return Response(asset.body, headers={"Cache-Control": _FOR_EVER}, media_type=asset.media_type)


async def favicon(_: Front, __: Request) -> Response:
    found = page()
    icon = found.assets[f"{found.version}/icon.svg"]
    return Response(icon.body, media_type=icon.media_type)


ROWS: tuple[AnyRow, ...] = (
    Row(method="GET", path="/", answer=index, summary="The page"),
    Row(method="GET", path="/favicon.ico", answer=favicon, summary="The page's icon"),
    Row(method="GET", path="/static/{name:path}", answer=static, summary="What the page loads"),
)
