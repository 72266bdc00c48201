"""A message out of an HTTP request: what its path, its query and its body say, and nothing else.

`GET` and `DELETE` have a query, `POST` and `PATCH` a body, each with the fields of the message;
what the path says already need not be said again, and may not be said otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, inspect
from starlette.requests import Request

from actors.http.front import Front
from storage import strict_json
from storage.errors import FileRefused
from storage.records import request as r

WITH_BODY = frozenset({"POST", "PATCH"})
_PARAMETER = re.compile(r"\{(\w+)\}")
_FRACTION = re.compile(rb"[0-9][.eE]")
_EXACT = 2**53
_OWN_THREAD_BYTES = 1 << 14
"""A body that is larger is read outside the loop."""


class Refused(Exception):
    """`refusal`: what is wrong with the request; `line`: of its body, from 1.

    `status`: 400, or 422 for what has the right form and cannot be meant.
    """

    def __init__(
        self, message: str, path: str | None = None, line: int | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.refusal = r.Refusal(code="bad-request", message=message, path=path)
        self.line = line
        self.status = status


class Asked(Struct, frozen=True):
    """`message`: as the gateway takes it; `body`: what was sent; `others`: of the query, what is
    not the message's.
    """

    message: dict[str, Any]
    body: bytes
    others: Mapping[str, str]


def path_fields(path: str) -> tuple[str, ...]:
    """The names in a path such as `/api/sessions/{session}`."""
    return tuple(_PARAMETER.findall(path))


def query_fields(kind: type[r.RequestBase], path: str) -> dict[str, inspect.Field]:
    """By name, what of a message stands in the query."""
    known: Any = inspect.type_info(kind)
    apart = {"id", *path_fields(path)}
    return {each.encode_name: each for each in known.fields if each.encode_name not in apart}


async def asked_of(
    front: Front, request: Request, kind: type[r.RequestBase], path: str, others: Iterable[str] = ()
) -> Asked:
    """What `request` asks for. Refused."""
    body = await request.body()
    fields: dict[str, Any] = dict(request.path_params)
    if request.method in WITH_BODY:
        query = query_of(request, frozenset())
        _add(fields, await _said(front, body) if body else {}, r.type_of_class(kind), body)
        return Asked({**fields, "type": r.type_of_class(kind)}, body, query)
    if body:
        raise Refused(f"{request.method} takes no body; what it needs stands in the query")
    known = query_fields(kind, path)
    query = query_of(request, {*known, *others})
    fields |= {name: _value(name, query[name], known[name].type) for name in known if name in query}
    rest = {name: text for name, text in query.items() if name not in known}
    return Asked({**fields, "type": r.type_of_class(kind)}, b"", rest)


def query_of(request: Request, known: Iterable[str]) -> dict[str, str]:
    """The query, each parameter once. Refused for one that is not known."""
    found = request.query_params.multi_items()
    names = [name for name, _ in found]
    for name in names:
        if name not in known:
            shown = ", ".join(sorted(known)) or "none"
            raise Refused(f"there is no query parameter {name!r} here; those are: {shown}")
        if names.count(name) > 1:
            raise Refused(f"the query parameter {name} stands there twice")
    return dict(found)


def _value(name: str, text: str, kind: inspect.Type) -> Any:
    """Text where the field takes text, else what it is as JSON."""
    if _takes_text(kind):
        return text
    try:
        value = _parsed(text.encode("utf-8", "surrogateescape"))
    except FileRefused:
        value = None
    if value is None or text != text.strip() or isinstance(value, str | list | dict):
        raise Refused(f"the query parameter {name} cannot be {text!r}", f"$.{name}")
    return value


def _takes_text(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(map(_takes_text, kind.types))
    is_word = isinstance(kind, inspect.LiteralType) and isinstance(kind.values[0], str)
    return isinstance(kind, inspect.StrType) or is_word


async def _said(front: Front, body: bytes) -> Any:
    try:
        if len(body) > _OWN_THREAD_BYTES:
            return await front.in_pool(_parsed, body)
        return _parsed(body)
    except FileRefused as error:
        at = f"line {error.line}: " if error.line else ""
        raise Refused(f"the body is no JSON: {at}{error}", "$", error.line) from None


def _parsed(body: bytes) -> Any:
    value = strict_json.parse(body)
    return _with_whole_numbers(value) if _FRACTION.search(body) else value


def _with_whole_numbers(value: Any) -> Any:
    """A number without a fraction is a whole one, however it is written: so JSON Schema has it."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return int(value) if is_whole else value


def _add(fields: dict[str, Any], said: Any, kind: str, body: bytes) -> None:
    """What the body says to what the path says."""
    if not isinstance(said, dict):
        raise Refused("the body must be a JSON object with the fields of the request", "$", 1)
    for name, value in {**fields, "type": kind}.items():
        if name in said and said[name] != value:
            line = strict_json.line_of(body, f"$.{name}")
            text = f"the body says another {name} than the path, which means {value!r}"
            raise Refused(f"{text}; leave it out", f"$.{name}", line)
    fields |= said
