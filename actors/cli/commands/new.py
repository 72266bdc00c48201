"""`new`: a session with its first worker."""

from typing import Any

from actors.cli import new_worktree
from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.commands.limits import OPTIONS as LIMITS
from actors.cli.commands.limits import asked_limits
from actors.cli.failures import UsageError
from actors.cli.progress import waiting
from actors.cli.worker_arguments import WORKER_OPTIONS, chosen_worker


def _new(call: Call) -> int:
    answer = _asked(call, create_request(call.values))
    session = call.found(answer, "session")
    identity = session["id"]
    call.console.line((str(session.get("title")), "bold"), (f" {identity}", "dim"))
    new_worktree.tell(call.console, session, asked_for=bool(call.values["setup"]))
    if session.get("response_id"):
        _warn(call, session)
    if session.get("response_id") and _is_agent(session):
        call.console.line(f"the prompt waits for the agent as {session['response_id']}")
        call.console.advise((f"see how it is with: greenroom show {identity}", "dim"))
    elif session.get("response_id"):
        call.console.line(f"the prompt is accepted as {session['response_id']}")
        call.console.advise((f"see the answer with: greenroom history {identity}", "dim"))
    else:
        call.console.advise((f"next: {_next(session)}", "dim"))
    return DONE


def _asked(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    if call.values["worktree"] is False:
        return call.ask(request)
    if call.console.err.isatty():
        return call.ask(request, longer_by_seconds=new_worktree.MAKING_SECONDS)
    with waiting(call.console, "the worktree is being made"):
        return call.ask(request, longer_by_seconds=new_worktree.MAKING_SECONDS)


def _warn(call: Call, session: dict[str, Any]) -> None:
    """Of settings that are not in force as they are, as `send` does."""
    status = call.ask({"type": "get-status"}).get("data") or {}
    for each in status.get("workspaces") or []:
        if each.get("name") == session.get("workspace") and each.get("problem"):
            call.console.note(f"warning: {each['problem']}", "warn")


def _is_agent(session: dict[str, Any]) -> bool:
    return any(worker.get("type") == "agent" for worker in session.get("workers") or [])


def create_request(values: dict[str, Any]) -> dict[str, Any]:
    """The request for what was asked for; without a word about the worker a conversation."""
    worker = chosen_worker(values) or {"type": "conversation"}
    if worker["type"] == "terminal":
        _refuse(values, ("model", "provider", "prompt"), "a terminal")
    if worker["type"] == "agent":
        _refuse(values, ("model", "provider"), "an agent")
    config = {key: values[key] for key in ("provider", "model") if values[key]}
    limits = {name: most for name, most in asked_limits(values).items() if most is not None}
    if limits:
        config["limits"] = limits
    request = {
        "type": "create-session",
        **new_worktree.place(values),
        "title": values["title"],
        "config": config or None,
        "worker": worker,
        "prompt": values["prompt"],
        "parent": values["parent"],
    }
    return {key: value for key, value in request.items() if value is not None}


def _refuse(values: dict[str, Any], keys: tuple[str, ...], what: str) -> None:
    for key in keys:
        if values[key] is not None:
            text = f"--{key} is for a conversation and does nothing for {what}"
            raise UsageError(text)


def _next(session: dict[str, Any]) -> str:
    workers = session.get("workers") or []
    if workers and workers[0].get("type") != "conversation":
        return f"greenroom attach {session['id']}"
    return f"greenroom send {session['id']} TEXT"


COMMANDS = {
    "new": Command(
        _new,
        Spec(
            ["DIR?"],
            [
                *WORKER_OPTIONS,
                *new_worktree.OPTIONS,
                Option("--model", "the conversation's model", metavar="M"),
                Option("--provider", "anthropic, scripted, …", metavar="P"),
                Option("--title", "its title; else made from the directory", metavar="T"),
                Option("--prompt", "the first message, also to an agent", metavar="TEXT"),
                *LIMITS,
                Option("--parent", "what this one asks is shown at that too", metavar="SESSION"),
            ],
            rest="command",
        ),
        (
            "greenroom new                                   a conversation about this directory",
            "greenroom new ~/shop --prompt 'Why so slow?'    with its first message",
            "greenroom new --worktree fix/login              in a worktree on a branch of its own",
            "greenroom new --terminal                        a shell",
            "greenroom new --terminal -- make test           a command",
            "greenroom new --agent claude --title 'Fix the login' --prompt 'Run the tests.'",
        ),
    )
}
