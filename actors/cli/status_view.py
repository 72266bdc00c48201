"""`get-status` as lines for people. PURE: times are told against a given now."""

from __future__ import annotations

from actors.cli.budget_view import SHARE_WARNED, share_phrase
from actors.cli.drawing import Detail, Node, spread, style_of, tree_lines
from actors.cli.fork_view import hang
from actors.cli.health import QUARANTINED, quarantined
from actors.cli.last_known import in_the_past, is_last_known
from actors.cli.own_words import Advice
from actors.cli.permission_view import permission_nodes
from actors.cli.phrases import joined, last_said, plural, since
from actors.cli.process_view import (
    figures_cells,
    held_phrase,
    server_detail,
    servers_by_node,
    use_phrase,
)
from actors.cli.turn_phrases import waiting_phrase
from actors.cli.worktree_view import worktree_spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from actors.cli.console import Line, Span

    Json = dict[str, Any]

SHOWN_EDITS = 5
AGAIN = "; it is tried again every minute"


def status_lines(
    status: Json, now: datetime, *, boxes: bool, columns: int | None = None
) -> list[Line]:
    """The daemon, the store, and one tree of every actor, session and worker."""
    return [
        *_head(status, now),
        [],
        *tree_lines(_roots(status, now), boxes=boxes, columns=columns),
    ]


def _head(status: Json, now: datetime) -> list[Line]:
    daemon = status.get("daemon") or {}
    store = status.get("store") or {}
    inbox = status.get("inbox") or {}
    up = since(daemon.get("started_at"), now)
    rows: list[tuple[str, list[Span]]] = [
        ("greenroom", [
            _state(daemon), (_pid(daemon), ""), (f"for {up}" if up else "", ""),
            (f"version {daemon['version']}" if daemon.get("version") else "", "dim"),
        ]),
        ("data", [(str(daemon.get("data") or ""), "")]),
        *_store(store),
        ("inbox", [(_inbox(inbox), "")]),
        *(("", [(str(problem), "bad")]) for problem in inbox.get("problems") or []),
        *_refused(store.get("rejected_edits") or [], now),
        *_problems(status),
        *_others(status),
    ]  # fmt: skip
    return [[(f"{name:<11}", "dim"), *spread(spans)] for name, spans in rows]


def _inbox(inbox: Json) -> str:
    counts = [f"{inbox.get(key) or 0} {key}"
              for key in ("waiting", "running", "answered", "rejected")]  # fmt: skip
    if inbox.get("ignored"):
        counts.append(f"{inbox['ignored']} left alone (no .json at the end)")
    return joined(counts)


def _store(store: Json) -> list[tuple[str, list[Span]]]:
    """Its state, and what is wrong with it or with one of its sessions or files."""
    wrong = [
        *((str(problem), "bad") for problem in store.get("problems") or []),
        *(
            (f"session {each.get('session_id')}: not on the disk yet: {each.get('reason')}", "warn")
            for each in store.get("not_durable") or []
        ),
        *(
            (f"session {each.get('session_id')}: {each.get('reason')}", "bad")
            for each in store.get("quarantined") or []
        ),
        *(
            (f"{each.get('path')}: {each.get('reason')}", "bad")
            for each in store.get("unreadable") or []
        ),
    ]
    return [("store", [_state(store)]), *(("", [span]) for span in wrong)]


def _problems(status: Json) -> list[tuple[str, list[Span]]]:
    """Who is given up, and which settings are refused; sessions stand below the store."""
    told = {str(each.get("session_id")) for each in (status.get("store") or {}).get("quarantined")
            or []}  # fmt: skip
    rows: list[tuple[str, list[Span]]] = [
        (
            "given up",
            [(f"{each['who']} is quarantined: {reason}{AGAIN if each['again'] else ''}", "bad")],
        )
        for each in quarantined(status)
        if each["node"] not in told
        for reason in [last_said(each["error"]) or "it failed too often"]
    ]
    rows += [
        ("workspace", [(f"{each.get('name')}: {each['problem']}", "warn")])
        for each in status.get("workspaces") or []
        if each.get("problem")
    ]
    rows += [("tools", [(text, "warn")]) for text in _tool_problems(status)]
    return rows


