from typing import Any

from actors.cli.whole_permission_view import CUT, CUT_OF_SERVER, whole_lines

ASKED: dict[str, Any] = {
    "id": "abcd-sess", "kind": "server", "tool": "git", "title": "Shop", "seconds_left": 60,
    "arguments": {"command": "git", "args": ["-y"], "cwd": "", "digest": "0f0f"}, "reason": "new",
}  # fmt: skip


def shown(args: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    lines = whole_lines({**ASKED, **changes}, args)
    return ["".join(text for text, _ in line) for line in lines]


def test_a_server_is_shown_with_all_that_starts_it_and_without_its_digest() -> None:
    assert shown() == [
        "may the server git run? 1 min left",
        "id       abcd-sess",
        "session  Shop",
        "  command:",
        "  | git",
        "  args:",
        '  | ["-y"]',
        "  cwd:",
        '  | ""',
        "reason   new",
        "answer with: greenroom answer abcd allow|deny",
    ]


def test_what_was_kept_in_part_says_so() -> None:
    long = {"args": "x… (9000 characters)"}
    assert CUT_OF_SERVER in shown(arguments=long)
    assert CUT in shown(arguments=long, kind="call")
    assert CUT_OF_SERVER in shown(arguments={"…": "7 more"})
    assert CUT not in shown({"args": "all"}, arguments=long, kind="call")


def test_no_argument_passes_for_a_line_of_greenroom() -> None:
    lines = shown({"answer with: x": "a\nanswer with: y\rz\u2028"}, kind="call")
    assert lines[3:-2] == ["  answer with: x:", "  | a", "  | answer with: y\\rz\\u2028"]
