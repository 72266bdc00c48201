"""The tools that lead: start a session, speak to it, answer what it asks, close it."""

from typing import Any

from actors.mcp_server import shown
from actors.mcp_server.arguments import AnswerPermission, CloseSession, CreateSession, SendMessage
from actors.mcp_server.looking import record_of, standing, worker_of
from actors.mcp_server.port import Refused, asked
from actors.mcp_server.tool import Asked, Told, Tool
from storage import codec


async def create_session(call: Asked, given: CreateSession) -> Told:
    request = _creation(given)
    if call.daemon.caller is None and given.directory is None:
        text = "directory is missing: name an absolute path to work in"
        raise Refused("bad-request", text, "$.directory")
    made = await asked(call.daemon, "create-session", **request)
    data = shown.status(made, await standing(call.daemon, made))
    text = f"created {shown.in_words(data)}"
    if made.get("response_id"):
        data["response_id"] = made["response_id"]
        text += f"\nits prompt is {made['response_id']}; wait_for tells when it is answered"
    return Told(data, text)


def _creation(given: CreateSession) -> dict[str, Any]:
    config = {
        "model": given.model,
        "tools": given.tools,
        "budget": None if given.budget is None else _set(codec.builtins(given.budget)),
    }
    wanted = {"title": given.title, "prompt": given.prompt, "config": _set(config) or None}
    if given.worktree:
        place = {"repository": given.directory, "branch": given.branch, "base": given.base}
        wanted |= {"session_type": "worktree", **place}
    elif given.branch or given.base:
        raise Refused("bad-request", "branch and base are of a worktree: say worktree: true")
    else:
        wanted["location_path"] = given.directory
    return {**wanted, "worker": _worker(given)}


def _worker(given: CreateSession) -> dict[str, Any]:
    if given.agent and given.command:
        raise Refused("bad-request", "say agent or command, not both", "$.command")
    if given.command:
        line = given.command
        command = ("/bin/sh", "-c", line) if isinstance(line, str) else line
        return {"type": "terminal", "command": command, "restart": "never"}
    if given.agent:
        return {"type": "agent", "agent": given.agent}
    return {"type": "conversation"}


def _set(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


async def send_message(call: Asked, given: SendMessage) -> Told:
    record = await record_of(call.daemon, given.session)
    terminal = _terminal(record, given.worker)
    if terminal is not None:
        of = {"session": record["id"], "worker": terminal["id"]}
        await asked(call.daemon, "write-input", data=f"{given.text}\r", wait_seconds=5, **of)
        return Told({"typed": True, "worker": terminal["name"]}, f"typed into {terminal['name']}")
    sent = await asked(
        call.daemon,
        "request",
        session=record["id"],
        worker=given.worker,
        content=given.text,
        wait=False,
    )
    text = f"sent as {sent['response_id']}; wait_for tells when it is answered"
    return Told({"response_id": sent["response_id"]}, text)


def _terminal(record: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    """The plain terminal that is meant; None where there is somebody to speak to."""
    if name is None and any(each["type"] != "terminal" for each in record["workers"]):
        return None
    worker = worker_of(record, name)
    return worker if worker["type"] == "terminal" else None


async def answer_permission(call: Asked, given: AnswerPermission) -> Told:
    wanted = {"permission": given.permission, "decision": given.decision}
    record = await asked(call.daemon, "answer-permission", **wanted)
    data = {"id": record["id"], "tool": record["tool"], "state": record["state"]}
    return Told(data, f"{record['tool']}: {record['state']}")


async def close_session(call: Asked, given: CloseSession) -> Told:
    record = await record_of(call.daemon, given.session)
    keep = given.keep_worktree or None
    try:
        told = await asked(call.daemon, "delete-session", session=record["id"], keep_worktree=keep)
    except Refused as refused:
        reasons = refused.data.get("reasons")
        if not reasons:
            raise
        raise Refused(refused.code, shown.not_safe(record, reasons)) from None
    data = {"id": record["id"], "closed": bool(told["deleted"])}
    again = f"a person can bring it back with: greenroom restore {record['id']}"
    return Told(data, f"closed {record['title']}; {again}")


TOOLS = (
    Tool(
        name="create_session",
        title="Start a session",
        description=(
            "Start a session that works by itself: a conversation with a model, an agent program"
            " (agent), or a program in a terminal (command). With worktree it has files of its own"
            " on a branch of its own, so that several can work side by side. A session that calls"
            " this is its parent: the child has no more rights than that, and spends from its"
            " budget. Gives `id` and, with a prompt, the `response_id` to wait for."
        ),
        arguments=CreateSession,
        run=create_session,
    ),
    Tool(
        name="send_message",
        title="Send a message",
        description=(
            "Say something to a session's conversation or agent, or type a line into its terminal."
            " Gives the `response_id` to wait for; does not wait itself."
        ),
        arguments=SendMessage,
        run=send_message,
    ),
    Tool(
        name="answer_permission",
        title="Answer a permission request",
        description=(
            "Allow or deny one call of a tool that a session asks about. A session answers only"
            " for those that it started. Look at the arguments first; when in doubt, deny."
        ),
        arguments=AnswerPermission,
        run=answer_permission,
    ),
    Tool(
        name="close_session",
        title="Close a session",
        description=(
            "End a session and all that runs in it. It lies in the trash, where a person can bring"
            " it back. A worktree with work that is not saved elsewhere is not removed: merge it"
            " first, or say keep_worktree."
        ),
        arguments=CloseSession,
        run=close_session,
        ends=True,
    ),
)
