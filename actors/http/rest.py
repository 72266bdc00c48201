"""REST: a route for every message that users of it need, each with the message's own fields.

The names in a path are fields of the message: `session` and `worker` by id, by the beginning of one
or by title or name. Import and export are not here, for they name files.
"""

from actors.http.calls import RestRow, rest_row
from actors.http.paging import Listed
from actors.http.route_table import AnyRow

_SESSION = "/api/sessions/{session}"
_WORKER = "/api/sessions/{session}/workers/{worker}"
_RESPONSE = "/api/responses/{response_id}"


def _life(path: str, of: str, **words: str) -> tuple[RestRow, ...]:
    """Commands that take nothing but what they are for."""
    return tuple(
        rest_row("POST", f"{path}/{verb}", f"{verb}-{of}", summary)
        for verb, summary in words.items()
    )


_SESSIONS = (
    rest_row(
        "GET",
        "/api/sessions",
        "list-sessions",
        "All sessions, the oldest first",
        listed=Listed("sessions", ("created_at", "id")),
    ),
    rest_row(
        "POST",
        "/api/sessions",
        "create-session",
        "Make a session",
        status=201,
        place="/api/sessions/{id}",
    ),
    rest_row("GET", _SESSION, "get-session", "A session, also as it was at a number"),
    rest_row("PATCH", _SESSION, "update-session", "Change what can be set of a session"),
    rest_row("DELETE", _SESSION, "delete-session", "Move a session to the trash"),
    *_life(
        _SESSION,
        "session",
        pause="No new call of a model; its terminals stand still",
        resume="Let a paused session go on",
        stop="End its workers, until it is started",
        start="Start a stopped session",
        restart="Start its workers anew",
        archive="Put a session aside",
        unarchive="Take a session out of the archive",
        restore="Take a session out of the trash",
    ),
    rest_row(
        "POST",
        f"{_SESSION}/fork",
        "fork-session",
        "A new session that begins as this one did",
        status=201,
        place="/api/sessions/{id}",
    ),
    rest_row("GET", f"{_SESSION}/budget", "get-budget", "Its limits, and what is spent"),
    rest_row("GET", f"{_SESSION}/worktree", "get-worktree", "How its directory is now"),
    rest_row("GET", f"{_SESSION}/diff", "get-diff", "What changed in its directory"),
)

_CONVERSATION = (
    rest_row(
        "GET",
        f"{_SESSION}/history",
        "get-history",
        "The rounds, the oldest first",
        listed=Listed("rounds"),
    ),
    rest_row(
        "GET",
        f"{_SESSION}/messages",
        "get-messages",
        "The messages, the oldest first",
        listed=Listed("messages"),
    ),
    rest_row(
        "POST",
        f"{_SESSION}/messages",
        "add-message",
        "Record a message",
        status=201,
        place=f"{_SESSION}/messages",
    ),
    rest_row("PATCH", f"{_SESSION}/messages/{{message_id}}", "update-message", "Change a message"),
    rest_row("GET", f"{_SESSION}/context", "get-context", "What a model would be sent now"),
    rest_row(
        "POST", f"{_SESSION}/context/refresh", "refresh-context", "Ask tools for context anew"
    ),
    rest_row("POST", f"{_SESSION}/token-metrics", "update-token-metrics", "Add to its numbers"),
    rest_row(
        "POST",
        f"{_SESSION}/requests",
        "request",
        "Send a message; answered at once, but with wait when it is done",
        status=202,
        place=_RESPONSE,
    ),
    rest_row("GET", _RESPONSE, "get-response", "A round, or the delivery of a prompt"),
    rest_row("POST", f"{_RESPONSE}/cancel", "cancel", "End a request"),
)

_TIMERS = (
    rest_row(
        "GET",
        f"{_SESSION}/timers",
        "list-timers",
        "The timers that have not fired, the next one first",
        listed=Listed("timers", ("due", "timer_id")),
    ),
    rest_row(
        "POST",
        f"{_SESSION}/timers",
        "set-timer",
        "Give it a message later, once",
        status=201,
        place=f"{_SESSION}/timers",
    ),
    rest_row("DELETE", f"{_SESSION}/timers/{{timer_id}}", "cancel-timer", "Take a timer back"),
)

_WORKERS = (
    rest_row(
        "GET",
        f"{_SESSION}/workers",
        "list-workers",
        "The workers, the oldest first",
        listed=Listed("workers"),
    ),
    rest_row(
        "POST",
        f"{_SESSION}/workers",
        "create-worker",
        "Start a worker",
        status=201,
        place=f"{_SESSION}/workers/{{id}}",
    ),
    rest_row("GET", _WORKER, "get-worker", "A worker"),
    rest_row("PATCH", _WORKER, "update-worker", "Change what can be set of a worker"),
    rest_row("DELETE", _WORKER, "delete-worker", "End a worker and take it out"),
    *_life(
        _WORKER,
        "worker",
        restart="Start a worker anew",
        stop="End a worker, until it is started",
        start="Start a stopped worker",
    ),
    rest_row("POST", f"{_WORKER}/input", "write-input", "Type into a terminal"),
    rest_row("POST", f"{_WORKER}/resize", "resize-worker", "Give a terminal another size"),
    rest_row("GET", f"{_WORKER}/output", "get-output", "Output, onwards or backwards"),
    rest_row("GET", f"{_WORKER}/screen", "get-screen", "What a terminal shows"),
    rest_row("GET", f"{_WORKER}/activity", "get-activity", "What a worker does"),
)

_OTHERS = (
    rest_row(
        "GET",
        "/api/permissions",
        "list-permissions",
        "The open permission requests, the oldest first",
        listed=Listed("permissions"),
    ),
    rest_row(
        "POST", "/api/permissions/{permission}", "answer-permission", "Answer a permission request"
    ),
    rest_row("GET", "/api/agents", "list-agents", "The agents that can be started"),
    rest_row(
        "GET",
        "/api/trash",
        "list-trash",
        "Deleted sessions, the latest first",
        listed=Listed("sessions", ("deleted_at", "name"), descending=True),
    ),
    rest_row("DELETE", "/api/trash", "purge-session", "Remove deleted sessions for good"),
    rest_row(
        "DELETE", "/api/trash/{session}", "purge-session", "Remove a deleted session for good"
    ),
    rest_row("GET", "/api/status", "get-status", "As greenroom status --json"),
    rest_row(
        "POST", "/api/cleanup-orphans", "cleanup-orphans", "End the processes that are left over"
    ),
)

ROWS: tuple[AnyRow, ...] = (*_SESSIONS, *_CONVERSATION, *_TIMERS, *_WORKERS, *_OTHERS)
