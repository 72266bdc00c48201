"""PURE: tool calls in what a model writes, for models that have no tools of their own.

A call is `<tool_call>{"tool": "name", "parameters": {...}}</tool_call>`. The reader takes the text
as it comes and gives the same whichever way it was cut. What stands in fenced or indented code or
between backticks is shown and not called. A call that cannot be read is a call of MALFORMED, which
says what is wrong, so that the model can be told.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from storage import typed
from storage.codec import BAD_JSON
from storage.records.message import ToolCallContent

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
MALFORMED = "(malformed)"
"""The name of a call that cannot be read; its args are `text`, as written, and `problem`."""

_TEXT_TOKEN = re.compile(r"`+|<tool_call>|\n|[^`<\n]+|<")
_CALL_TOKEN = re.compile(r'\\.|["\n\\<]|[^"\n\\<]+', re.DOTALL)
_LINE_PREFIX = r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?"
_INDENTED = re.compile(r" {4}| {0,3}\t")
_FENCE = re.compile(_LINE_PREFIX + r"(`{3,}(?=[^`]*$)|~{3,})")


class WrittenCall(Struct, frozen=True):
    """What stands between the tags; not closed if the text ended before the second one."""

    body: str
    is_closed: bool = True


Piece = str | WrittenCall


class TextCallReader:
    """Reads one text. `feed` gives what is certain so far, `finish` the rest.

    Between backticks a `<tool_call>` waits until the second backtick shows that it is code, or the
    end of the paragraph that the first one stands for itself.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._at = 0
        self._given: list[Piece] = []
        self._line = ""
        self._fence = ""
        self._may_indent = True
        self._span = 0
        self._held: list[str] | None = None
        self._before_held = ("", True)
        self._body: list[str] | None = None
        self._quoted = False

    def feed(self, text: str) -> list[Piece]:
        self._rest = self._rest[self._at :] + text
        self._at = 0
        self._read(is_last=False)
        return self._taken()

    def finish(self) -> list[Piece]:
        """The reader is at its end."""
        self._read(is_last=True)
        while self._held is not None:
            if self._is_shown():
                self._flush()
            else:
                self._call_after_all()
                self._read(is_last=True)
        if self._body is not None:
            self._given.append(WrittenCall("".join(self._body), is_closed=False))
        return self._taken()

    def _taken(self) -> list[Piece]:
        """What was given since, neighbouring texts as one."""
        taken: list[Piece] = []
        texts: list[str] = []
        for piece in [*self._given, None]:
            if isinstance(piece, str):
                texts.append(piece)
                continue
            if texts:
                taken.append("".join(texts))
                texts.clear()
            if piece is not None:
                taken.append(piece)
        self._given.clear()
        return taken

    def _read(self, *, is_last: bool) -> None:
        while self._at < len(self._rest):
            in_call = self._body is not None
            tag, open_ended = (CLOSE, "\\") if in_call else (OPEN, "`")
            part = self._part(_CALL_TOKEN if in_call else _TEXT_TOKEN, tag)
            if not is_last and self._may_grow(part, tag, open_ended):
                return
            self._at += len(part)
            if in_call:
                self._take_in_call(part)
            else:
                self._take_text(part)

    def _part(self, kind: re.Pattern[str], tag: str) -> str:
        if self._rest.startswith(tag, self._at):
            return tag
        match = kind.match(self._rest, self._at)
        assert match is not None, "every character is part of something"
        return match[0]

    def _may_grow(self, part: str, tag: str, open_ended: str) -> bool:
        """Whether what follows may make another part of this one."""
        left = len(self._rest) - self._at
        if part == "<":
            return left < len(tag) and tag.startswith(self._rest[self._at :])
        return left == len(part) and part[0] == open_ended

    def _take_in_call(self, part: str) -> None:
        assert self._body is not None
        if part == CLOSE and not self._quoted:
            self._given.append(WrittenCall("".join(self._body)))
            self._body, self._line = None, CLOSE
            return
        if part == "\n":  # no JSON string goes over the end of a line
            self._quoted = False
        elif part == '"':
            self._quoted = not self._quoted
        self._body.append(part)

    def _take_text(self, part: str) -> None:
        is_code = self._fence or self._is_indented()
        if part == OPEN and not is_code and self._held is None:
            if not self._span:
                self._body, self._quoted = [], False
                return
            self._held, self._before_held = [], (self._line, self._may_indent)
        (self._given if self._held is None else self._held).append(part)
        if part == "\n":
            self._end_line()
            return
        self._line += part
        if part[0] == "`" and not is_code:
            self._take_backticks(len(part))

    def _is_indented(self) -> bool:
        """Whether this line is code by its indentation, which no line of a paragraph is."""
        return self._may_indent and _INDENTED.match(self._line) is not None

    def _take_backticks(self, count: int) -> None:
        if not self._span:
            self._span = count
        elif self._span == count:
            self._span = 0
            self._flush()

    def _end_line(self) -> None:
        line, begins = self._line, _FENCE.match(self._line)
        self._may_indent = not line.strip() or self._is_indented()
        if self._fence:
            mark = re.escape(self._fence[0])
            if re.fullmatch(rf"[ \t>]*{mark}{{{len(self._fence)},}}[ \t]*", line):
                self._fence = ""
        elif begins or not line.strip():
            if self._held is not None and not self._is_shown():
                self._call_after_all()
                return
            self._flush()
            self._span = 0
            self._fence = begins[1] if begins else ""
        self._line = ""

    def _is_shown(self) -> bool:
        """Whether what is held stands in the line that begins a fence."""
        in_this_line = self._held is not None and "\n" not in "".join(self._held).rstrip("\n")
        return in_this_line and _FENCE.match(self._line) is not None

    def _flush(self) -> None:
        """What was held is text."""
        self._given += self._held or []
        self._held = None

    def _call_after_all(self) -> None:
        """The backtick before it was one by itself: read again from the tag on."""
        self._rest = "".join(self._held or []) + self._rest[self._at :]
        self._at = self._span = 0
        self._held, (self._line, self._may_indent) = None, self._before_held


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    tool: Annotated[str, Meta(min_length=1)]
    parameters: dict[str, Any] = {}


