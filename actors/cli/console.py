"""Where a command writes: lines for people, answers for programs, notes for standard error.

A line is made of spans `(text, style)`. Every span passes `printable` here, so that nothing from
outside reaches the screen raw, whatever a view was given. Colour only on a terminal.
"""

from __future__ import annotations

import os

from actors.cli.own_words import Advice
from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO

    Span = tuple[str, str]
    Line = list[Span]

STYLES = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1"}


class Console:
    """`is_terminal`: standard output is one. `json`: people's lines are not wanted.

    `bar_width`: of a bar that stands on the line of standard error; whatever is written takes its
    place. `named_data`: the data directory that commands in notes, errors and advice have to name.
    """

    def __init__(
        self, out: TextIO, err: TextIO, environ: Mapping[str, str], *, json: bool = False
    ) -> None:
        self.out = out
        self.err = err
        self.json = json
        self.named_data: str | None = None
        self.bar_width = 0
        self.is_terminal = out.isatty()
        plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self._colour = {out: self.is_terminal and not plain, err: err.isatty() and not plain}

    @property
    def draws_boxes(self) -> bool:
        """Whether lines and dots beyond ASCII may be drawn."""
        return self.is_terminal and "utf" in (self.out.encoding or "").lower()

    @property
    def has_colour(self) -> bool:
        """Whether standard output shows colours."""
        return self._colour[self.out]

    @property
    def columns(self) -> int | None:
        """The width of the terminal; None where there is none, as in a pipe."""
        if not self.is_terminal:
            return None
        try:
            return os.get_terminal_size(self.out.fileno()).columns or None
        except (OSError, ValueError):
            return None

    def line(self, *spans: Span | str) -> None:
        """One line to standard output, unless JSON is wanted."""
        if not self.json:
            self._write(self.out, map(self.placed, spans))

    def advise(self, *spans: Span | str) -> None:
        """A line of our own words that says what to type next."""
        pairs = [span if isinstance(span, tuple) else (span, "") for span in spans]
        self.line(*[(self.hint(text), style) for text, style in pairs])

    def lines(self, lines: Iterable[Line]) -> None:
        for each in lines:
            self.line(*each)

    def stream(self, spans: Iterable[Span]) -> None:
        """Pieces of a growing text, shown at once."""
        if self.json:
            return
        for text, style in spans:
            fit = printable(text, multiline=True)
            self.out.write(_coloured(fit, style) if self._colour[self.out] else fit)
        self.out.flush()

    def note(self, text: str, style: str = "") -> None:
        """One line to standard error."""
        self._write(self.err, ((self.hint(text), style),))

    def error(self, text: str) -> None:
        """To standard error; further lines are indented, so that none passes for one of its own."""
        first, *rest = self.hint(text).split("\n")
        self._write(self.err, (("greenroom: ", "bad"), first))
        for each in rest:
            self._write(self.err, ("  ", each))

    def placed(self, span: Span | str) -> Span:
        """A span as it is to be shown: one of advice with the data directory."""
        text, style = span if isinstance(span, tuple) else (span, "")
        return (self.hint(text) if isinstance(text, Advice) else text), style

    def hint(self, text: str) -> str:
        """A text of our own: what it advises to type reaches the same data directory."""
        if self.named_data is None:
            return text
        from actors.cli.hints import with_place

        return with_place(text, self.named_data)

    def value(self, value: Any) -> None:
        """JSON to standard output: for people's eyes on a terminal, one line elsewhere."""
        import json

        text = json.dumps(value, indent=2 if self.is_terminal else None)
        self.out.write(text.replace("\x7f", "\\u007f") + "\n")

    def json_line(self, value: Any) -> None:
        """One of many values, each in a line, shown at once."""
        import json

        self.out.write(json.dumps(value).replace("\x7f", "\\u007f") + "\n")
        self.out.flush()

    def told_help(self, command: str | None, text: str) -> int:
        """The help of a command, or of all of them, whatever was asked for; the exit status."""
        if self.json:
            told = {"command": command, "text": text}
            self.value({"id": None, "type": "help", "ok": True, "data": told})
        else:
            self.out.write(f"{text}\n")
        return 0

    def _write(self, stream: TextIO, spans: Iterable[Span | str]) -> None:
        colour = self._colour[stream]
        if self.bar_width:
            self.err.write(f"\r{'':{self.bar_width}}\r")
            self.bar_width = 0
        stream.write("".join(painted(span, colour) for span in spans) + "\n")
        stream.flush()


def painted(span: Span | str, colour: bool) -> str:
    """A span as it is written to a screen."""
    text, style = span if isinstance(span, tuple) else (span, "")
    text = printable(text)
    return _coloured(text, style) if colour else text


def _coloured(text: str, style: str) -> str:
    code = STYLES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