def _tool_problems(status: Json) -> list[str]:
    """Of each tool server: why it does not run, and which of its tools are not offered."""
    told = []
    for server in status.get("mcp_servers") or []:
        of = f" of session {server['session_id']}" if server.get("session_id") else ""
        name = f"{server.get('name')}{of}"
        if server.get("problem"):
            told.append(f"{name}: {server['problem']}")
        told += [f"{name}: left out {reason}" for reason in server.get("left_out") or []]
        told += [
            f"{name}: the name of {tool} is that of another for a model; rename one"
            for tool in server.get("clashes") or []
        ]
    return told


def _others(status: Json) -> list[tuple[str, list[Span]]]:
    """What stands beside the daemon, as far as it is there."""
    http = status.get("http") or {}
    keeper = status.get("keeper") or {}
    host = status.get("terminal_host") or {}
    asks = len(status.get("permissions") or [])
    rows: list[tuple[str, list[Span]]] = []
    if http.get("url"):
        rows.append(("http", [(str(http["url"]), ""), _state(http)]))
    if http.get("problem"):
        rows.append(("http", [(f"{http['problem']}; then: greenroom restart", "bad")]))
    if (status.get("daemon") or {}).get("state") == "running" or keeper:
        text = _pid(keeper) or "none: a crashed daemon is not brought back"
        rows.append(("keeper", [(text, "" if keeper else "warn")]))
    if host.get("pid"):
        how_many = () if host.get("problem") else ((_terminals(host), ""),)
        rows.append(("terminals", [(_pid(host), ""), *how_many]))
    if host.get("problem"):
        rows.append(("terminals", [(str(host["problem"]), "bad")]))
    used = use_phrase(status.get("usage") or {})
    if used:
        rows.append(("processes", [(f"{used}, of workers and tool servers", "")]))
    rows += [_left(each) for each in _orphans(status)]
    if asks:
        text = Advice(f"{plural(asks, 'open permission request')}; see: greenroom asks")
        rows.append(("asking", [(text, "warn")]))
    return rows


def _orphans(status: Json) -> list[Json]:
    return list((status.get("orphans") or {}).get("found") or [])


def _left(each: Json) -> tuple[str, list[Span]]:
    """What a shell left on purpose is no fault, here as for `doctor`."""
    name, why = each.get("name") or "a process", each.get("why")
    is_meant = each.get("kind") == "listed" and each.get("worker")
    why = f"a shell left it on purpose, and {why}" if is_meant else why
    text = Advice(f"{name} (pid {each.get('pid')}): {why}; greenroom doctor --fix ends it")
    return ("left", [(text, "")]) if is_meant else ("left over", [(text, "warn")])


def _terminals(host: Json) -> str:
    terminals = host.get("terminals")
    count = len(terminals) if isinstance(terminals, (list, dict)) else int(terminals or 0)
    return plural(count, "terminal")


def _refused(edits: list[Json], now: datetime) -> list[tuple[str, list[Span]]]:
    """The newest ones, the last of them last; how many more there are before them."""
    shown = edits[-SHOWN_EDITS:]
    rows = [("refused", [(_edit(each, now), "warn")]) for each in shown]
    if len(shown) < len(edits):
        more = plural(len(edits) - len(shown), "older edit")
        rows.insert(0, ("refused", [(f"{more} in the last day; see rejected/", "warn")]))
    return rows


def _edit(edit: Json, now: datetime) -> str:
    return f"{edit.get('path')}: {edit.get('reason')} ({since(edit.get('at'), now)} ago)"


