import io
import json

from actors.cli.console import Console


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_that_want_it() -> None:
    for stream, environ, shown in (
        (Terminal(), {}, "\x1b[31mno\x1b[0m\n"),
        (Terminal(), {"NO_COLOR": "1"}, "no\n"),
        (Terminal(), {"TERM": "dumb"}, "no\n"),
        (io.StringIO(), {}, "no\n"),
    ):
        Console(stream, io.StringIO(), environ).line(("no", "bad"))
        assert stream.getvalue() == shown


def test_boxes_are_drawn_on_terminals_only() -> None:
    assert Console(Terminal(), io.StringIO(), {}).draws_boxes
    assert not Console(io.StringIO(), io.StringIO(), {}).draws_boxes


def test_nothing_raw_reaches_any_stream() -> None:
    out, err = Terminal(), Terminal()
    console = Console(out, err, {"NO_COLOR": "1"})
    console.line(("a\x1b[2J\nb", "bold"))
    console.stream([("c\x1b]0;t\x07\nd\x9b", "")])
    console.note("e\x07")
    console.error("f\r\ngreenroom: all is well")
    assert out.getvalue() == "a\\x1b[2J\\nb\nc\\x1b]0;t\\x07\nd\\x9b"
    assert err.getvalue() == "e\\x07\ngreenroom: f\\r\n  greenroom: all is well\n"


def test_json_silences_the_lines_and_escapes_what_controls() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO(), {}, json=True)
    console.line("for people")
    console.stream([("for people", "")])
    console.value({"text": "\x1b\x7f\x9b\u202e"})
    assert out.getvalue() == '{"text": "\\u001b\\u007f\\u009b\\u202e"}\n'
    assert json.loads(out.getvalue())["text"] == "\x1b\x7f\x9b\u202e"


def test_advice_names_the_directory_and_other_lines_stay_as_they_are() -> None:
    out = io.StringIO()
    console = Console(out, io.StringIO(), {})
    console.named_data = "/d"
    console.advise("made; ", ("next: greenroom send x TEXT", "dim"))
    console.line("it said: greenroom start")
    assert out.getvalue() == (
        "made; next: greenroom --data /d send x TEXT\nit said: greenroom start\n"
    )
