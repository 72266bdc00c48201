"""What the files alone tell while no daemon runs, in the shape of `get-status`.

Reads `workspaces/*/sessions.json` tolerantly and changes nothing: processes are shown as last
known, nobody looks whether they still live.
"""

from __future__ import annotations

import json
import os
import time

from actors.cli.budget_view import NAMES
from storage import refused_edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]


def stored_status(data: str) -> Json:
    """The status of a stopped daemon; a file that cannot be read is named in `store.unreadable`."""
    unreadable: list[Json] = []
    sessions = [
        session for path in _workspace_files(data) for session in _sessions_of(path, unreadable)
    ]
    permissions = _permissions(sessions)
    stopped = {"state": "stopped", "pid": None, "version": None, "started_at": None, "data": data}
    return {
        "daemon": stopped,
        "store": {
            "state": "ok",
            "quarantined": [],
            "rejected_edits": refused_edits.recent(f"{data}/rejected", time.time()),
            "unreadable": unreadable,
        },
        "tree": None,
        "sessions": sessions,
        "inbox": {
            "waiting": _count(f"{data}/inbox", ".json"),
            "running": _count(f"{data}/inbox/.claimed", ".json"),
            "answered": _count(f"{data}/outbox", ".json"),
            "rejected": _count(f"{data}/rejected", ".why.json"),
        },
        "permissions": permissions,
        "http": {"url": None, "state": "stopped"},
        "keeper": None,
        "terminal_host": {"pid": None, "terminals": 0},
        "workspaces": [],
    }


def _workspace_files(data: str) -> list[str]:
    names = [name for name in _names(f"{data}/workspaces") if not name.startswith(".")]
    return [f"{data}/workspaces/{name}/sessions.json" for name in names]


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - as main.data_directory: no pathlib here
    except OSError:
        return []


def _count(directory: str, ending: str) -> int:
    return sum(name.endswith(ending) and not name.startswith(".") for name in _names(directory))


def _sessions_of(path: str, unreadable: list[Json]) -> list[Json]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            content = json.loads(file.read())
        entries = content["sessions"] if isinstance(content, dict) else content
        return [_session(entry) for entry in entries]
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or "cannot be read"
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        reason = "not a list of sessions; the next start rebuilds it from the journals"
    unreadable.append({"path": path, "reason": reason})
    return []


def _session(entry: Json) -> Json:
    kept = {key: entry.get(key) for key in ("id", "title", "type", "status", "desired")}
    kept["id"] = str(entry["id"])
    kept["parent_session_id"] = entry.get("parent_session_id")
    kept["ancestors"] = entry.get("ancestors") or ()
    kept["forked_from"] = entry.get("forked_from")
    workers = [_worker(worker) for worker in entry.get("workers") or ()]
    asked = list(entry.get("permissions") or ())
    kept["budget"] = _budget(entry)
    return {**kept, "activity": None, "workers": workers, "permissions": asked}


def _budget(entry: Json) -> Json | None:
    """Of a session with one of its own; what its workspace gives it, a daemon has to say."""
    limits = (entry.get("config") or {}).get("budget")
    if not limits:
        return None
    spending = entry.get("spending") or {}
    spent, own, reserved = (spending.get(name) or {} for name in ("spent", "own", "reserved"))
    shares = {name: spent.get(name, 0) / limits[name] for name in NAMES if limits.get(name)}
    nearest = max(shares, key=lambda name: shares[name], default=None)
    return {
        "limits": limits,
        "limits_from": "session",
        "spent": spent,
        "own": own,
        "reserved": reserved,
        "limit": nearest,
        "share": shares[nearest] if nearest else None,
    }


def _permissions(sessions: list[Json]) -> list[Json]:
    """Taken out of their sessions, each with where it is shown, as a daemon lists them."""
    above = {
        session["id"]: session.pop("ancestors") or [session["parent_session_id"]]
        for session in sessions
    }
    listed: list[Json] = []
    for session in sessions:
        line = [session["id"]]
        for each in line:
            line += [one for one in above.get(each, ()) if one not in line]
        shown_in = [one for one in line if one in above]
        known = {"title": session["title"], "shown_in": shown_in}
        listed += [{**asked, **known} for asked in session.pop("permissions")]
    return sorted(listed, key=lambda asked: str(asked.get("asked_at")))


def _worker(entry: Json) -> Json:
    kept = {key: entry.get(key) for key in ("id", "name", "type", "status", "desired", "exit")}
    process = entry.get("process") or {}
    unknown = dict.fromkeys(("memory_bytes", "cpu_percent", "processes"))
    figures = {"pid": process.get("pid"), **unknown}
    return {
        **kept,
        "restarts": entry.get("restarts") or 0,
        "process": figures if process else None,
        "writer": None,
        "watchers": 0,
        "activity": None,
        "last_error": entry.get("last_error"),
        "delivery": entry.get("delivery"),
    }
