"""`attach`: a worker's terminal on this one, as if it had been started here; `detach`: its end."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command, split_reference
from actors.cli.failures import CommandError, NoDaemonError, UsageError
from actors.cli.phrases import plural
from actors.cli.terminal_of import session_record, terminal_of

if TYPE_CHECKING:
    from actors.cli.attach.attachment import Ending, Wish
    from actors.cli.attach.host_link import HostLink


class Place(NamedTuple):
    """`key`: `<session id>/<worker id>`. `name`: the same to be typed. `start`: what runs it."""

    key: str
    name: str
    start: str


def _attach(call: Call) -> int:
    from actors.cli.attach.attachment import Wish
    from actors.cli.attach.detaching import DEFAULT, parse_key

    if call.console.json:
        raise UsageError("attach is for a person; read a terminal with: greenroom output --json")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "attach needs a terminal; without one there are greenroom output and greenroom type"
        )
    key_name = call.values["detach_key"] or DEFAULT
    try:
        detach_key = parse_key(key_name)
    except ValueError as error:
        raise UsageError(f"--detach-key: {error}") from error
    reference = call.values["session"]
    place = terminal_place(call, reference)
    watch, take = call.values["watch"], call.values["take"]
    wish = Wish(place.key, _owner(), detach_key, watch=watch, take=take)
    link = _connect(Path(call.data), wish, place)
    hint = f"{key_name} detaches" if detach_key else ""
    return _say(call, reference, _run(call, wish, link, reference, hint))


def _detach(call: Call) -> int:
    from actors.cli.attach.detach_others import detach_others

    reference = call.values["session"]
    clients = detach_others(Path(call.data), terminal_place(call, reference).key, _user())
    said = f"{plural(clients, 'attachment')} ended; it runs on" if clients else "nobody is attached"
    return call.done({"detached": clients}, f"{reference}: {said}")


def terminal_place(call: Call, reference: str) -> Place:
    """Which one is meant, from the daemon, or from the files while there is none."""
    session, worker = split_reference(reference)
    has_daemon = True
    try:
        session, worker = call.parts(reference)
        record = session_record(call, session)
    except NoDaemonError:
        from actors.cli.on_disk import session_on_disk
        from storage import codec

        has_daemon = False
        found = session_on_disk(call, session)
        record = codec.builtins(found.record) if found.record else {"id": found.id}
    chosen = terminal_of(record, session, worker)
    name = f"{session}/{chosen['name']}"
    start = f"greenroom run {name!r}" if has_daemon else "greenroom start"
    return Place(f"{record['id']}/{chosen['id']}", name, start)


def _owner() -> str:
    return f"{getpass.getuser()} on {os.ttyname(sys.stdin.fileno()).removeprefix('/dev/')}"


def _user() -> str:
    return _owner() if sys.stdin.isatty() else getpass.getuser()


def _run(call: Call, wish: Wish, link: HostLink, reference: str, hint: str) -> Ending:
    from actors.cli.attach.attachment import Attachment
    from actors.cli.attach.notices import Notices
    from actors.cli.attach.raw_terminal import RawTerminal
    from actors.cli.attach.signals import Signals

    terminal = RawTerminal(sys.stdin.fileno(), sys.stdout.fileno())
    has_line = call.values["status"]
    notices = Notices(reference, terminal.show, lambda: terminal.size, has_line=has_line, hint=hint)
    with Signals() as signals, terminal:
        return Attachment(Path(call.data), wish, terminal, notices).run(link, signals)


def _connect(data: Path, wish: Wish, place: Place) -> HostLink:
    from actors.cli.attach.attachment import CONNECT_SECONDS
    from actors.cli.attach.host_link import HostLink
    from actors.terminals.greeting import HostUnreachableError

    try:
        link = HostLink.connect_anew(data, wish.owner, CONNECT_SECONDS)
    except TimeoutError:
        raise CommandError(
            "the terminal host does not answer; greenroom status says what to do",
            code="host-not-answering",
        ) from None
    except (OSError, HostUnreachableError):
        raise _not_running(place) from None
    states = link.welcome.terminals
    state = next((each for each in states if each.key == wish.key and not each.exit), None)
    if state is None:
        link.close()
        raise _not_running(place)
    if state.writer and not (wish.watch or wish.take):
        link.close()
        since = state.writer.since.astimezone()
        raise _held(f"{state.writer.owner} types since {since:%H:%M:%S}")
    return link


def _not_running(place: Place) -> CommandError:
    return CommandError(
        f"{place.name!r} has no process now; start it with: {place.start},"
        f" or read what it said with: greenroom output {place.name!r}",
        code="worker-not-running",
    )


def _held(who: str) -> CommandError:
    return CommandError(f"{who}; look on with --watch, or take over with --take", code="lease-held")


def _say(call: Call, reference: str, ending: Ending) -> int:
    match ending.how:
        case "detached":
            call.console.note(f"[detached from {reference}; it runs on]", "dim")
        case "sent-away":
            call.console.note(f"[detached from {reference} by {ending.text}; it runs on]", "warn")
        case "ended" if ending.exit is not None:
            exit_ = ending.exit
            how = f"by signal {exit_.signal}" if exit_.signal else f"with code {exit_.code}"
            call.console.note(f"[{reference} ended {how}]", "dim")
        case "too-old":
            raise CommandError(
                f"{ending.text}; look on with --watch, or type with: greenroom type",
                code="host-too-old",
            )
        case "held":
            raise _held(ending.text)
        case _:
            call.console.note(f"[{reference}: {ending.text or ending.how}]", "warn")
            return FAILED
    return DONE


COMMANDS = {
    "attach": Command(
        _attach,
        Spec(
            ["SESSION"],
            [
                Option("--watch", "only look on; another may type meanwhile"),
                Option("--take", "type, also if another person does"),
                Option("--status", "keep the last line for who types and how to detach"),
                Option("--detach-key", "instead of C-\\; none for no key", metavar="C-x"),
            ],
        ),
        (
            "greenroom attach 'Fix the login'",
            "greenroom attach 'Fix the login'/shell --watch",
        ),
    ),
    "detach": Command(
        _detach,
        Spec(["SESSION"]),
        (
            "greenroom detach 'Fix the login'",
            "Whoever is attached there is told by whom, and has the own terminal back.",
        ),
    ),
}