def _roots(status: Json, now: datetime) -> list[Node]:
    """The tree with the sessions in place; without a tree, the sessions alone."""
    past = is_last_known(status)
    asked, servers = status.get("permissions") or [], servers_by_node(status)
    by_id = {
        str(session["id"]): {
            **(in_the_past(session) if past else session),
            "asks": asked,
            "servers": servers.get(session["id"]) or {},
        }
        for session in status.get("sessions") or []
    }
    shown = {id_: each for id_, each in by_id.items() if each.get("status") != "archived"}
    hidden = len(by_id) - len(shown)
    tree = status.get("tree")
    seen: dict[str, Node] = {}
    root = _actor(tree, shown, servers.get("") or {}, seen, now) if tree else None
    asleep = {id_: _session(each, {}, now) for id_, each in shown.items() if id_ not in seen}
    passive = list(asleep.values())
    if hidden:
        passive.append(Node([(f"and {hidden} archived", "dim")]))
    home = _find(root, "sessions") if root else None
    below = home.children if home else passive
    if home:
        below += passive
    hang(below, {id_: (seen | asleep)[id_] for id_ in shown}, shown)
    if home:
        return [root] if root else []
    how = "none" if not passive else "as last known" if past else ""
    sessions = Node([("sessions", "")], [(how, "dim")] if how else [], passive)
    return [root, sessions] if root else [sessions]


def _find(node: Node, name: str) -> Node | None:
    if node.label[0][0] == name:
        return node
    return next((found for child in node.children if (found := _find(child, name))), None)


def _actor(
    actor: Json,
    sessions: dict[str, Json],
    servers: dict[str, Json],
    seen: dict[str, Node],
    now: datetime,
) -> Node:
    name = str(actor.get("name"))
    if name in sessions:
        seen[name] = _session(sessions[name], actor, now)
        return seen[name]
    if name in servers:
        return Node([(name, "")], server_detail(servers[name], actor, now))
    below = actor.get("children") or []
    children = [_actor(child, sessions, servers, seen, now) for child in below]
    return Node([(name, "")], _actor_detail(actor, now), children)


def _actor_detail(actor: Json, now: datetime) -> list[Span]:
    return spread([
        _state(actor),
        (since(actor.get("since"), now), "dim"),
        (_restarts(actor), "warn"),
        (str(actor.get("last_error") or ""), "bad"),
        ("tried again every minute" if actor.get("state") == QUARANTINED else "", "warn"),
    ])  # fmt: skip


def _session(session: Json, actor: Json, now: datetime) -> Node:
    """A session with its workers; of its actor only what is out of the ordinary."""
    label = [(str(session.get("title") or "untitled"), "bold"), (f" {session['id']}", "dim")]
    status = str(session.get("status"))
    detail = spread([
        (status, style_of(status)),
        *worktree_spans(session),
        (use_phrase(session.get("usage") or {}), ""),
        _spent(session.get("budget") or {}),
        (held_phrase(session.get("limits") or {}), "dim"),
        *((waiting_phrase(each), "warn") for each in session.get("waiting") or []),
        *_unusual(actor),
    ])  # fmt: skip
    nodes = {str(child.get("name")): child for child in actor.get("children") or []}
    workers = [
        _worker(worker, nodes.pop(str(worker.get("id")), {}), now)
        for worker in session.get("workers") or []
    ]
    servers = session.get("servers") or {}
    others = [_actor(node, {}, servers, {}, now) for node in nodes.values()]
    asks = permission_nodes(session["id"], session.get("asks") or [])
    return Node(label, detail, [*workers, *asks, *others])


def _spent(budget: Json) -> Span:
    """The limit that is nearest to its end."""
    near = (budget.get("share") or 0) >= SHARE_WARNED
    return share_phrase(budget), "warn" if near else "dim"


def _worker(worker: Json, actor: Json, now: datetime) -> Node:
    label = [(str(worker.get("name")), ""), (f" {worker.get('type')}", "dim")]
    return Node(label, worker_detail({**worker, "state": worker.get("status")}, actor, now))


