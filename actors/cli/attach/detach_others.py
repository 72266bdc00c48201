"""Ends the attachments of others to a terminal, in order: each is told, and restores its screen.

Speaks to the terminal host directly, as `attach` does, so that it works while the daemon is down.
"""

import selectors
import time
from pathlib import Path

from actors.cli.attach.host_link import HostLink
from actors.cli.failures import CommandError
from actors.terminals import protocol as p
from actors.terminals.greeting import HostUnreachableError

KNOWN_SINCE = 3
"""The version of the protocol that has `Detach`."""
ANSWER_SECONDS = 5.0


def detach_others(data: Path, key: str, by: str) -> int:
    """How many were attached; none of them is at its return. `by` is what they are told.

    CommandError: `host-too-old`, `host-unreachable`; `worker-not-running` where there is no host.
    """
    try:
        link = HostLink.connect_anew(data, by, ANSWER_SECONDS)
    except (OSError, HostUnreachableError):
        raise CommandError(
            "no terminal host answers, so nobody is attached; see: greenroom status",
            code="worker-not-running",
        ) from None
    try:
        _require_new(link.welcome.version)
        link.send(p.Detach(key=key, by=by))
        return _answer(link, key)
    finally:
        link.close()


def _require_new(version: int) -> None:
    if version < KNOWN_SINCE:
        text = (
            "this terminal host is older than greenroom and cannot detach others; end it, and its"
            " terminals with it, with: greenroom restart --terminals"
        )
        raise CommandError(text, code="host-too-old")


def _answer(link: HostLink, key: str) -> int:
    deadline = time.monotonic() + ANSWER_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(link, link.wanted)
        while link.is_open and (left := deadline - time.monotonic()) > 0:
            selector.modify(link, link.wanted)
            selector.select(left)
            link.flush()
            for message in link.receive():
                if isinstance(message, p.DetachDone) and message.key == key:
                    return message.clients
                if isinstance(message, p.Refused) and message.key == key:
                    is_gone = message.code == "no-terminal"
                    why = "it has no process now" if is_gone else message.message
                    raise CommandError(f"nobody is attached: {why}", code="worker-not-running")
    raise CommandError(
        "the terminal host does not answer; see: greenroom doctor", code="host-unreachable"
    )
