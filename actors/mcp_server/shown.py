"""PURE: records as a model is shown them: what it needs to lead, in few words, and bounded."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_CHARACTERS = 40_000
"""Of one text. The end of what a program shows is what matters, and the beginning of an answer."""
MOST_LISTED = 200
_LONGEST_VALUE = 300
_CONTROLS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles and the like
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)

Record = Mapping[str, Any]


def beginning(text: str, most: int = LONGEST_CHARACTERS) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most} more characters)"


def end(text: str, most: int = LONGEST_CHARACTERS) -> str:
    if len(text) <= most:
        return text
    return f"({len(text) - most} more characters before) …{text[-most:]}"


def plain(text: str) -> str:
    """Without what a terminal would obey; a return alone begins the line anew."""
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in lines.split("\n"))


def listed(session: Record) -> dict[str, Any]:
    """One of list_sessions."""
    activity = session.get("activity") or {}
    worktree = session.get("worktree") or {}
    found = {
        "id": session["id"],
        "title": session["title"],
        "type": session["type"],
        "status": session["status"],
        "activity": activity.get("state"),
        "workers": session["worker_count"],
        "branch": worktree.get("branch"),
    }
    return {name: value for name, value in found.items() if value is not None}


def in_line(session: Record) -> str:
    said = [f"{session['id']} {beginning(session['title'], 80)}: {session['status']}"]
    said += [str(session[name]) for name in ("activity", "branch") if session.get(name)]
    return ", ".join(said)


def worker(record: Record, activity: Record | None) -> dict[str, Any]:
    exit_ = record.get("exit") or {}
    found = {
        "id": record["id"],
        "name": record["name"],
        "type": record["type"],
        "status": record["status"],
        "activity": (activity or {}).get("state"),
        "seen": beginning((activity or {}).get("text") or "", _LONGEST_VALUE) or None,
        "exit_code": exit_.get("code"),
        "exit_signal": exit_.get("signal"),
        "last_error": record.get("last_error"),
        "delivery": (record.get("delivery") or {}).get("state"),
    }
    return {name: value for name, value in found.items() if value is not None}


def permission(record: Record) -> dict[str, Any]:
    """What is asked, with its arguments shortened."""
    arguments = {
        name: value if isinstance(value, int | float) else beginning(str(value), _LONGEST_VALUE)
        for name, value in list((record.get("arguments") or {}).items())[:20]
    }
    return {
        "id": record["id"],
        "session": record["session_id"],
        "tool": record["tool"],
        "arguments": arguments,
        "seconds_left": round(record["seconds_left"], 1),
    }


def status(record: Record, workers: list[dict[str, Any]]) -> dict[str, Any]:
    found = {
        "id": record["id"],
        "title": record["title"],
        "type": record["type"],
        "status": record["status"],
        "directory": record["location_path"],
        "branch": record.get("branch"),
        "parent": record.get("parent_session_id"),
        "open_requests": record["open_requests"],
        "workers": workers,
        "permissions": [permission(each) for each in record["permissions"]],
    }
    return {name: value for name, value in found.items() if value is not None}


def in_words(told: Record) -> str:
    """A status, line by line."""
    lines = [f"{told['title']} ({told['id']}): {told['status']}, in {told['directory']}"]
    if told["open_requests"]:
        lines.append(f"messages not answered yet: {told['open_requests']}")
    for each in told["workers"]:
        words = [f"worker {each['name']}, {each['type']}: {each['status']}"]
        words += [str(each[name]) for name in ("activity", "seen", "last_error") if name in each]
        if "exit_code" in each:
            words.append(f"exit code {each['exit_code']}")
        lines.append(", ".join(words))
    lines += [asks(each) for each in told["permissions"]]
    return "\n".join(lines)


def asks(one: Record) -> str:
    """In one line, whatever stands in the arguments."""
    given = json.dumps(one["arguments"])
    left = f"{one['seconds_left']:.0f} s left"
    return f"asks {one['id']}: may {one['tool']} {given} run? ({left})"


def response(record: Record) -> dict[str, Any]:
    """A message and what answered it; for an agent, how far its delivery is."""
    delivery = record.get("delivery")
    if delivery is not None:
        found = {
            "response_id": record["response_id"],
            "status": delivery["state"],
            "error": delivery["evidence"] if delivery["state"] == "failed" else None,
        }
    else:
        failure = record.get("failure") or {}
        found = {
            "response_id": record["id"],
            "status": record["status"],
            "text": beginning(_text(record)),
            "error": failure.get("message"),
        }
    return {name: value for name, value in found.items() if value is not None}


def is_open(record: Record) -> bool:
    delivery = record.get("delivery")
    if delivery is not None:
        return is_under_way(delivery)
    return record["status"] in {"queued", "running"}


def is_under_way(delivery: Record) -> bool:
    return delivery["state"] not in {"accepted", "failed", "cancelled"}


def _text(record: Record) -> str:
    """What the model said, turn by turn."""
    turns = (
        "".join(part["text"] for part in turn.get("content", ()) if part["type"] == "text")
        for turn in record.get("turns", ())
    )
    return "\n\n".join(filter(None, turns))


def said_to(record: Record) -> str:
    parts = record["request"]["content"]
    return "".join(part["text"] for part in parts if part["type"] == "text")


def not_safe(session: Record, reasons: Sequence[Record]) -> str:
    """Why its worktree cannot go with it, and what whoever closes it can do about that."""
    told = "; ".join(map(_reason, reasons))
    text = f"the worktree {session['worktree_path']} is not safe to remove, so the session stays:"
    is_in_use = any(each.get("code") == "in-use" for each in reasons)
    saved = "commit and push, or merge, what is to be kept, remove the rest"
    saved += ", wait for who is at work there" if is_in_use else ""
    kept = "or say keep_worktree: true, which closes it and leaves the worktree as it is"
    return f"{text} {told}. To have it go, {saved}, and close it again; {kept}"


def _reason(reason: Record) -> str:
    names = [beginning(name, _LONGEST_VALUE) for name in reason.get("examples") or []]
    more = int(reason.get("count") or 0) - len(names)
    names += [f"{more} more"] if names and more > 0 else []
    return f"{reason['message']}: {', '.join(names)}" if names else str(reason["message"])
