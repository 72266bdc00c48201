"""An MCP server whose tools leave a line in a file outside: `look` reads only, `note` writes.

python mcp_ledger.py LEDGER

A note whose text begins with "hang" is noted and then never comes to its end; when it is told to
stop, a line says so. It is made by hand, in the older protocol: tests that kill and cancel start it
a hundred times, and the library takes most of a second for that. `mcp_demo.py` is made with it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

LEDGER = Path(sys.argv[1])
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = [
    {
        "name": "look",
        "description": "Read something.",
        "inputSchema": SCHEMA,
        "annotations": {"readOnlyHint": True},
    },
    {"name": "note", "description": "Write something.", "inputSchema": SCHEMA},
]
hanging: dict[Any, str] = {}
"""By the id of the request the text of each note that does not come to its end."""


def add(line: str) -> None:
    """In one write, so that lines of several processes do not mix."""
    descriptor = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def call(request: dict[str, Any]) -> dict[str, Any] | None:
    name, text = request["params"]["name"], request["params"]["arguments"]["text"]
    add(f"{name} {text}")
    if name == "note" and text.startswith("hang"):
        hanging[request["id"]] = text
        return None
    said = f"seen {text}" if name == "look" else f"noted {text}"
    return {"result": {"content": [{"type": "text", "text": said}]}}


def answer(request: dict[str, Any]) -> dict[str, Any] | None:
    match request["method"]:
        case "initialize":
            about = {
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "ledger", "version": "1"},
            }
            return {"result": {"protocolVersion": request["params"]["protocolVersion"], **about}}
        case "tools/list":
            return {"result": {"tools": TOOLS}}
        case "tools/call":
            return call(request)
        case "ping":
            return {"result": {}}
    return {"error": {"code": -32601, "message": "Method not found"}}


def stop(request_id: Any) -> None:
    if request_id in hanging:
        add(f"told to stop {hanging.pop(request_id)}")


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "notifications/cancelled":
            stop(message["params"]["requestId"])
        elif "id" in message and (reply := answer(message)) is not None:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **reply}) + "\n")
            sys.stdout.flush()
    for request_id in list(hanging):
        stop(request_id)


if __name__ == "__main__":
    main()
