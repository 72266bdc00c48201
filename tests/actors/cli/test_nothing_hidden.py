"""R13: whoever decides or looks back sees all there is, whatever a terminal would make of it."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from actors.cli.attach.notices import Notices
from actors.cli.console import Console
from actors.cli.context_view import context_lines
from actors.cli.diff_view import stat_lines, text_lines
from actors.cli.history_view import round_lines
from actors.cli.permission_view import note_lines, permission_lines
from actors.cli.transcript import Transcript
from actors.cli.whole_permission_view import whole_lines
from tests.fakes.hostile_texts import HOSTILE, is_all_in

Json = dict[str, Any]
Shown = Callable[[Console, str], None]


def asked(text: str, **more: Any) -> Json:
    return {"id": "abcdef-sess", "kind": "call", "tool": "sh", "title": "Shop", "seconds_left": 60,
            "arguments": {"command": text}, **more}  # fmt: skip


def round_of(text: str, **call: Any) -> Json:
    made = {"tool_call_id": "1", "name": "sh", "args": {}, "status": "completed", **call}
    turn = {"number": 1, "content": [{"type": "text", "text": text}], "tool_calls": [made]}
    return {"request": {"content": text}, "status": "completed", "turns": [turn]}


def noted(console: Console, text: str) -> None:
    beside = Console(console.out, console.out, {})
    for line in note_lines(asked(text)):
        beside.note(line)


def on_last_line(console: Console, text: str) -> None:
    drawn: list[bytes] = []
    Notices("shell", drawn.append, lambda: (300, 24)).say(text)
    console.out.write(drawn[0].decode().partition("\x1b[0;7m")[2].partition("\x1b[0m\x1b8")[0])


def streamed(console: Console, text: str) -> None:
    transcript = Transcript()
    console.stream(transcript.update(round_of(text, args={"command": text})["turns"][0]))


VIEWS: dict[str, Shown] = {
    "list": lambda to, text: to.lines(permission_lines([asked(text)])),
    "whole": lambda to, text: to.lines(whole_lines(asked(""), {"command": text})),
    "whole-name": lambda to, text: to.lines(whole_lines(asked(""), {text: 1})),
    "whole-list": lambda to, text: to.lines(whole_lines(asked(""), {"args": [text]})),
    "whole-tool": lambda to, text: to.lines(whole_lines(asked("", tool=text), {})),
    "whole-reason": lambda to, text: to.lines(whole_lines(asked("", reason=text), {})),
    "note": noted,
    "attach": on_last_line,
    "history-call": lambda to, text: to.lines(round_lines(round_of("", args={"command": text}))),
    "history-tool": lambda to, text: to.lines(round_lines(round_of("", name=text))),
    "history-text": lambda to, text: to.lines(round_lines(round_of(text))),
    "history-result": lambda to, text: to.lines(
        round_lines(round_of("", result={"content": text}))
    ),
    "transcript": streamed,
    "context": lambda to, text: to.lines(context_lines({"system_prompt": text})),
    "diff": lambda to, text: to.lines(text_lines({"text": f"@@ -0,0 +1 @@\n+{text}\n"})),
    "diff-head": lambda to, text: to.lines(text_lines({"text": f"+++ b/{text}\n"})),
    "diff-names": lambda to, text: to.lines(stat_lines({"files": [{"path": text}]})),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_all_there_is_to_see_is_shown_and_nothing_is_raw(view: Shown, text: str) -> None:
    out = io.StringIO()
    view(Console(out, io.StringIO(), {}), text)
    assert is_all_in(text, out.getvalue()), repr(out.getvalue())
