import fnmatch
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.permission import Allowed, Denied, MustAsk, decide, for_prompt
from storage.records.tool import Tool
from storage.records.workspace import (
    McpServerSettings,
    PermissionRule,
    PermissionSettings,
    WorkspaceSettings,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def tool(name: str = "files.write", **changes: Any) -> Tool:
    fields: dict[str, Any] = {
        "name": name,
        "server": "files",
        "description": "",
        "input_schema": {},
    }
    return Tool(**(fields | changes))


def settings(*rules: PermissionRule, **server: Any) -> WorkspaceSettings:
    return WorkspaceSettings(
        mcp_servers={"files": McpServerSettings(command="x", **server)},
        permissions=PermissionSettings(rules=rules),
    )


def rule(pattern: str, decision: str, **arguments: str) -> PermissionRule:
    return msgspec.convert(
        {"tool": pattern, "arguments": arguments, "decision": decision}, PermissionRule
    )


def test_without_rules_a_person_is_asked() -> None:
    assert isinstance(decide(tool(), {}, WorkspaceSettings()), MustAsk)


def test_the_first_rule_that_matches_decides() -> None:
    rules = [rule("files.read", "deny"), rule("files.*", "allow"), rule("*", "deny")]
    assert decide(tool(), {}, settings(*rules)) == Allowed()
    assert isinstance(decide(tool(), {}, settings(*reversed(rules))), Denied)


@pytest.mark.parametrize(
    ("rules", "reads", "problem"),
    [
        ((), True, None),
        ((), False, "its server does not say that it only reads"),
        ((rule("files.write", "allow"),), False, None),
        ((rule("files.write", "ask"),), True, "a rule wants a person to be asked"),
        ((rule("files.*", "deny"), rule("*", "allow")), True, "rule for 'files.*' denies"),
    ],
)
def test_for_a_prompt_nobody_is_asked(
    rules: tuple[PermissionRule, ...], reads: bool, problem: str | None
) -> None:
    verdict = for_prompt(tool(read_only_hint=reads), {"path": "a"}, settings(*rules))
    if problem is None:
        assert verdict == Allowed()
        return
    assert isinstance(verdict, Denied)
    assert problem in verdict.reason
    if "put this first" in verdict.reason:
        hint = msgspec.json.decode(verdict.reason.partition("workspace.json: ")[2])
        allowed = msgspec.convert(hint, PermissionRule)
        again = for_prompt(tool(), {"path": "a"}, settings(allowed, *rules))
        assert again == Allowed()


def test_what_a_server_is_approved_for_may_be_called_for_a_prompt() -> None:
    assert for_prompt(tool(), {}, settings(auto_approve=True)) == Allowed()


def test_a_refusal_names_its_rule() -> None:
    refused = decide(tool(), {}, settings(rule("files.w*", "deny")))
    assert refused == Denied("the workspace's permission rule for 'files.w*' denies this call")


def test_a_rule_to_ask_comes_before_all_approval() -> None:
    asked = decide(tool(), {}, settings(rule("*", "ask"), auto_approve=True))
    assert isinstance(asked, MustAsk)


def test_every_argument_of_a_rule_must_match() -> None:
    only = settings(rule("files.write", "allow", path="/srv/*", mode="[ab]"))
    assert decide(tool(), {"path": "/srv/x/y", "mode": "a", "more": 1}, only) == Allowed()
    assert isinstance(decide(tool(), {"path": "/srv/x", "mode": "c"}, only), MustAsk)
    assert isinstance(decide(tool(), {"path": "/srv/x"}, only), MustAsk)


def test_patterns_tell_capitals_apart() -> None:
    assert isinstance(decide(tool("files.Write"), {}, settings(rule("files.w*", "deny"))), MustAsk)


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        (5, "5"),
        (True, "true"),
        (None, "null"),
        (["-r", "a b"], '[[]"-r","a b"]'),
        ({"b": 1, "a": [2]}, '{"a":[[]2],"b":1}'),
        ({"a": "é"}, '*"é"*'),
    ],
)
def test_other_values_than_text_are_matched_on_their_compact_json(value: Any, pattern: str) -> None:
    assert decide(tool(), {"x": value}, settings(rule("*", "allow", x=pattern))) == Allowed()


@pytest.mark.parametrize("approved", [True, ("write",), ("files.wr*",), ("x", "*")])
def test_a_servers_tools_can_be_approved(approved: bool | tuple[str, ...]) -> None:
    assert decide(tool(), {}, settings(auto_approve=approved)) == Allowed()


@pytest.mark.parametrize("approved", [False, (), ("read",), ("other.*",)])
def test_what_a_server_does_not_approve_is_asked(approved: bool | tuple[str, ...]) -> None:
    assert isinstance(decide(tool(), {}, settings(auto_approve=approved)), MustAsk)


def test_a_rule_comes_before_the_servers_approval() -> None:
    assert isinstance(decide(tool(), {}, settings(rule("*", "deny"), auto_approve=True)), Denied)


def test_a_reader_is_allowed_only_when_trusted() -> None:
    assert decide(tool(read_only_hint=True, trusted=True), {}, settings()) == Allowed()
    assert isinstance(decide(tool(read_only_hint=True), {}, settings()), MustAsk)
    assert isinstance(decide(tool(trusted=True), {}, settings()), MustAsk)


def test_the_hint_is_the_rule_to_paste() -> None:
    asked = decide(tool(), {"path": "/a*b", "n": 2}, settings())
    assert asked == MustAsk(
        '{"tool": "files.write", "arguments": {"path": "/a[*]b", "n": "2"}, "decision": "allow"}'
    )
    assert decide(tool(), {}, settings()) == MustAsk('{"tool": "files.write", "decision": "allow"}')


@given(st.text(), st.dictionaries(st.text(), JSON, max_size=3))
def test_the_hint_allows_exactly_its_call(name: str, args: dict[str, Any]) -> None:
    wanted = tool(name)
    asked = decide(wanted, args, WorkspaceSettings())
    assert isinstance(asked, MustAsk)
    assert asked.rule_hint.isascii()
    pasted = msgspec.json.decode(asked.rule_hint, type=PermissionRule)
    assert decide(wanted, args, settings(pasted)) == Allowed()
    assert isinstance(decide(tool(name + "x"), args, settings(pasted)), MustAsk)
    for key, value in args.items():
        changed = args | {key: f"{json.dumps(value)}x"}
        assert isinstance(decide(wanted, changed, settings(pasted)), MustAsk)


def test_no_pattern_of_a_hint_is_wider_than_its_text() -> None:
    asked = decide(tool("a[b]?*"), {}, WorkspaceSettings())
    assert isinstance(asked, MustAsk)
    pattern = json.loads(asked.rule_hint)["tool"]
    assert [n for n in ("a[b]?*", "ab?*", "abxx") if fnmatch.fnmatchcase(n, pattern)] == ["a[b]?*"]
