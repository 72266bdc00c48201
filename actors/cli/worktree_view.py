"""What was seen of a session's directory, as people say it. PURE."""

from __future__ import annotations

import shlex

from actors.cli.own_words import Advice
from actors.cli.phrases import joined
from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

_SHORT = 12
_SET_UP = "setup"
_KINDS = ("conflicted", "staged", "modified", "untracked")
_WHERE = {
    "gone": "directory gone",
    "moved": "directory moved",
    "not-ours": "another's directory",
    "unknown": "directory gave no answer yet",
}


def worktree_spans(session: Json) -> list[Span]:
    """For `status`: `worktree on fix/login, 1 modified`; or where its directory is not."""
    where, look = str(session.get("location") or "there"), session.get("worktree") or {}
    spans: list[Span] = []
    if session.get("type") == "worktree":
        phrase = worktree_phrase(look)
        spans.append((f"worktree {phrase}" if phrase else "worktree", ""))
    failed = _set_up_end(session)
    if failed:
        spans.append((f"set-up {failed}", "bad"))
    spans.append((_WHERE.get(where, ""), "warn" if where == "unknown" else "bad"))
    return spans


def worktree_phrase(look: Json) -> str:
    """`on fix/login, 2 ahead of main, 1 modified`: its branch, where that is, and what is open."""
    return joined([_branch(look), _against(look), dirt(look)])


def where_cell(session: Json) -> Span:
    """As short as can be: `fix/login +2 -1 *3`, the last being what is not committed; `gone`.

    `problem` where git cannot use it; `show` says which.
    """
    where, look = str(session.get("location") or "there"), session.get("worktree") or {}
    if where not in {"there", "unknown"}:
        return where, "bad"
    if look.get("problem") and look.get("head") is None and look.get("branch") is None:
        return ("problem", "bad") if where == "there" else ("", "")
    ahead, behind = _distance(look)[:2]
    count = sum(look.get(kind) or 0 for kind in _KINDS)
    parts = [
        str(look.get("branch") or (f"({_short(look)})" if look.get("is_detached") else "")),
        f"+{ahead}" if ahead else "",
        f"-{behind}" if behind else "",
        f"*{count}" if count else "",
    ]
    return " ".join(filter(None, parts)), "bad" if look.get("conflicted") else ""


def worktree_lines(look: Json) -> list[Line]:
    """For `show`: what git says, and what is wrong."""
    lines: list[Line] = []
    if look.get("branch") or look.get("head"):
        lines.append([_name("git"), (worktree_phrase(look), "")])
        if look.get("base"):
            lines.append([_name("base"), (_base(look), "")])
    if look.get("problem"):
        lines.append([_name("problem"), (str(look["problem"]), "bad")])
    return lines


def set_up_lines(session: Json) -> list[Span]:
    """For `show`: that its set-up command failed, or what it is while it waits, and what to do
    then; and what the set-up left out.
    """
    failed, waits = _set_up_end(session), waiting_set_up(session)
    worker = f"{session.get('id')}/{_set_up_worker(session).get('name')}"
    how = f"greenroom output {worker} shows why, greenroom run {worker} runs it again"
    told = [f"{failed}; {how}"] if failed else [f"waits: {waits}"] if waits else []
    notes = (session.get("set_up") or {}).get("notes") or []
    return [*((Advice(each), "") for each in told), *((printable(each), "warn") for each in notes)]


def waiting_set_up(session: Json) -> str:
    """The command of a repository that nobody has run yet, and what runs it; else nothing."""
    worker, set_up = _set_up_worker(session), session.get("set_up") or {}
    if not set_up.get("command") or worker.get("status") != "stopped" or worker.get("exit"):
        return ""
    what = printable(shlex.join(map(str, set_up["command"])))
    return f"{what}; greenroom run {session.get('id')}/{worker.get('name')} runs it"


def _set_up_worker(session: Json) -> Json:
    """The one that its set-up was given, which has the name unless that was taken."""
    if session.get("type") != "worktree":
        return {}
    workers = session.get("workers") or []
    return next((each for each in workers if each.get("name") == _SET_UP), {})


def _set_up_end(session: Json) -> str:
    """How it failed, if it has not been run again since."""
    worker = _set_up_worker(session)
    end = worker.get("exit") or {}
    if worker.get("status") in {"running", "starting"}:
        return ""
    if end.get("signal"):
        return f"was ended by signal {end['signal']}"
    return f"ended with {end['code']}" if end.get("code") else ""


def dirt(look: Json) -> str:
    """What is not committed; `clean` if nothing, empty where that is not known."""
    if look.get("modified") is None:
        return ""
    return joined(f"{look[kind]} {kind}" for kind in _KINDS if look.get(kind)) or "clean"


def _branch(look: Json) -> str:
    if look.get("branch"):
        return f"on {look['branch']}" + ("" if look.get("head") else " (no commit yet)")
    return f"detached at {_short(look)}" if look.get("is_detached") else ""


def _short(look: Json) -> str:
    return str(look.get("head") or "no commit")[:_SHORT]


def _distance(look: Json) -> tuple[int | None, int | None, str]:
    """Ahead, behind, and of what: the upstream if there is one, else the base."""
    if look.get("ahead") is not None:
        return look["ahead"], look.get("behind"), str(look.get("upstream"))
    return look.get("ahead_of_base"), look.get("behind_base"), _base_name(look)


def _base_name(look: Json) -> str:
    return str(look.get("base_branch") or "its base")


def _against(look: Json) -> str:
    ahead, behind, what = _distance(look)
    told = [f"{ahead} ahead" if ahead else "", f"{behind} behind" if behind else ""]
    shown = " and ".join(filter(None, told))
    return f"{shown} of {what}" if shown else ""


def _base(look: Json) -> str:
    ahead, behind = look.get("ahead_of_base"), look.get("behind_base")
    told = f"{ahead} ahead, {behind} behind" if ahead is not None else ""
    return joined([str(look["base"])[:_SHORT], str(look.get("base_branch") or ""), told])


def _name(name: str) -> Span:
    return f"{name:<10}", "dim"
