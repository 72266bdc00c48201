"""schemathesis reads our OpenAPI document and asks the real server whatever it can think of.

It finds nothing: no status and no shape that is not in the document, nothing accepted that it
forbids, nothing refused that it allows, no server error, no way in without the token.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.event_streams import client
from tests.fakes.greenroom import House

SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "404", "409", "422", "502", "503"]

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503"]

[phases.coverage]
unexpected-methods = ["PUT"]
"""
ENDLESS = r"^/api/events$"


@pytest.fixture
def poor_greenroom(tmp_path: Path) -> Iterator[House]:
    """No program is on the PATH, so that nothing happens by what is asked at random."""
    running = House(tmp_path, fronts=True)
    running.environ["PATH"] = str(tmp_path)
    try:
        running.converse([{"reply": [{"text": "yes"}]}])
        yield running.start()
    finally:
        running.close()


def document(house: House) -> dict[str, Any]:
    """As it is served, but only one route takes a key: of the same few keys others would be told
    again and again that they belong to another request.
    """
    with client(house) as http:
        found: dict[str, Any] = http.get("/openapi.json").json()
    for name, path in found["paths"].items():
        for operation in path.values():
            if name != "/api/sessions/{session}/pause":
                operation["parameters"] = [
                    each for each in operation["parameters"] if each["name"] != "Idempotency-Key"
                ]
    return found


def settings_for(house: House) -> str:
    """It is told a directory and some ids that there are, and uses them as often as anything."""
    session, worker = house.shell()
    talk = house.create(config={})
    response = house.get("request", session=talk["id"], content="hello")["response_id"]
    known = {
        "path.session": [session, talk["id"]],
        "path.worker": [worker, talk["workers"][0]["id"]],
        "path.response_id": [response],
        "body.location_path": [str(house.place)],
    }
    lines = [SETTINGS]
    for number, values in enumerate(known.values()):
        lines.append(f"[dictionaries.known{number}]\nvalues = {json.dumps(values)}")
    lines.append("[parameters]")
    for number, name in enumerate(known):
        lines.append(f'"{name}" = {{dictionary = "known{number}", probability = 0.7}}')
    return "\n".join(lines)


def test_it_finds_nothing(poor_greenroom: House, tmp_path: Path) -> None:
    path, settings = tmp_path / "openapi.json", tmp_path / "settings.toml"
    path.write_text(json.dumps(document(poor_greenroom)))
    settings.write_text(settings_for(poor_greenroom))
    token = poor_greenroom.data.token.read_text().strip()
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={settings}", "run"]
    options = [
        f"--url={poor_greenroom.room.around.http.url}",
        f"--header=Authorization: Bearer {token}",
        "--checks=all",
        "--max-examples=2",
        "--seed=1",
        f"--exclude-path-regex={ENDLESS}",
        "--no-color",
    ]
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*command, str(path), *options],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Stateful" in done.stdout
    assert poor_greenroom.room.around.health.problem is None
