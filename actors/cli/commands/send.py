"""`send`: a message to a session's model, its answer printed as it comes; or to an agent, until it
is seen that it accepted the message.

Ctrl-C cancels the answer and waits for its end; a second one leaves it to go on.
"""

from __future__ import annotations

import signal
import sys
from functools import partial
from threading import Timer
from typing import TYPE_CHECKING

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.connection import Connection
from actors.cli.failures import CommandError, UsageError
from actors.cli.phrases import money
from actors.cli.standard_input import text_of_input
from actors.cli.transcript import Transcript

if TYPE_CHECKING:
    from typing import Any

MESSAGE_LIMIT_BYTES = 2_000_000
"""As the daemon has it, told here so that a longer one is refused in the same words."""
CANCEL_SECONDS = 10.0
SAY_WHY_AFTER_SECONDS = 1.0
"""An idle session begins with a message well within this."""
LOOK_SECONDS = 5.0


class _Cancellation:
    """What Ctrl-C does while an answer comes."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._wanted = False
        self._response_id: str | None = None

    def interrupt(self, *_: object) -> None:
        """The signal handler: the first time cancel, the second time leave."""
        if self._wanted:
            raise KeyboardInterrupt
        self._wanted = True
        self._call.console.note("cancelling; once more leaves it to go on", "dim")
        self._cancel()

    def accepted_as(self, response_id: str) -> None:
        """The request has its number, so that it can be cancelled from now on."""
        if self._response_id is None:
            self._response_id = response_id
            self._cancel()

    def _cancel(self) -> None:
        # Over a connection of its own: the first one is busy with the answer.
        if not self._wanted or self._response_id is None:
            return
        request = {"type": "cancel", "response_id": self._response_id}
        try:
            with Connection(self._call.data) as connection:
                accepted(connection.ask(request, timeout_seconds=CANCEL_SECONDS))
        except CommandError as error:
            self._call.console.note(f"not cancelled: {error}", "warn")


def _send(call: Call) -> int:
    text = message_text(call.values["text"])
    session, worker = call.parts(call.values["session/worker"])
    request = {"type": "request", "session": session, "content": text}
    request |= {"worker": worker} if worker else {}
    if call.values["no_wait"]:
        return _send_only(call, {**request, "wait": False})
    cancellation = _Cancellation(call)
    transcript = Transcript(shows_running=call.console.is_terminal)
    waiting = _Waiting(call, session)
    questions = _Questions(call, transcript)

    def progress(frame: dict[str, Any]) -> None:
        _warn(call, frame)
        if frame.get("turn"):
            grown = transcript.update(frame["turn"])
            if grown:
                waiting.end()
            call.console.stream(grown)
        questions.tell(frame.get("permissions") or [])
        if frame.get("response_id"):
            cancellation.accepted_as(str(frame["response_id"]))

    before = signal.signal(signal.SIGINT, cancellation.interrupt)
    try:
        with call.connect("request") as connection, waiting:
            answer = connection.ask(request, progress=progress, timeout_seconds=None)
    except KeyboardInterrupt:
        call.console.stream(transcript.finish({}))
        call.console.error("left; the answer goes on, see it with: greenroom history")
        return FAILED
    finally:
        signal.signal(signal.SIGINT, before)
    return _finish(call, transcript, answer)


def _warn(call: Call, told: dict[str, Any]) -> None:
    for warning in told.get("warnings") or []:
        call.console.note(f"warning: {warning}", "warn")


class _Questions:
    """Says once of each permission request that it waits for a person, and how to answer it."""

    def __init__(self, call: Call, transcript: Transcript) -> None:
        self._call = call
        self._transcript = transcript
        self._told: set[str] = set()

    def tell(self, asked: list[dict[str, Any]]) -> None:
        from actors.cli.permission_view import note_lines

        for each in asked:
            if str(each.get("id")) not in self._told:
                self._told.add(str(each.get("id")))
                self._call.console.stream(self._transcript.line_end())
                for line in note_lines(each):
                    self._call.console.note(line, "warn")


class _Waiting:
    """Says once why nothing comes, when nothing was shown within a second. Use it in a `with`."""

    def __init__(self, call: Call, session: str) -> None:
        self._call = call
        self._session = session
        self._over = False
        self._timer = Timer(SAY_WHY_AFTER_SECONDS, self._say_why)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._over = True
        self._timer.cancel()

    def _say_why(self) -> None:
        # Over a connection of its own, as a cancellation.
        try:
            with Connection(self._call.data) as connection:
                look = partial(connection.ask, timeout_seconds=LOOK_SECONDS)
                session = look({"type": "get-session", "session": self._session}).get("data") or {}
                why = queued_because(session)
                if not why:
                    status = look({"type": "get-status"}).get("data") or {}
                    why = waits_for_servers(session, status.get("mcp_servers") or [])
        except (CommandError, OSError):
            return
        if why and not self._over:
            self._call.console.note(why, "dim")


def queued_because(session: dict[str, Any]) -> str:
    """Why a session keeps a message waiting; empty when it does not."""
    identity = session.get("id")
    waiting = next(filter(None, map(_waits_for_an_agent, session.get("workers") or [])), "")
    if "paused" in {session.get("status"), session.get("desired")}:
        return f"queued; the session is paused, let it go on with: greenroom resume {identity}"
    if int(session.get("open_requests") or 0) > 1:
        return "queued; the session is busy with an earlier message"
    return waiting


def waits_for_servers(session: dict[str, Any], servers: list[dict[str, Any]]) -> str:
    """Which of its tool servers a session's request waits for; empty when it does for none."""
    names = [
        str(each.get("name"))
        for each in servers
        if each.get("state") == "starting"
        and (each.get("session_id") or session.get("id")) == session.get("id")
        and each.get("workspace") == session.get("workspace")
    ]
    if not names:
        return ""
    kind = "tool server" if len(names) == 1 else "tool servers"
    return f"waiting for {kind} {', '.join(names)} to start"