def parsed(call: WrittenCall, call_id: str) -> ToolCallContent:
    """The call that was written, or one of MALFORMED."""
    try:
        form: _Form = typed.json_decoder(_Form).decode(call.body)
    except BAD_JSON as error:
        return _malformed(call.body, call_id, str(error))
    if not call.is_closed:
        return _malformed(call.body, call_id, "its closing tag is missing")
    if form.tool == MALFORMED:
        return _malformed(call.body, call_id, f"no tool is called {MALFORMED}")
    return ToolCallContent(tool_call_id=call_id, name=form.tool, args=form.parameters)


def _malformed(body: str, call_id: str, reason: str) -> ToolCallContent:
    text = (
        f"not run: this call cannot be read ({reason}); write it in the form that is told in"
        ' "# Tools"'
    )
    return ToolCallContent(
        tool_call_id=call_id, name=MALFORMED, args={"text": body, "problem": text}
    )


def problem_of(name: str, args: dict[str, Any]) -> str | None:
    """What the model is told of a call of MALFORMED; None of any other, also of one by that name
    that a model with tools of its own made up.
    """
    problem = args.get("problem")
    return problem if name == MALFORMED and isinstance(problem, str) else None


def formatted(call: ToolCallContent) -> str:
    """The call as a model writes it; one that could not be read as it was written."""
    if problem_of(call.name, call.args) is not None:
        return f"{OPEN}{call.args.get('text', '')}{CLOSE}"
    form = msgspec.json.encode(_Form(call.name, call.args)).decode()
    return f"{OPEN}{form}{CLOSE}"
