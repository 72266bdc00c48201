"""Turns growing snapshots of an answer into what is new to print. PURE but for its own memory.

Promises that every character of the final text comes out once and in order, whatever snapshots
were left out; a turn that began anew is said so and printed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.cli.history_view import text_of, tool_line
from actors.cli.turn_phrases import end_phrase, waiting_phrase

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Span

    Json = dict[str, Any]

FINAL = frozenset({"completed", "failed", "denied", "unknown"})


class Transcript:
    """What of one answer has been printed so far. `shows_running`: open tool calls too."""

    def __init__(self, *, shows_running: bool = False) -> None:
        self._statuses = FINAL | {"running"} if shows_running else FINAL
        self._number = 0
        self._text = ""
        self._tools: set[tuple[str, str]] = set()
        self._waiting = ""
        self._began = False
        self._at_line_start = True

    def update(self, turn: Json) -> list[Span]:
        """What a snapshot adds. An older turn than the last one adds nothing."""
        number = int(turn.get("number") or 0)
        if number < self._number:
            return []
        spans: list[Span] = []
        if number > self._number:
            self._number, self._text, self._tools = number, "", set()
            spans += self._paragraph()
        spans += self._waits(waiting_phrase(turn))
        return [*spans, *self._grown(text_of(turn)), *self._called(turn.get("tool_calls") or [])]

    def finish(self, answer: Json) -> list[Span]:
        """What the answer's `data` still adds, and the end of the last line."""
        turns = answer.get("turns")
        if turns:
            spans = [span for turn in turns for span in self.update(turn)]
            spans += self._note(end_phrase(turns[-1]))
        elif not self._began:
            spans = self._grown(str(answer.get("text") or ""))
        else:
            spans = []
        return [*spans, *self.line_end()]

    def _paragraph(self) -> list[Span]:
        return [*self.line_end(), ("\n", "")] if self._began else []

    def line_end(self) -> list[Span]:
        """What ends the line that is begun, so that something else can stand below it."""
        if self._at_line_start:
            return []
        self._at_line_start = True
        return [("\n", "")]

    def _waits(self, why: str) -> list[Span]:
        """What was printed of a call that failed stands above; it begins anew."""
        if why == self._waiting:
            return []
        self._waiting = why
        if why:
            self._text = ""
        return self._note(why)

    def _note(self, text: str) -> list[Span]:
        return [*self.line_end(), (f"({text})\n", "warn")] if text else []

    def _grown(self, text: str) -> list[Span]:
        spans: list[Span] = []
        if not text.startswith(self._text):
            spans = [*self.line_end(), ("(the model was asked again)\n", "dim")]
            self._text = ""
        new = text[len(self._text) :]
        if not new:
            return spans
        self._text = text
        self._began = True
        self._at_line_start = new.endswith("\n")
        return [*spans, (new, "")]

    def _called(self, calls: list[Json]) -> list[Span]:
        spans: list[Span] = []
        for call in calls:
            status = str(call.get("status"))
            seen = (str(call.get("tool_call_id")), f"{status} {call.get('progress') or ''}")
            if status in self._statuses and seen not in self._tools:
                self._tools.add(seen)
                spans += [*self.line_end(), (f"tool {tool_line(call)}\n", "dim")]
                self._began = True
        return spans
