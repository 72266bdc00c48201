"""A server of the older protocol, made by hand, that pages for ever and answers with nonsense."""

import json
import sys
from typing import Any

TOOL = {"name": "odd", "inputSchema": {"type": "object"}}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    match request["method"]:
        case "initialize":
            version = request["params"]["protocolVersion"]
            server = {"name": "hostile", "version": "1"}
            return {
                "result": {
                    "protocolVersion": version,
                    "capabilities": {"tools": {}},
                    "serverInfo": server,
                }
            }
        case "tools/list":
            return {"result": {"tools": [TOOL], "nextCursor": "again"}}
        case "tools/call":
            return {"result": {"content": "not a list"}}
        case _:
            return {"error": {"code": -32601, "message": "Method not found"}}


for line in sys.stdin:
    sys.stdout.write("this line is no JSON\n")
    message = json.loads(line)
    if "id" in message:
        reply = {"jsonrpc": "2.0", "id": message["id"], **answer(message)}
        sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
