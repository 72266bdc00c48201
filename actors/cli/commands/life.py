"""What changes the life of a session or worker: one row per command.

A row is `(request for a session, request for a worker, what is said)`; None where there is none.
"""

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import UsageError

Row = tuple[str, str | None, str]

ROWS: dict[str, Row] = {
    "run": ("start-session", "start-worker", "runs"),
    "halt": ("stop-session", "stop-worker", "is stopped, and stays so"),
    "pause": ("pause-session", None, "is paused"),
    "resume": ("resume-session", None, "goes on"),
    "restart": ("restart-session", "restart-worker", "is restarted"),
    "archive": ("archive-session", None, "is archived"),
    "unarchive": ("unarchive-session", None, "is out of the archive"),
}


def life_request(call: Call, reference: str) -> dict[str, Any]:
    """The request of the command for SESSION or SESSION/WORKER."""
    of_session, of_worker, _ = ROWS[call.name]
    if of_worker is None:
        return {"type": of_session, "session": reference}
    session, worker = call.parts(reference)
    if worker is None:
        return {"type": of_session, "session": session}
    return {"type": of_worker, "session": session, "worker": worker}


def _change(call: Call) -> int:
    reference = call.values["session"]
    if reference is None:
        from actors.cli.commands.daemon import restart_daemon

        return restart_daemon(call)
    if call.values.get("terminals"):
        raise UsageError(f"--terminals is for all of them; for this one: {call.name} {reference}")
    if not reference:
        raise UsageError("SESSION is empty")
    data = call.found(call.ask(life_request(call, reference)), f"session {reference!r}")
    if data is None:
        return FAILED
    label = data.get("title") or data.get("name") or reference
    identity = f" {data['id']}" if data.get("id") else ""
    call.console.line((str(label), "bold"), (identity, "dim"), f" {ROWS[call.name][2]}")
    if call.name == "run":
        for each in ended_workers(data):
            call.console.note(each, "warn")
    return DONE


def ended_workers(session: dict[str, Any]) -> list[str]:
    """Of a session that was told to run: who does not, as it ended by itself, and what to do."""
    return [
        f"{each['name']} is {each['status']}; start it with:"
        f" greenroom run {session['id']}/{each['name']}"
        for each in session.get("workers") or []
        if each.get("desired") == "run" and each.get("status") in {"exited", "lost", "quarantined"}
    ]


def _command(name: str) -> Command:
    optional = "?" if name == "restart" else ""
    examples = [f"greenroom {name} 'Fix the login'"]
    if ROWS[name][1]:
        examples.append(f"greenroom {name} 'Fix the login'/shell")
    if optional:
        examples += [
            "greenroom restart    the daemon, as after an upgrade; terminals and agents live on",
            "greenroom restart --terminals    they and their host too",
            "Shells and agents are then started again, agents with their conversation; a command",
            "is only if it was made with --restart always.",
        ]
    if name == "run":
        examples.append(
            "A worker that ended by itself, or fell too often, is started by its own name alone."
        )
    options = [Option("--terminals", "end the terminals too, and start them again")]
    spec = Spec([f"SESSION{optional}"], options if optional else [])
    return Command(_change, spec, tuple(examples))


COMMANDS = {name: _command(name) for name in ROWS}
