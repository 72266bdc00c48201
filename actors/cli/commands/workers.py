"""`worker add|ls|restart|rm`, `type` and `output`: the workers of a session."""

import shlex
from datetime import UTC, datetime
from typing import Any

from actors.cli.arguments import Option, Spec, number
from actors.cli.as_running import as_running
from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.failures import UsageError
from actors.cli.phrases import plural
from actors.cli.printable import as_on_screen
from actors.cli.session_view import worker_lines
from actors.cli.standard_input import text_of_input
from actors.cli.terminal_of import terminal_reference, worker_reference
from actors.cli.worker_arguments import WORKER_OPTIONS, chosen_worker

PAGE_LINES = 100
"""Shown of what stands before a byte."""


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
    if workers and not call.console.json:
        workers = as_running(workers, call.ask({"type": "get-status"})["data"])
    lines = worker_lines(workers, datetime.now(UTC), call.console.columns)
    call.console.lines(lines or [[("no workers", "dim")]])
    return DONE


def _restart(call: Call) -> int:
    return _one(call, "restart-worker", "is restarted")


def _remove(call: Call) -> int:
    return _one(call, "delete-worker", "is removed")


def _one(call: Call, request_type: str, said: str) -> int:
    reference = call.values["session/worker"]
    answer = call.ask({"type": request_type, **worker_reference(call, reference)})
    data = call.found(answer, f"worker {reference!r}")
    if data is None:
        return FAILED
    if data.get("deleted") is False:
        text = f"worker {reference!r} not found, so nothing was removed; see which there are with:"
        call.console.error(
            f"{text} greenroom worker ls {shlex.quote(reference.rpartition('/')[0])}"
        )
        return FAILED
    call.console.line((reference, "bold"), f" {said}")
    return DONE


def _type(call: Call) -> int:
    text = typed_text(call.values)
    seconds = number(call.values["wait"], "--wait", 0, least=0)
    request = {
        "type": "write-input",
        **terminal_reference(call, call.values["session"], is_the_only=True),
        "data": text,
        **({"wait_seconds": seconds} if seconds else {}),
    }
    data = call.found(call.ask(request, longer_by_seconds=seconds), "worker")
    call.console.line((f"{plural((data or {}).get('accepted', 0), 'byte')} typed", "dim"))
    return DONE


def typed_text(values: dict[str, Any]) -> str:
    """What to type: the words, or standard input for `-`; Enter at the end unless refused."""
    text = " ".join(values["text"])
    text = text_of_input() if text == "-" else text
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
    request = output_request(call.values) | terminal_reference(call, call.values["session"])
    with call.connect("get-output") as connection:
        while True:
            answer = accepted(connection.ask(request))
            if call.console.json:
                call.console.value(answer)
                return DONE
            page = answer["data"]
            _say_missing(call, request, page)
            if raw:
                call.console.out.write(page["data"])
            else:
                call.console.stream([(as_on_screen(page["data"]), "")])
            is_last = page["next"] >= page["end"] or page["next"] <= page["start"]
            if "from" not in request or is_last:
                _end_line(call, page)
                _say_older(call, page, is_page="from" not in request)
                return DONE
            request |= {"from": page["next"], "epoch": page["epoch"]}


def output_request(values: dict[str, Any]) -> dict[str, Any]:
    """Onwards from a byte, or backwards: the last lines, those before a byte."""
    request: dict[str, Any] = {"type": "get-output"}
    if values["epoch"] is not None:
        request["epoch"] = number(values["epoch"], "--epoch", 0, least=0)
    if values["before"] is None and values["lines"] is None:
        return request | {"from": number(values["from"], "--from", 0)}
    if values["from"] is not None:
        raise UsageError("--from reads onwards, --before and --lines backwards; say one of them")
    if values["before"] is not None:
        request["before"] = number(values["before"], "--before", 0, least=0)
    return request | {"lines": number(values["lines"], "--lines", PAGE_LINES, least=1)}


def _say_missing(call: Call, request: dict[str, Any], page: dict[str, Any]) -> None:
    """Something was asked for that is not kept: the oldest is dropped past 64 MiB."""
    start = request.get("from", -1)
    if 0 <= start < page["start"]:
        text = f"[bytes {start} to {page['start']} of epoch {page['epoch']} are not kept]"
        call.console.note(text, "warn")


def _end_line(call: Call, page: dict[str, Any]) -> None:
    """A person's next line begins at the left; what goes into a file stays as it is."""
    if call.console.is_terminal and page["data"] and not page["data"].endswith("\n"):
        call.console.stream([("\n", "")])


def _say_older(call: Call, page: dict[str, Any], *, is_page: bool) -> None:
    """Where the page before this one is; before all of a process, what the one before it said."""
    older = [epoch for epoch in page.get("epochs") or [] if epoch < page["epoch"]]
    if is_page and page["start"] and page["data"]:
        where = f"--before {page['start']} --epoch {page['epoch']}"
    elif older and not page["data"]:
        where = f"--epoch {older[-1]}"
    else:
        return
    call.console.note(f"[older: greenroom output {call.values['session']} {where}]", "dim")


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
        Spec(
            ["SESSION", "TEXT…"],
            [
                Option("--no-enter", "type the text alone"),
                Option("--wait", "so long for a person there to detach", metavar="SECONDS"),
            ],
        ),
        (
            "greenroom type 'Fix the login'/shell make test",
            "greenroom type app make test    where app has one terminal",
            "echo y | greenroom type 'Fix the login'/shell -",
        ),
    ),
    "output": Command(
        _output,
        Spec(
            ["SESSION"],
            [
                Option("--from", "the first byte; negative counts from the end", metavar="N"),
                Option("--lines", "only the last N lines", metavar="N", short="-n"),
                Option("--before", "the lines before that byte", metavar="N"),
                Option("--epoch", "of an earlier process", metavar="N"),
                Option("--raw", "with its terminal sequences, into a file or pipe"),
            ],
        ),
        (
            "greenroom output 'Fix the login'/shell",
            "greenroom output 'Fix the login'/shell -n 20",
            "greenroom output 'Fix the login'/shell --from -2000",
        ),
    ),
}
