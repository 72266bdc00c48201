"""The rounds of a conversation as lines: who said what, which tools were called. PURE.

Texts are paragraphs of many lines, so a block is `(text, style)` and may hold newlines.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from actors.cli.drawing import style_of
from actors.cli.phrases import joined, local, plural
from actors.cli.printable import shown_lines
from actors.cli.turn_phrases import cost_phrase, end_phrase, waiting_phrase

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line

    Json = dict[str, Any]

ARGUMENTS_LIMIT = 120
RESULT_LIMIT = 200
MALFORMED = "(malformed)"
"""As `actors.decisions.text_calls`; a test holds the two together."""
_DENIED = "permission denied: "
_NOBODY = "nobody answered"
_NOT_RUN = "not run: "


def round_lines(entry: Json) -> list[Line]:
    """A round: the request, each turn with its tool calls, and how it ended."""
    request = entry.get("request") or {}
    status = str(entry.get("status"))
    failure = entry.get("failure") or {}
    lines: list[Line] = [
        [("you", "bold"), (f" {local(entry.get('created_at'))}{_number(entry)}", "dim")],
        *_paragraph(text_of(request)),
    ]
    for turn in entry.get("turns") or []:
        lines += _turn(turn, str(failure.get("message") or ""))
    if status != "completed":
        told = failure.get("message") or status
        reason = "" if told == status else f": {told}"
        lines.append([(f"{status}{reason}", style_of(status))])
    return [*lines, []]


def _number(entry: Json) -> str:
    """Of the journal's line that ended it."""
    return f"  @{entry['n']}" if entry.get("n") else ""


def text_of(holder: Json) -> str:
    """The text of a message or turn; its content is blocks, or a plain string."""
    content = holder.get("content") or ()
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content if block.get("type") == "text")


def tool_line(call: Json) -> str:
    """A tool call in one line: name, arguments, status, and how far it is.

    One that could not be read has what was written in place of arguments.
    """
    args = call.get("args") or {}
    is_unreadable = call.get("name") == MALFORMED and isinstance(args.get("text"), str)
    shown = (
        " ".join(args["text"].split()) if is_unreadable else json.dumps(args, ensure_ascii=False)
    )
    text = f"{call.get('name')} {_short(shown, ARGUMENTS_LIMIT)}: {_became(call)}"
    return f"{text}, {call['progress']}" if call.get("progress") else text


def _became(call: Json) -> str:
    """Its status. Nobody's no is told from a person's or a rule's, both with the reason."""
    status = str(call.get("status") or "pending")
    result = str((call.get("result") or {}).get("content") or "")
    if status != "denied" or not result:
        return status
    reason = result.removeprefix(_DENIED)
    is_a_no = reason != result and not reason.startswith(_NOBODY)
    first = (shown_lines(reason.removeprefix(_NOT_RUN)) or [""])[0]
    return f"{'denied' if is_a_no else 'not run'}: {_short(first, RESULT_LIMIT)}"


def _turn(turn: Json, failure: str) -> list[Line]:
    """A turn; an error that is also why its round failed is told there, once."""
    text, error = text_of(turn), str(turn.get("error") or "")
    if error and error in failure and not text and not turn.get("tool_calls"):
        return _context(turn)
    head = [str(turn.get("model") or ""), cost_phrase(turn)]
    lines = [*_context(turn), [("model", "bold"), (f" {joined(head)}", "dim")], *_paragraph(text)]
    for call in turn.get("tool_calls") or []:
        lines.append([(f"  tool {tool_line(call)}", "dim")])
        lines += _result(call)
    waiting, end = waiting_phrase(turn), end_phrase(turn)
    if waiting or end:
        lines.append([(f"  {waiting or end}", "warn")])
    elif error and error not in failure:
        lines.append([(f"  {error}", "bad")])
    return lines


def _result(call: Json) -> list[Line]:
    """What it gave; of one that did not run the reason is told already, but for further lines."""
    result = _short(str((call.get("result") or {}).get("content") or ""), RESULT_LIMIT)
    lines = shown_lines(result)
    if call.get("status") == "denied" and len(lines) == 1:
        return []
    return [[(f"    {line}", "dim")] for line in lines]


def _context(turn: Json) -> list[Line]:
    """What of the conversation the model was given in short, and what it was not given."""
    lines: list[Line] = []
    for made in turn.get("summaries") or []:
        message = made.get("message") or {}
        if not message:
            failed = joined(["of no use", cost_phrase(made)])
            lines.append([("summary", "bold"), (f" {failed}", "dim")])
            continue
        count = len((message.get("metadata") or {}).get("summarized_messages") or ())
        head = [f"of {plural(count, 'earlier message')}", cost_phrase(made)]
        lines += [[("summary", "bold"), (f" {joined(head)}", "dim")], *_paragraph(text_of(message))]
    lines += [[(f"  left out: {each}", "warn")] for each in turn.get("left_out") or []]
    return lines


def _paragraph(text: str) -> list[Line]:
    return [[(f"  {line}", "")] for line in shown_lines(text)]


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
