"""The tools that look: which sessions there are, how one stands, what it has shown."""

from typing import Any

from actors.mcp_server import shown
from actors.mcp_server.arguments import GetSessionStatus, ListSessions, ReadOutput
from actors.mcp_server.port import Daemon, Refused, asked
from actors.mcp_server.tool import Asked, Told, Tool


async def record_of(daemon: Daemon, session: str) -> dict[str, Any]:
    """The session's record. Refused when there is none."""
    found = await asked(daemon, "get-session", session=session)
    if found is None:
        text = f"there is no session {session}; list_sessions shows those that there are"
        raise Refused("session-not-found", text)
    record: dict[str, Any] = found
    return record


async def standing(daemon: Daemon, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Its workers, each with what it does."""
    found = []
    for each in record["workers"]:
        activity = None
        if each["status"] == "running":
            given = {"session": record["id"], "worker": each["id"]}
            activity = await asked(daemon, "get-activity", **given)
        found.append(shown.worker(each, activity))
    return found


async def list_sessions(call: Asked, _: ListSessions) -> Told:
    answer = await asked(call.daemon, "list-sessions")
    every = [shown.listed(each) for each in answer["sessions"]]
    found = every[-shown.MOST_LISTED :]
    data: dict[str, Any] = {"sessions": found}
    lines = [shown.in_line(each) for each in found]
    if len(found) < len(every):
        data["left_out"] = len(every) - len(found)
        lines.append(f"and {data['left_out']} older ones")
    if call.daemon.caller is not None:
        data["own"] = call.daemon.caller
    return Told(data, "\n".join(lines) or "there are no sessions; create_session makes one")


async def get_session_status(call: Asked, given: GetSessionStatus) -> Told:
    record = await record_of(call.daemon, given.session)
    data = shown.status(record, await standing(call.daemon, record))
    below = await asked(call.daemon, "list-permissions", session=record["id"])
    data["permissions"] = [shown.permission(each) for each in below["permissions"]][:50]
    return Told(data, shown.in_words(data))


async def read_output(call: Asked, given: ReadOutput) -> Told:
    record = await record_of(call.daemon, given.session)
    if given.response_id is not None:
        found = await asked(call.daemon, "get-response", response_id=given.response_id)
        data = shown.response(found)
        return Told(data, data.get("text") or data.get("error") or f"({data['status']})")
    worker = worker_of(record, given.worker)
    if worker["type"] == "conversation":
        return await _said(call.daemon, record["id"], given.lines)
    of = {"session": record["id"], "worker": worker["id"]}
    if given.form == "screen":
        screen = await asked(call.daemon, "get-screen", **of)
        lines = [line.rstrip() for line in screen["lines"]]
        text = "\n".join(lines[-given.lines :]).strip("\n")
    else:
        output = await asked(call.daemon, "get-output", lines=given.lines, **of)
        text = shown.plain(output["data"])
    text = shown.end(text)
    return Told({"worker": worker["name"], "form": given.form, "text": text}, text or "(blank)")


async def _said(daemon: Daemon, session: str, most: int) -> Told:
    history = await asked(daemon, "get-history", session=session)
    found = history["rounds"][-min(most, 20) :]
    rounds = [{"said": shown.said_to(each), **shown.response(each)} for each in found]
    for each in rounds:
        each["said"] = shown.beginning(each["said"], 2000)
        each["text"] = shown.beginning(each.get("text", ""), shown.LONGEST_CHARACTERS // 10)
    lines = [f"> {each['said']}\n{each['text'] or each['status']}" for each in rounds]
    return Told({"rounds": rounds}, "\n\n".join(lines) or "(nothing was said yet)")


def worker_of(record: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The worker that is named, or the only one. Refused with their names."""
    workers: list[dict[str, Any]] = record["workers"]
    found = [each for each in workers if name in {None, each["name"], each["id"]}]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each["name"] for each in workers) or "none"
    if name is None:
        raise Refused("worker-not-found", f"say which worker; session {record['id']} has: {names}")
    text = f"session {record['id']} has no worker {name}; it has: {names}"
    raise Refused("worker-not-found", text)


TOOLS = (
    Tool(
        name="list_sessions",
        title="List sessions",
        description=(
            "List the sessions: id, title, status and what each does. A session that calls this"
            " sees itself (`own`) and those that it started."
        ),
        arguments=ListSessions,
        run=list_sessions,
        reads=True,
    ),
    Tool(
        name="get_session_status",
        title="Status of a session",
        description=(
            "How one session stands: its directory and branch, its workers and what they do, and"
            " what it, or a session that it started, asks permission for."
        ),
        arguments=GetSessionStatus,
        run=get_session_status,
        reads=True,
    ),
    Tool(
        name="read_output",
        title="Read output",
        description=(
            "Read what a session said or shows: the answer to one message (response_id), the last"
            " of a conversation, or the screen or text of a terminal."
        ),
        arguments=ReadOutput,
        run=read_output,
        reads=True,
    ),
)
