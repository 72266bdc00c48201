"""Answers with something in every place where one has text of others, as far as people see it.

What the real program answers in a test is mostly empty there: nobody asks, nothing has failed.
"""

from typing import Any

Json = dict[str, Any]
TEXT = "text of others"
WORKER: Json = {
    "id": "w1w1w1w1", "name": TEXT, "type": "terminal", "status": "exited", "desired": "run",
    "restarts": 2, "last_error": f"exit code 1; its last output: {TEXT}", "process": None,
    "exit": {"code": 1, "signal": None, "at": "2026-11-22T00:00:00Z"}, "watchers": 2,
    "writer": {"owner": TEXT, "since": TEXT}, "delivery": {"state": "failed", "code": TEXT},
    "activity": {"state": "asking", "source": TEXT, "since": TEXT, "text": TEXT},
}  # fmt: skip
AGENT: Json = {**WORKER, "id": "w2w2w2w2", "type": "agent", "status": "running",
               "process": {"pid": 1}, "agent": TEXT, "definition": {"name": TEXT}}  # fmt: skip
ASK: Json = {
    "id": "askaskask", "session_id": "s1s1s1s1", "title": TEXT, "tool": TEXT, "question": TEXT,
    "arguments": {TEXT: TEXT}, "summary": TEXT, "reason": TEXT, "asked_at": TEXT, "seconds_left": 5,
    "shown_in": ["s1s1s1s1"], "response_id": None, "state": "open", "server": TEXT, "kind": TEXT,
}  # fmt: skip
WORKTREE: Json = {
    "exists": True, "branch": TEXT, "head": TEXT, "path": TEXT, "dirty": 1, "ahead": 1,
    "behind": 1, "problem": TEXT, "note": TEXT, "notes": [TEXT], "base": TEXT,
}  # fmt: skip
SESSION: Json = {
    "id": "s1s1s1s1", "title": TEXT, "type": "worktree", "status": "active", "desired": "run",
    "location_path": TEXT, "worktree_path": TEXT, "repository_path": TEXT, "branch": TEXT,
    "base_branch": TEXT, "parent_session_id": None, "workers": [WORKER, AGENT], "workspace": TEXT,
    "config": {"model": TEXT, "provider": TEXT}, "metadata": {TEXT: TEXT}, "permissions": [ASK],
    "waiting": [{"response_id": TEXT, "until": TEXT, "error": TEXT}], "worktree": WORKTREE,
    "location": TEXT, "message_count": 3, "forked_from": {"session_id": TEXT, "n": 1},
    "set_up": {"command": [TEXT], "trusted": False, "notes": [TEXT]},
}  # fmt: skip
NODE: Json = {"name": TEXT, "kind": TEXT, "state": "quarantined", "restarts": 1, "since": TEXT,
              "last_error": TEXT, "children": []}  # fmt: skip
STATUS: Json = {
    "daemon": {"state": "running", "pid": 1, "version": TEXT, "started_at": TEXT, "data": TEXT},
    "store": {
        "state": "degraded", "problems": [TEXT],
        "not_durable": [{"session_id": TEXT, "reason": TEXT}],
        "quarantined": [{"session_id": TEXT, "reason": TEXT}],
        "rejected_edits": [{"at": TEXT, "path": TEXT, "reason": TEXT}],
        "unreadable": [{"path": TEXT, "reason": TEXT}],
    },
    "tree": {**NODE, "state": "running", "children": [NODE, {**NODE, "name": "sessions"}]},
    "sessions": [SESSION],
    "inbox": {"waiting": 1, "problems": [TEXT]},
    "permissions": [ASK],
    "http": {"url": TEXT, "state": TEXT},
    "keeper": None,
    "terminal_host": {"pid": 1, "terminals": 1, "problem": TEXT},
    "orphans": {"found": [{"pid": 1, "name": TEXT, "why": TEXT}], "ended": []},
    "usage": {"processes": 1, "memory_bytes": 1, "cpu_percent": 1.0},
    "mcp_servers": [{
        "workspace": TEXT, "session_id": "s1s1s1s1", "name": TEXT, "state": "failed",
        "since": TEXT, "tools": 1, "problem": TEXT, "left_out": [TEXT], "clashes": [TEXT],
        "process": None,
    }],
    "workspaces": [{"name": TEXT, "problem": TEXT, "in_force": "file"}],
}  # fmt: skip
CALL: Json = {
    "tool_call_id": TEXT, "name": TEXT, "tool": TEXT, "state": "failed", "args": {TEXT: TEXT},
    "arguments": {TEXT: TEXT}, "result": {"content": TEXT}, "error": TEXT, "server": TEXT,
    "progress": TEXT, "status": "denied",
}  # fmt: skip
TURN: Json = {"n": 1, "text": TEXT, "error": TEXT, "state": "failed", "tool_calls": [CALL],
              "model": TEXT, "content": [{"type": "text", "text": TEXT}]}  # fmt: skip