def worker_detail(worker: Json, actor: Json, now: datetime) -> Detail:
    """A worker's state, processes, memory and CPU in columns; activity, end, error; and why."""
    activity = worker.get("activity") or {}
    status = str(worker.get("status"))
    waits = status in {"exited", "lost"} and actor.get("state") == "starting"
    end = _end(worker, now)
    error = _why_it_ended(worker, actor, end)
    rest = spread([
        (_attached(worker), ""),
        _prompt(worker.get("delivery") or {}),
        (_restarts(worker), "warn"),
        ("starts again in a moment" if waits else "", "warn"),
        (end, "dim" if (worker.get("exit") or {}).get("code") == 0 else "warn"),
        error,
        (activity_phrase(activity, now), style_of(activity.get("state"))),
    ])  # fmt: skip
    why = str(activity.get("text") or "")
    tail = f": {why}" if rest else why
    return Detail(
        [(status, style_of(status)), *figures_cells(worker.get("process") or {})],
        rest,
        (tail if why else "", "dim"),
    )


def _why_it_ended(worker: Json, actor: Json, end: str) -> Span:
    """Of one that runs again, how it ended before; nothing of what came before an orderly end."""
    own = str(worker.get("last_error") or "")
    exit_ = worker.get("exit") or {}
    is_orderly = bool(end) and exit_.get("code") == 0
    before = "" if is_orderly else str(actor.get("last_error") or "")
    text = last_said(own or before, end_is_told=bool(end))
    if text and not own and worker.get("status") == "running":
        return f"before: {text}", "warn"
    return text, "bad"


def _prompt(delivery: Json) -> Span:
    """Of a prompt that is under way, or was not accepted."""
    state = str(delivery.get("state") or "")
    if state == "failed":
        return f"prompt failed ({delivery.get('code')})", "bad"
    is_over = state in {"", "accepted", "cancelled"}
    return ("", "") if is_over else (f"prompt {state}", "warn")


def _attached(worker: Json) -> str:
    """Who types into its terminal, and how many others look on."""
    writer = worker.get("writer") or {}
    others = (worker.get("watchers") or 0) - bool(writer)
    return joined([
        f"{writer.get('owner')} types" if writer else "",
        f"{plural(others, 'watcher')}" if others > 0 else "",
    ])  # fmt: skip


def _unusual(actor: Json) -> list[Span]:
    state = str(actor.get("state") or "running")
    return [
        (f"actor {state}" if state != "running" else "", style_of(state)),
        (_restarts(actor), "warn"),
        (str(actor.get("last_error") or ""), "bad"),
    ]


def activity_phrase(activity: Json, now: datetime) -> str:
    """`idle 3 min (screen)`; empty where nothing is known."""
    if not activity.get("state"):
        return ""
    source = f"({activity['source']})" if activity.get("source") else ""
    parts = [str(activity["state"]), since(activity.get("since"), now), source]
    return " ".join(filter(None, parts))


def _end(worker: Json, now: datetime) -> str:
    """How the last process ended, once there is none."""
    end = worker.get("exit")
    if not end or worker.get("status") in {"running", "starting"}:
        return ""
    how = (
        f"exit code {end['code']}" if end.get("code") is not None
        else f"ended by signal {end['signal']}" if end.get("signal") is not None
        else "end unknown"
    )  # fmt: skip
    ago = since(end.get("at"), now)
    return f"{how}, {ago} ago" if ago else how


def _state(thing: Json) -> Span:
    state = str(thing.get("state") or "unknown")
    return state, style_of(state)


def _pid(thing: Json) -> str:
    return f"pid {thing['pid']}" if thing.get("pid") else ""


def _restarts(thing: Json) -> str:
    count = thing.get("restarts") or 0
    return plural(count, "restart") if count else ""
