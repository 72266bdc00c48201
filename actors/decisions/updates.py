"""PURE: `update-session`: which fields can be set, what is merged, what follows from it."""

from collections.abc import Callable
from typing import Any

import msgspec

from actors.decisions import budget, metrics, session
from actors.decisions.decision import Draft, Given, Verdict
from storage import codec, fold
from storage.errors import FileRefused
from storage.records import event as e
from storage.records import request as r
from storage.records.config import SessionConfig, TokenMetrics
from storage.state import SessionState

READ_ONLY = frozenset({"id", "type", "created_at", "updated_at", "messages", "workers", "status"})

_TYPES: dict[str, Any] = {
    "title": r.Title,
    "desired": r.Desired,
    "is_active": bool,
    "metadata": dict[str, Any],
    "config": dict[str, Any],
    "metrics": dict[str, Any],
}
_MERGED: dict[str, Any] = {"config": SessionConfig, "metrics": TokenMetrics}


def update(state: SessionState, command: r.UpdateSession, given: Given) -> Verdict:
    """Whole values by field; `config` and `metrics` are merged one level deep, the budget and the
    limits in a config two.
    """
    refusal = _wrong(command.updates)
    if refusal:
        return refusal
    changes = {
        name: new for name, new in command.updates.items() if new != {} or name == "metadata"
    }
    desired = changes.pop("desired", None)
    if "is_active" in changes:
        desired = "run" if changes.pop("is_active") else "paused"
    refusal = session.cannot_be_desired(state, desired) if desired else None
    if refusal:
        return refusal
    draft = Draft(state, given)
    known_near = budget.near(state, budget.in_force(state.record, given.settings()))
    changes = _with_limits(draft, _with_budget(draft, changes))
    refusal = _merge(draft, "config", changes.get("config"), _config_events)
    refusal = refusal or _merge(draft, "metrics", changes.get("metrics"), _metrics_events)
    if refusal:
        return refusal
    if changes:
        draft.add(e.SessionUpdated(changes))
    if (changes.get("config") or {}).get("budget"):
        budget.open_account(draft)
    budget.warn(draft, before=known_near)
    if desired is not None:
        session.set_desired(draft, desired)
    return draft.decision(session.RECORD)


def _with_budget(draft: Draft, changes: dict[str, Any]) -> dict[str, Any]:
    """A budget is changed limit by limit, from the one in force; a null lifts one."""
    asked = changes.get("config", {}).get("budget")
    if not isinstance(asked, dict):
        return changes
    known = budget.in_force(draft.state.record, draft.given.settings())
    merged = {**(codec.builtins(known) if known else {}), **asked}
    whole = {limit: value for limit, value in merged.items() if value is not None}
    return {**changes, "config": {**changes["config"], "budget": whole}}


def _with_limits(draft: Draft, changes: dict[str, Any]) -> dict[str, Any]:
    """The same of what its processes may use."""
    asked = changes.get("config", {}).get("limits")
    if not isinstance(asked, dict):
        return changes
    config = draft.state.record.config
    known = config.limits if config else None
    merged = {**(codec.builtins(known) if known else {}), **asked}
    whole = {limit: value for limit, value in merged.items() if value is not None}
    return {**changes, "config": {**changes["config"], "limits": whole or None}}


def _wrong(changes: dict[str, Any]) -> r.Refusal | None:
    for name, value in changes.items():
        path = f"$.updates.{name}"
        if name in READ_ONLY:
            return r.Refusal(code="read-only-field", message=f"{name} cannot be set", path=path)
        if name not in _TYPES:
            known = ", ".join(_TYPES)
            text = f"a session has no field {name} that can be set; these can: {known}"
            return r.Refusal(code="bad-request", message=text, path=path)
        try:
            codec.convert(value, _TYPES[name])
        except FileRefused as problem:
            return r.Refusal(code="bad-request", message=str(problem), path=path)
    if {"desired", "is_active"} <= changes.keys():
        text = "desired and is_active say the same; give one of them"
        return r.Refusal(code="bad-request", message=text, path="$.updates.is_active")
    return _unknown_inside(changes)


def _unknown_inside(changes: dict[str, Any]) -> r.Refusal | None:
    for name, kind in _MERGED.items():
        known = [field.name for field in msgspec.structs.fields(kind)]
        for inner in changes.get(name, {}):
            if inner not in known:
                text = f"{name} has no field {inner}; it has: {', '.join(known)}"
                return r.Refusal(code="bad-request", message=text, path=f"$.updates.{name}.{inner}")
    return None


def _merge(
    draft: Draft,
    name: str,
    changes: dict[str, Any] | None,
    events: Callable[[SessionState, dict[str, Any]], tuple[e.Event, ...]],
) -> r.Refusal | None:
    """Add what follows from `changes`, unless one of its values is wrong."""
    if not changes:
        return None
    try:
        draft.add(*events(draft.state, changes))
    except (FileRefused, *codec.BAD_JSON) as error:
        problem = error if isinstance(error, FileRefused) else codec.refusal(error)
        path = f"$.updates.{name}" + (problem.path or "$").removeprefix("$")
        told = codec.explained(problem, _MERGED[name])
        return r.Refusal(code="bad-request", message=str(told), path=path)
    return None


def _config_events(state: SessionState, changes: dict[str, Any]) -> tuple[e.Event, ...]:
    fold.merged(state.record.config, changes)
    strict = {name: changes[name] for name in ("budget", "limits") if changes.get(name) is not None}
    codec.convert(strict, r.StrictConfig)
    return (e.SessionConfigUpdated(changes),)


def _metrics_events(state: SessionState, changes: dict[str, Any]) -> tuple[e.Event, ...]:
    return metrics.set_by_hand(state.record.metrics, changes, critical=state.critical)