ROUND: Json = {
    "response_id": TEXT, "n": 5, "status": "failed", "error": TEXT, "turns": [TURN],
    "request": {"content": TEXT}, "content": TEXT, "message": {"role": "user", "content": TEXT},
    "started_at": TEXT, "text": TEXT,
}  # fmt: skip
SHELVED: Json = {
    "id": "s1s1s1s1", "name": "s1s1s1s1-2", "workspace": TEXT, "n": 2, "title": TEXT,
    "type": "quick", "location_path": TEXT, "deleted_at": TEXT, "bytes": 1, "problem": TEXT,
}  # fmt: skip
BLOCKS: Json = {"role": "user", "content": [
    {"type": "text", "text": TEXT},
    {"type": "tool-call", "tool_call_id": TEXT, "name": TEXT, "args": {TEXT: TEXT}},
    {"type": "tool-result", "tool_call_id": TEXT, "content": TEXT},
    {"type": TEXT},
]}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "get-status": STATUS,
    "get-session": SESSION,
    "list-sessions": {"sessions": [SESSION, {**SESSION, "status": "archived"}]},
    "list-workers": {"workers": [WORKER, AGENT]},
    "list-permissions": {"permissions": [ASK]},
    "list-trash": {"sessions": [SHELVED]},
    "list-agents": {"agents": [{"id": TEXT, "name": TEXT, "found": TEXT, "own": True,
                                "activity": TEXT, "command": TEXT}], "path": TEXT},
    "get-history": {"rounds": [ROUND]},
    "get-worktree": WORKTREE,
    "get-context": {
        "system_prompt": TEXT, "history": [BLOCKS], "files": [TEXT],
        "dynamic_context": [{"id": TEXT, "error": TEXT, "text": TEXT}], "tools": [TEXT],
        "left_out": 1,
    },
    "get-diff": {
        "path": TEXT, "base": TEXT, "head": TEXT, "branch": TEXT, "text": f"+{TEXT}\n-{TEXT}",
        "summary": {"files": 1, "added": 1, "removed": 1, "binary": 0}, "is_cut": True,
        "left_out": [TEXT],
        "files": [{"path": TEXT, "old_path": TEXT, "state": TEXT, "added": 1, "removed": 1}],
    },
    "get-screen": {"lines": [TEXT], "cursor": {"col": 0, "row": 0}, "cols": 80, "rows": 24,
                   "title": TEXT, "offset": 1},
    "get-output": {"data": TEXT, "start": 0, "next": 1, "end": 1, "epoch": 0, "epochs": [0]},
    "request": {**ROUND, "usage": {}, "cost": TEXT, "warnings": [TEXT]},
    "cancel": {"response_id": TEXT, "status": TEXT},
    "delete-session": {"deleted": True, "worktree": {"removed": False, "path": TEXT, "why": [TEXT],
                                                     "notes": [TEXT]}},
    "restore-session": {**SESSION, "location_exists": False,
                        "worktree": {"made_again": True, "path": TEXT, "notes": [TEXT]}},
    "purge-session": {"purged": [{"id": TEXT, "name": TEXT, "workspace": TEXT}], "bytes": 1},
    "answer-permission": {**ASK, "state": TEXT},
    "get-budget": {
        "session_id": TEXT, "title": TEXT, "limits": {"usd": 1}, "limits_from": TEXT,
        "spent": {"usd": 1}, "own": {"usd": 1}, "reserved": {}, "used": {}, "limit": "usd",
        "share": 0.9, "above": [{"session_id": TEXT, "title": TEXT, "limits": {"usd": 1},
                                 "spent": {"usd": 1}, "limits_from": TEXT}],
    },
}  # fmt: skip
TIMER: Json = {"timer_id": "t1t1t1t1", "due": "2026-11-22T00:00:00Z", "message": TEXT,
               "set_at": TEXT}  # fmt: skip
SESSION["timers"] = [TIMER]
ANSWERS |= {
    "set-timer": {"timer_id": "t1t1t1t1", "due": "2026-11-22T00:00:00Z"},
    "list-timers": {"timers": [TIMER]},
    "cancel-timer": {"timer_id": "t1t1t1t1", "cancelled": True},
}
OF_A_SESSION = ("create-session", "update-session", "pause-session", "resume-session",
                "stop-session", "start-session", "restart-session", "archive-session",
                "unarchive-session", "fork-session", "import-session")  # fmt: skip
OF_A_WORKER = ("create-worker", "get-worker", "restart-worker", "stop-worker", "start-worker")
SET_UP = {**WORKER, "name": f"setup {TEXT}"}
MADE = {**SESSION, "workers": [WORKER, AGENT, SET_UP], "location_exists": False}
ANSWERS |= dict.fromkeys(OF_A_SESSION, MADE)
ANSWERS |= dict.fromkeys(OF_A_WORKER, WORKER)
