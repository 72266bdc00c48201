"""`worker add|ls|restart|rm`, `type` and `output`: the workers of a session."""

import sys
from datetime import UTC, datetime
from typing import Any

from actors.cli.arguments import Option, Spec, number
from actors.cli.command import DONE, FAILED, Call, Command, accepted, worker_reference
from actors.cli.failures import CommandError, UsageError
from actors.cli.session_view import worker_lines
from actors.cli.worker_arguments import WORKER_OPTIONS, chosen_worker


def _add(call: Call) -> int:
    request = add_request(call.values)
    worker = call.found(call.ask(request), "worker")
    call.console.line(
        (str(worker.get("name")), "bold"), (f" {worker.get('id')}", "dim"), " is added"
    )
    return DONE


def add_request(values: dict[str, Any]) -> dict[str, Any]:
    """The request for the worker that was described."""
    worker = chosen_worker(values)
    if worker is None:
        raise UsageError("say which: --conversation, --agent NAME or --terminal [-- COMMAND…]")
    environment = dict(_variable(text) for text in values["env"])
    if values["prompt"] is not None and worker["type"] != "agent":
        raise UsageError("--prompt is for an agent; ask a conversation with: greenroom send")
    worker |= {key: values[key] for key in ("name", "restart", "prompt") if values[key]}
    worker |= {"env": environment} if environment else {}
    return {"type": "create-worker", "session": values["session"], "worker": worker}


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--env takes NAME=VALUE, not {text!r}")
    return name, value


def _list(call: Call) -> int:
    answer = call.ask({"type": "list-workers", "session": call.values["session"]})
    data = call.found(answer, f"session {call.values['session']!r}")
    if data is None:
        return FAILED
    workers = data.get("workers") or []
    call.console.lines(worker_lines(workers, datetime.now(UTC)) or [[("no workers", "dim")]])
    return DONE


def _restart(call: Call) -> int:
    return _one(call, "restart-worker", "is restarted")


def _remove(call: Call) -> int:
    return _one(call, "delete-worker", "is removed")


def _one(call: Call, request_type: str, said: str) -> int:
    reference = call.values["session/worker"]
    answer = call.ask({"type": request_type, **worker_reference(reference)})
    data = call.found(answer, f"worker {reference!r}")
    if data is None:
        return FAILED
    if data.get("deleted") is False:
        call.console.error(f"worker {reference!r} not found, so nothing was removed")
        return FAILED
    call.console.line((reference, "bold"), f" {said}")
    return DONE


def _type(call: Call) -> int:
    text = typed_text(call.values)
    request = {
        "type": "write-input",
        **worker_reference(call.values["session/worker"]),
        "data": text,
    }
    data = call.found(call.ask(request), "worker")
    call.console.line((f"{(data or {}).get('accepted', 0)} bytes typed", "dim"))
    return DONE


def typed_text(values: dict[str, Any]) -> str:
    """What to type: the words, or standard input for `-`; Enter at the end unless refused."""
    text = " ".join(values["text"])
    text = sys.stdin.read() if text == "-" else text
    ends = text.endswith(("\r", "\n")) or values["no_enter"]
    if not text and ends:
        raise UsageError("there is nothing to type")
    return text if ends else text + "\r"


def _output(call: Call) -> int:
    raw = call.values["raw"]
    if raw and call.console.is_terminal:
        raise UsageError(
            "--raw is for a file or a pipe: what it prints may do anything to a screen"
        )
    start = number(call.values["from"], "--from", 0)
    request: dict[str, Any] = {
        "type": "get-output",
        **worker_reference(call.values["session/worker"]),
        "from": start,
    }
    if call.values["epoch"] is not None:
        request["epoch"] = number(call.values["epoch"], "--epoch", 0, least=0)
    with call.connect("get-output") as connection:
        while True:
            answer = accepted(connection.ask(request))
            _require_epoch(answer["data"], request.get("epoch"))
            if call.console.json:
                call.console.value(answer)
                return DONE
            page = answer["data"]
            if raw:
                call.console.out.write(page["data"])
            else:
                call.console.stream([(page["data"], "")])
            if page["next"] >= page["end"] or page["next"] <= page["start"]:
                return DONE
            request |= {"from": page["next"], "epoch": page["epoch"]}


def _require_epoch(page: dict[str, Any], epoch: int | None) -> None:
    kept = page.get("epochs")
    if epoch is None or kept is None or epoch in kept:
        return
    shown = ", ".join(str(each) for each in kept) or "none"
    raise CommandError(f"there is no epoch {epoch} (epochs kept: {shown})", code="epoch-not-found")


COMMANDS = {
    "worker add": Command(
        _add,
        Spec(
            ["SESSION"],
            [
                *WORKER_OPTIONS,
                Option("--prompt", "the first one of an agent", metavar="TEXT"),
                Option("--name", "its name in the session", metavar="N"),
                Option("--restart", "never, on-crash (default) or always", metavar="POLICY"),
                Option("--env", "a variable for it", metavar="NAME=VALUE", repeated=True),
            ],
            rest="command",
        ),
        (
            "greenroom worker add 'Fix the login' --terminal --name shell",
            "greenroom worker add 'Fix the login' --agent claude --prompt 'Run the tests.'",
            "greenroom worker add 'Fix the login' --terminal --restart always -- make watch",
        ),
    ),
    "worker ls": Command(_list, Spec(["SESSION"]), ("greenroom worker ls 'Fix the login'",)),
    "worker restart": Command(
        _restart, Spec(["SESSION/WORKER"]), ("greenroom worker restart 'Fix the login'/shell",)
    ),
    "worker rm": Command(
        _remove, Spec(["SESSION/WORKER"]), ("greenroom worker rm 'Fix the login'/shell",)
    ),
    "type": Command(
        _type,
        Spec(["SESSION/WORKER", "TEXT…"], [Option("--no-enter", "type the text alone")]),
        (
            "greenroom type 'Fix the login'/shell make test",
            "echo y | greenroom type 'Fix the login'/shell -",
        ),
    ),
    "output": Command(
        _output,
        Spec(
            ["SESSION/WORKER"],
            [
                Option("--from", "the first byte; negative counts from the end", metavar="N"),
                Option("--epoch", "of an earlier process", metavar="N"),
                Option("--raw", "with its terminal sequences, into a file or pipe"),
            ],
        ),
        (
            "greenroom output 'Fix the login'/shell",
            "greenroom output 'Fix the login'/shell --from -2000",
        ),
    ),
}
