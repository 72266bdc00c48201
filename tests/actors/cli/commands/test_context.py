from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

BUILT = {
    "system_prompt": "Be careful.\n\n# Date\n\n2026-11-21",
    "history": [
        {"id": "1", "role": "user", "content": [{"type": "text", "text": "Look\x1b[2J"}]},
        {"id": "2", "role": "assistant", "content": [
            {"type": "tool-call", "name": "files.read", "args": {"path": "a"}},
            {"type": "provider", "block": {}},
        ]},
        {"id": "3", "role": "tool", "content": [{"type": "tool-result", "content": "x" * 500}]},
    ],
}  # fmt: skip
SHOWN = (
    "system prompt\n"
    "  Be careful.\n"
    "  \n"
    "  # Date\n"
    "  \n"
    "  2026-11-21\n"
    "history 3 messages\n"
    "  user\n"
    "    Look\\x1b[2J\n"
    "  assistant\n"
    '    tool files.read {"path": "a"}: called\n'
    "    [provider]\n"
    "  tool\n"
    f"    {'x' * 400}…\n"
)


def test_prompt_and_history_are_shown(run: Run, serve: Serve) -> None:
    daemon = serve(yes(BUILT))
    assert run("context", "a").out == SHOWN
    assert [sent["type"] for sent in daemon.requests] == ["get-context"]


def test_tools_are_asked_anew_first(run: Run, serve: Serve) -> None:
    refreshed, built = yes({"refreshed": ["x"]}), yes(BUILT)
    daemon = serve(lambda sent: (refreshed if sent["type"] == "refresh-context" else built)(sent))
    assert run("context", "a", "--refresh").out == SHOWN
    assert [sent["type"] for sent in daemon.requests] == ["refresh-context", "get-context"]


def test_a_session_that_is_not_there_is_an_error(run: Run, serve: Serve) -> None:
    serve(no("no-conversation", "session a has no conversation"))
    done = run("context", "a")
    assert done.status == 1
    assert "has no conversation" in done.err


def test_tools_are_named_and_what_is_left_out_is_counted(run: Run, serve: Serve) -> None:
    prompt = "a\tb"
    serve(yes({**BUILT, "system_prompt": prompt, "tools": ["a.b", "c.d"], "left_out": 4}))
    assert run("context", "a").out.startswith(
        "system prompt\n  a   b\ntools a.b, c.d\nhistory 3 messages, 4 left out\n"
    )
