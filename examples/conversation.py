"""A conversation from Python: a workspace, a model, a tool server, an answer while it grows.

Run it with `python examples/conversation.py`; it works in a temporary directory and leaves nothing
behind. The model is scripted, so it needs no key; the tool server is a real one, and counts words.
What it uses is explained in docs/python_api.md.
"""

import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a checkout need not be installed

from actors import library

TOOLS = Path(library.__file__).parent.parent / "demo" / "tools_server.py"
SCRIPT = [
    {
        "when": "How many words",
        "reply": [{"text": "I will count."}, {"tool": "files.count_words", "parameters": {}}],
    },
    {"when": r"(\d+) files, (\d+) words", "reply": [{"text": "{{2}} words in {{1}} file."}]},
    {"when": "Thank", "reply": [{"text": "You are welcome."}]},
]


async def converse(place: Path) -> None:
    """Two requests to one session, the first of them streamed."""
    (place / "notes.txt").write_text("The quick brown fox jumps over the lazy dog.\n")
    script = place / "script.jsonl"
    script.write_text("".join(json.dumps(line) + "\n" for line in SCRIPT))

    async with library.Workspace(place / "greenroom") as workspace:
        await workspace.init("A place to try things in.")
        await workspace.models.update_provider("scripted", script=str(script))
        await workspace.mcp.start_server(
            "files",
            command=sys.executable,
            args=["-P", str(TOOLS), "{{location_path}}"],
            auto_approve=["files.count_words"],
        )
        session = await workspace.sessions.create_session("Counting", location_path=place)
        coordinator = workspace.coordinator()

        _, turns, completion = await coordinator.stream_request(
            session.id, "How many words are there?"
        )
        number, shown = 0, ""
        async for turn in turns:
            if turn.number != number:
                print()
                number, shown = turn.number, ""
            print(turn.text.removeprefix(shown), end="", flush=True)
            shown = turn.text
        print()
        first = await completion
        print(f"{first.status} after {len(first.turns)} turns")

        response_id, completion = await coordinator.handle_request(session.id, "Thank you.")
        await completion
        second = await coordinator.get_round_by_response_id(response_id)
        print(f"{second.request.text} {second.text}")

        history = await workspace.sessions.render_session_history(session.id)
        for found in history.rounds:
            calls = [call.name for turn in found.turns for call in turn.tool_calls]
            print(f"asked: {found.request.text}, tools called: {calls}")

        await coordinator.cleanup()
        await workspace.mcp.cleanup()


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        asyncio.run(converse(Path(directory)))