def _waits_for_an_agent(worker: dict[str, Any]) -> str:
    """Its activity is not in the record; the prompt waits for the agent to be at rest."""
    if (worker.get("delivery") or {}).get("state") != "queued":
        return ""
    return f"queued; it is typed when {worker.get('name')} asks nothing and is at rest"


def message_text(words: list[str]) -> str:
    """The words as one text; standard input for `-`."""
    text = text_of_input() if words == ["-"] else " ".join(words)
    size = len(text.encode("utf-8", "surrogateescape"))
    if size > MESSAGE_LIMIT_BYTES:
        raise CommandError(
            f"the message has {size:,} bytes, and {MESSAGE_LIMIT_BYTES:,} at most can be sent at"
            " once: send it in parts, or name a file that the model can read",
            code="too-large",
        )
    if not text.strip():
        raise UsageError("the message is empty")
    return text


def _send_only(call: Call, request: dict[str, Any]) -> int:
    data = call.found(call.ask(request), "session")
    response_id = (data or {}).get("response_id")
    _warn(call, data or {})
    call.console.line(f"queued as {response_id}")
    call.console.note(f"end it with: greenroom cancel {response_id}", "dim")
    return DONE


def _finish(call: Call, transcript: Transcript, answer: dict[str, Any]) -> int:
    data = answer.get("data") or {}
    call.console.stream(transcript.finish(data))
    accepted(answer)
    if call.console.json:
        call.console.value(answer)
    delivery = data.get("delivery")
    if delivery:
        first, *rest = str(delivery.get("evidence")).split("\n")
        call.console.line(("accepted", "good"), f": {first}")
        call.console.lines([(f"  {each}", "")] for each in rest)
        return DONE
    if sys.stderr.isatty():
        call.console.note(usage_line(data), "dim")
    return DONE


def usage_line(data: dict[str, Any]) -> str:
    """Tokens and money of an answer."""
    usage = data.get("usage") or {}
    return (
        f"{usage.get('prompt_tokens', 0)} prompt tokens, "
        f"{usage.get('completion_tokens', 0)} completion tokens, {money(data.get('cost'))}"
    )


COMMANDS = {
    "send": Command(
        _send,
        Spec(["SESSION/WORKER", "TEXT…"], [Option("--no-wait", "leave once it is queued")]),
        (
            "Without WORKER it goes to the session's conversation, else to its only agent. To an",
            "agent it is typed when that is at rest and asks nothing; what is printed is the",
            "evidence that it was accepted, and the status is 1 if there is none.",
            "greenroom send 'Fix the login' 'Which test covers this?'",
            "git diff | greenroom send 'Fix the login' -",
        ),
    )
}
