"""`events`: what happened, by number, and with `-f` what goes on happening.

Of one session nothing is missed or told twice, whatever happens to the daemon meanwhile: a number
is where it goes on. Of all sessions it tells what comes while it looks.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from actors.cli.arguments import Option, Spec, number
from actors.cli.command import DONE, Call, Command, accepted
from actors.cli.event_view import event_line
from actors.cli.failures import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PAGE = 500
AGAIN_SECONDS = 0.3
_PASSES = frozenset({"no-daemon", "connection-lost", "starting", "interrupted", "too-slow"})
"""Why nothing can be heard that is over when the daemon is back, or its reader has read."""


class _Session:
    """The events of one session after a number, of which none is shown twice."""

    def __init__(self, call: Call, reference: str, after: int, show: Callable[[Any], None]) -> None:
        self._call = call
        self._after = after
        self._show = show
        first = call.ask({"type": "get-events", "session": reference, "limit": 1})
        self._id = str(first["data"]["events"][0]["session_id"])

    def require_types(self, types: list[str]) -> None:
        """RefusedError if there is no event of one of them."""
        with self._call.connect("subscribe") as connection:
            connection.listen({"type": "subscribe", "session": self._id, "events": types})

    def show_all(self) -> None:
        """Up to the end of its journal."""
        with self._call.connect("get-events") as connection:
            while True:
                asked = {"session": self._id, "after": self._after, "limit": PAGE}
                answer = connection.ask({"type": "get-events", **asked})
                page = accepted(answer)["data"]
                for event in page["events"]:
                    self._show(event)
                self._after = page["next"]
                if self._after >= page["end"]:
                    return

    def follow(self) -> None:
        """Until the daemon ends."""
        with self._call.connect("subscribe") as connection:
            news = connection.listen({"type": "subscribe", "session": self._id})
            self.show_all()
            for event in news:
                if event.get("n", 0) > self._after:
                    self.show_all()


def _events(call: Call) -> int:
    types = _types(call.values["types"])
    after = number(call.values["after"], "--after", 0, least=0)
    reference, follows = call.values["session"], bool(call.values["follow"])
    columns = call.console.columns

    def show(event: dict[str, Any]) -> None:
        if types is not None and event["type"] not in types:
            return
        if call.console.json:
            call.console.json_line(event)
        else:
            call.console.line(*event_line(event, columns, with_session=reference is None))

    if reference is None:
        _require_follow(call)
        return _follow(call, lambda: _follow_all(call, types, show))
    session = _Session(call, reference, after, show)
    if types is not None:
        session.require_types(types)
    session.show_all()
    return _follow(call, session.follow) if follows else DONE


def _types(text: str | None) -> list[str] | None:
    return None if text is None else [each.strip() for each in text.split(",")]


def _require_follow(call: Call) -> None:
    if not call.values["follow"] or call.values["after"] is not None:
        raise UsageError(
            "name a session, whose events are numbered; of all sessions they can be followed as"
            " they happen: greenroom events -f"
        )


def _follow_all(call: Call, types: list[str] | None, show: Callable[[Any], None]) -> None:
    asked: dict[str, Any] = {"type": "subscribe"}
    if types is not None:
        asked["events"] = types
    with call.connect("subscribe") as connection:
        for event in connection.listen(asked):
            show(event)


def _follow(call: Call, listen: Callable[[], None]) -> int:
    """Listen again whenever the daemon is back, until Ctrl-C."""
    call.connect("subscribe").close()
    try:
        while True:
            try:
                listen()
            except CommandError as error:
                if error.code not in _PASSES:
                    raise
                if error.code == "connection-lost":
                    call.console.note("the daemon has ended; waiting until it is back", "dim")
                time.sleep(AGAIN_SECONDS)
    except KeyboardInterrupt:
        return DONE


COMMANDS = {
    "events": Command(
        _events,
        Spec(
            ["SESSION?"],
            [
                Option("--follow", "go on as they happen, across restarts", short="-f"),
                Option("--after", "of a session, those after this number", metavar="N"),
                Option("--types", "only these, with commas between them", metavar="TYPES"),
            ],
        ),
        (
            "greenroom events 'Fix the login' --after 17",
            "greenroom events -f --types permission-requested,session-created",
            "greenroom events k3v5 -f --json | jq -r .type",
        ),
    )
}
