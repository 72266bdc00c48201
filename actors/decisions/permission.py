"""PURE: may this tool be called with these arguments, or must a person be asked?

The workspace's rules decide first, in order; then what its server's settings approve, then tools
that are trusted only to read. Everything else is asked. Asking itself is left to
`permission_asks`.
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from storage.records.tool import Tool
from storage.records.workspace import PermissionRule, WorkspaceSettings

_GLOB_CHARACTERS = re.compile(r"([*?[])")


class Allowed(Struct, frozen=True): ...


class Denied(Struct, frozen=True):
    """`reason` is a sentence for the model and for people."""

    reason: str


class MustAsk(Struct, frozen=True):
    """`rule_hint` is the JSON of the rule that allows this very call when it stands first, empty
    where no rule can. `reason`: why it is asked although something allows it.
    """

    rule_hint: str
    reason: str | None = None


Permission = Allowed | Denied | MustAsk


def decide(tool: Tool, args: dict[str, Any], settings: WorkspaceSettings) -> Permission:
    """The first rule that matches decides.

    A rule matches when its `tool` glob fits the full name and every one of its argument globs fits
    that argument's text, which for anything but a string is its compact JSON with sorted keys. An
    argument that is not given matches nothing. Globs are case-sensitive; `*` crosses `/`.
    """
    for rule in settings.permissions.rules:
        if _matches(rule, tool, args):
            return _by_rule(rule, tool, args)
    if _auto_approved(tool, settings) or tool.only_reads:
        return Allowed()
    return MustAsk(_rule_hint(tool, args))


def for_prompt(tool: Tool, args: dict[str, Any], settings: WorkspaceSettings) -> Allowed | Denied:
    """The same for a call whose result is a part of the prompt.

    Nobody can be asked then. Where neither a rule nor its server's settings decide, it is enough
    that the server says of its tool that it only reads: the workspace names the very call.
    """
    verdict = decide(tool, args, settings)
    if not isinstance(verdict, MustAsk):
        return verdict
    is_by_rule = any(_matches(rule, tool, args) for rule in settings.permissions.rules)
    if tool.read_only_hint and not is_by_rule:
        return Allowed()
    why = (
        "a rule wants a person to be asked"
        if is_by_rule
        else "its server does not say that it only reads"
    )
    return Denied(
        f"{why}, and nobody can be asked while a prompt is made; if it may be called for every"
        f" prompt, put this first into permissions.rules of workspace.json: {verdict.rule_hint}"
    )


def _by_rule(rule: PermissionRule, tool: Tool, args: dict[str, Any]) -> Permission:
    if rule.decision == "allow":
        return Allowed()
    if rule.decision == "ask":
        return MustAsk(_rule_hint(tool, args))
    return Denied(f"the workspace's permission rule for {rule.tool!r} denies this call")


def _matches(rule: PermissionRule, tool: Tool, args: dict[str, Any]) -> bool:
    return fnmatchcase(tool.name, rule.tool) and all(
        name in args and fnmatchcase(_text(args[name]), pattern)
        for name, pattern in rule.arguments.items()
    )


def _auto_approved(tool: Tool, settings: WorkspaceSettings) -> bool:
    server = settings.mcp_servers.get(tool.server)
    if server is None:
        return False
    if isinstance(server.auto_approve, bool):
        return server.auto_approve
    names = (tool.name, tool.name.removeprefix(f"{tool.server}."))
    return any(fnmatchcase(name, pattern) for name in names for pattern in server.auto_approve)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _rule_hint(tool: Tool, args: dict[str, Any]) -> str:
    rule: dict[str, Any] = {"tool": _literal(tool.name)}
    if args:
        rule["arguments"] = {name: _literal(_text(value)) for name, value in args.items()}
    # Kept in ASCII: a hint is shown in terminals, where nothing of a server's may act.
    return json.dumps({**rule, "decision": "allow"})


def _literal(text: str) -> str:
    """The glob that matches this text alone."""
    return _GLOB_CHARACTERS.sub(r"[\1]", text)
