"""PURE: what a session may ask for itself, through its agent or its model.

It sees itself and those below it: the sessions that it started, those that these started, and so
on. It leads those below it, and starts children of its own. What is not named here it may not do. A
person, and whoever speaks for one, is bound by none of this.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.new_session import SETUP_WORKER
from actors.decisions.parents import Known, ids_of_line
from storage.records import request as r
from storage.records.budget import LIMITS, Spending
from storage.records.config import Budget, Limits, SessionConfig, StrictLimits
from storage.records.session import Session, WorktreeSession
from storage.records.worker import ProcessWorker

MOST_ABOVE = 4
"""So many sessions stand above one that a session starts: a chain of them comes to its end."""
MOST_BELOW = 100
"""So many sessions are below one at a time, whoever of them started them."""

Reach = Literal["seen", "own", "below"]
"""`seen` and `own`: of itself and of those below it; `below`: of those alone."""

_REACH: dict[type[r.RequestBase], Reach] = {
    r.GetSession: "seen",
    r.GetHistory: "seen",
    r.GetMessages: "seen",
    r.GetResponse: "seen",
    r.GetOutput: "seen",
    r.GetScreen: "seen",
    r.GetActivity: "seen",
    r.GetWorker: "seen",
    r.ListWorkers: "seen",
    r.GetBudget: "seen",
    r.GetWorktree: "seen",
    r.GetDiff: "seen",
    r.ListTimers: "seen",
    r.SetTimer: "own",
    r.CancelTimer: "own",
    r.Request: "below",
    r.WriteInput: "below",
    r.Cancel: "below",
    r.AnswerPermission: "below",
    r.PauseSession: "below",
    r.ResumeSession: "below",
    r.StopSession: "below",
    r.DeleteSession: "below",
}
_OF_ALL = (r.ListSessions, r.ListPermissions, r.ListAgents, r.CreateSession)
_PROGRAMS = frozenset({"agent", "terminal"})


class Above(Struct, frozen=True):
    """A session in the line above a child, itself included, and the budget that holds for it."""

    session: Session
    budget: Budget | None


def never(request: r.RequestBase) -> r.Refusal | None:
    """Why no session may ask for such a thing; None where that depends on what is meant."""
    if type(request) in _REACH or isinstance(request, _OF_ALL):
        return None
    text = f"{r.type_of(request)} is for a person to ask; say in your answer what you want done"
    return out_of_reach(text)


def visible(sessions: dict[str, Session], caller: str, known: Known) -> dict[str, Session]:
    """The caller itself and those below it."""
    return {key: one for key, one in sessions.items() if caller in ids_of_line(one, known)}


def refusal(request: r.RequestBase, caller: Session, target: Session) -> r.Refusal | None:
    """Whether it may be asked of `target`, which the caller sees."""
    if _REACH.get(type(request)) in {"seen", "own"}:
        return None
    if target.id == caller.id:
        return out_of_reach("a session does this for those that it started, and not for itself")
    if isinstance(request, r.WriteInput) and not runs_programs(caller):
        return out_of_reach("a session that runs no program of its own types into no terminal")
    if isinstance(request, r.AnswerPermission):
        return _cannot_answer(request, target)
    return None


def _cannot_answer(request: r.AnswerPermission, target: Session) -> r.Refusal | None:
    if request.remember:
        text = "only a person lets an answer hold for later calls too; leave remember out"
        return out_of_reach(text, "$.remember")
    asked = next((each for each in target.permissions if each.id == request.permission), None)
    if asked is not None and asked.kind == "server" and request.decision == "allow":
        text = f"whether the tool server {asked.tool} may be started is for a person to say"
        return out_of_reach(text, "$.decision")
    return None


def runs_programs(session: Session) -> bool:
    """Whether something in it can run any command already.

    The set-up of a worktree runs the repository's command alone, and only when a person says so.
    """
    own = (worker for worker in session.workers if worker.name != SETUP_WORKER)
    return any(isinstance(worker, ProcessWorker) for worker in own)


def as_child(
    request: r.CreateSession, line: Sequence[Above], known: Known, below: int
) -> r.CreateSession | r.Refusal:
    """The request as it may be done: a child of the first of `line`, with no more than that has.

    `below`: how many sessions are below the last of those above. That a directory lies within the
    parent's is for the caller to check.
    """
    parent = line[0].session
    if len(ids_of_line(parent, known)) > MOST_ABOVE:
        text = f"there are {MOST_ABOVE} sessions above this one, which is the most; do it here"
        return r.Refusal(code="too-deep", message=text)
    if below >= MOST_BELOW:
        text = f"{below} sessions are there already, which is the most; close some first"
        return r.Refusal(code="too-many-sessions", message=text)
    config = _config(request.config, line)
    if isinstance(config, r.Refusal):
        return config
    outside = _outside(request, parent)
    if outside:
        return outside
    return replace(
        request,
        parent=parent.id,
        workspace=parent.workspace,
        config=config,
        **_place(request, parent),
    )


def _place(request: r.CreateSession, parent: Session) -> dict[str, str]:
    """Where nothing is said: where the parent is, or a worktree of its repository."""
    if request.session_type == "quick":
        return {"location_path": request.location_path or parent.location_path}
    here = parent.repository if isinstance(parent, WorktreeSession) else parent.location_path
    return {"repository": request.repository or here}


def _outside(request: r.CreateSession, parent: Session) -> r.Refusal | None:
    if request.parent not in {None, parent.id}:
        return out_of_reach("a session starts children of its own; leave parent out", "$.parent")
    if request.workspace not in {None, parent.workspace}:
        text = f"a child is in the workspace of its parent, {parent.workspace}; leave workspace out"
        return out_of_reach(text, "$.workspace")
    if request.run_setup:
        text = "whether a repository's set-up command is trusted is for a person to say"
        return out_of_reach(text, "$.run_setup")
    if request.worker and request.worker.type in _PROGRAMS and not runs_programs(parent):
        text = (
            "a session that runs no program of its own starts none in its children: leave worker"
            " out for a conversation, or ask a person to start it"
        )
        return out_of_reach(text, "$.worker.type")
    return None


def _config(
    asked: r.StrictConfig | None, line: Sequence[Above]
) -> r.StrictConfig | r.Refusal | None:
    own = line[0].session.config or SessionConfig()
    wanted = asked or r.StrictConfig()
    refusal = _more_tools(wanted, own) or _more_budget(wanted.budget, line)
    if refusal:
        return refusal
    limits = _limits(wanted.limits, own.limits)
    if isinstance(limits, r.Refusal):
        return limits
    tools = own.tools if wanted.tools is None else wanted.tools
    config = replace(wanted, tools=tools, limits=limits)
    return None if asked is None and config == r.StrictConfig() else config


def _more_tools(wanted: SessionConfig, own: SessionConfig) -> r.Refusal | None:
    if own.tools is None or wanted.tools is None:
        return None
    more = [name for name in wanted.tools if not _is_among(name, own.tools)]
    if not more:
        return None
    text = f"the session itself has not the tools {', '.join(more)}; it has {', '.join(own.tools)}"
    return out_of_reach(text, "$.config.tools")


def _is_among(name: str, patterns: tuple[str, ...]) -> bool:
    if name in patterns:
        return True
    is_plain = not set(name) & set("*?[")
    return is_plain and any(fnmatchcase(name, pattern) for pattern in patterns)


def _more_budget(wanted: Budget | None, line: Sequence[Above]) -> r.Refusal | None:
    """What is spent by a child is also spent from the budgets above it, whatever its own says."""
    for above in line:
        spending = above.session.spending or Spending()
        for limit in LIMITS if wanted and above.budget else ():
            most, asked = getattr(above.budget, limit), getattr(wanted, limit)
            used = getattr(spending.spent, limit) + getattr(spending.reserved, limit)
            if most is not None and asked is not None and asked > most - used:
                text = (
                    f"of the budget of {above.session.title} {max(most - used, 0)} {limit} are"
                    f" left, and {asked} are asked for; ask for less, or leave it out: what a"
                    " child spends is spent from there in any case"
                )
                path = f"$.config.budget.{limit}"
                return r.Refusal(code="over-budget", message=text, path=path)
    return None


def _limits(wanted: StrictLimits | None, own: Limits | None) -> StrictLimits | r.Refusal | None:
    """Those of the parent where nothing less is asked for."""
    if own is None:
        return wanted
    found: dict[str, int | None] = {}
    for name in Limits.__struct_fields__:
        most, asked = getattr(own, name), getattr(wanted, name, None)
        if most is not None and asked is not None and asked > most:
            text = f"the session itself is held to {most} of {name}; ask for no more"
            return out_of_reach(text, f"$.config.limits.{name}")
        found[name] = most if asked is None else asked
    return StrictLimits(**found)


def out_of_reach(text: str, path: str | None = None) -> r.Refusal:
    return r.Refusal(code="out-of-reach", message=text, path=path)
