"""The OpenAPI document: of every route, of the messages themselves, with examples that hold."""

import re
from typing import Any

import pytest

from actors import gateway
from actors.http.answer_shapes import SHAPES
from actors.http.app import ROWS
from actors.http.asking import path_fields
from actors.http.calls import KINDS, RestRow
from actors.http.examples import EXAMPLES
from actors.http.openapi import document
from actors.http.route_table import Row
from storage import codec, typed
from tests.fakes.event_streams import client
from tests.fakes.greenroom import House

DOCUMENT = document(ROWS)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_below_api_is_in_it() -> None:
    found = {(method.upper(), path) for method, path, _ in operations()}
    routes = [row for row in ROWS if isinstance(row, Row)]
    wanted = {(row.method, row.path) for row in routes if row.path.startswith("/api/")}
    assert found >= wanted
    assert found - wanted == {("GET", "/healthz"), ("GET", "/metrics"), ("GET", "/openapi.json")}


def test_every_reference_leads_somewhere_and_every_name_is_there_once() -> None:
    text = codec.encode(DOCUMENT).decode()
    for section, name in re.findall(r'"#/components/(\w+)/(\w+)"', text):
        assert name in DOCUMENT["components"][section]
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_what_needs_no_token_says_so() -> None:
    is_open = {path for _, path, operation in operations() if operation.get("security") == []}
    assert is_open == {"/healthz", "/api/login"}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_example_is_a_request(kind: str) -> None:
    (row,) = [each for each in ROWS if isinstance(each, RestRow) and each.request == kind]
    said = dict.fromkeys(path_fields(row.path), "here")
    parsed = gateway.parse({**EXAMPLES[kind], **said, "type": kind})
    assert isinstance(parsed, KINDS[kind]), parsed


def test_every_body_that_needs_something_has_an_example() -> None:
    for _, path, operation in operations():
        body = operation.get("requestBody", {})
        if body.get("required") and path != "/api/login":
            assert body["content"]["application/json"]["examples"], path


def test_answers_have_the_shapes_that_it_tells(open_greenroom: House) -> None:
    open_greenroom.converse([{"reply": [{"text": "yes"}]}])
    session, worker = open_greenroom.shell()
    talk = open_greenroom.create(config={})["id"]
    response = open_greenroom.get("request", session=talk, content="hello")["response_id"]
    known = {"session": talk, "worker": worker, "response_id": response}
    asked = 0
    with client(open_greenroom) as http:
        for row in (each for each in ROWS if isinstance(each, RestRow)):
            if row.method != "GET" or row.request == "get-diff":
                continue
            names = {**known, "session": session} if "{worker}" in row.path else known
            answer = http.get(row.path.format(**names))
            assert answer.status_code == 200, (row.path, answer.text)
            typed.json_decoder(SHAPES[row.request or ""][0]).decode(answer.content)
            asked += 1
    assert asked > 15


def test_logging_in_answers_as_it_tells(open_greenroom: House) -> None:
    told = codec.builtins(DOCUMENT)["paths"]["/api/login"]["post"]["responses"]
    with client(open_greenroom) as http:
        token = http.headers["Authorization"].removeprefix("Bearer ")
        answer = http.post("/api/login", json={"token": token})
    schema = told[str(answer.status_code)]["content"]["application/json"]["schema"]
    assert answer.json().keys() == set(schema["required"])


def test_it_is_served_and_so_is_the_page_that_shows_it(open_greenroom: House) -> None:
    with client(open_greenroom) as http:
        assert http.get("/openapi.json").json() == codec.builtins(DOCUMENT)
        page = http.get("/api/docs")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        named = re.findall(r'(?:src|href)="(/api/docs/[^"]+)"', page.text)
        assert len(named) == 2
        for path in named:
            assert http.get(path).status_code == 200
        assert "<script>" not in page.text
        del http.headers["Authorization"]
        assert http.get("/openapi.json").status_code == 401
