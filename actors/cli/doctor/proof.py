"""The proof that nothing is left over: what was looked at, what belongs to whom, and what remains.

One finding for each session, one for each process that nobody claims, and a sentence at the end.
"""

from __future__ import annotations

import time
from typing import Any

from actors.cli.doctor import account
from actors.cli.doctor.finding import Finding, note, ok, problem
from actors.cli.phrases import plural, size
from actors.orphans.snapshot import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.cli.doctor.account import Account
    from storage.data_dir import DataDir

Json = dict[str, Any]

CHECK = "processes"
SETTLED_SECONDS = 6.0
"""A daemon may be ending it just now: TERM, two seconds, KILL."""
LOOK_AGAIN_SECONDS = 0.25
SHOWN = 10


def taken(data: DataDir, status: Json | None) -> Account:
    """The account; with a daemon once it has ended what it is about to end."""
    told = status if status is not None else _recorded(data)
    end = time.monotonic() + SETTLED_SECONDS
    while True:
        found = account.take(data, told)
        if status is None or not _wrong(found) or time.monotonic() >= end:
            return found
        time.sleep(LOOK_AGAIN_SECONDS)


def _recorded(data: DataDir) -> Json:
    """What the journals say of workers, in the shape of `status`."""
    from storage import codec
    from storage.stored_sessions import record_of, stored_sessions

    try:
        records = {each.id: record_of(each) for each in stored_sessions(data)}
    except OSError as error:
        return {"store": {"unreadable": [str(error)]}}
    return {
        "sessions": [codec.builtins(record) for record in records.values() if record],
        "store": {
            "quarantined": [{"session_id": id_} for id_, record in records.items() if not record]
        },
    }


def findings(found: Account, status: Json | None) -> Iterator[Finding]:
    """`status` is None without a daemon; of what it told itself nothing is said again."""
    sessions = {str(each.get("id")): each for each in (status or {}).get("sessions") or []}
    orphans = ((status or {}).get("orphans") or {}).get("found") or []
    told = {each.get("pid") for each in orphans if each.get("kind") == "listed"}
    step = f"greenroom {'doctor --fix ends it' if status is not None else 'start ends it'}"
    for whose, keys in sorted(_by_session(found).items()):
        session = sessions.get(whose) or {}
        names = {each.get("id"): each.get("name") for each in session.get("workers") or []}
        yield ok(CHECK, f"{session.get('title') or whose}: {_shared_out(keys, names)}")
    for each in found.left:
        pid = each.process.pid
        if pid not in told:
            kind = note if each.kind == "listed" else problem
            whose = f" of {each.worker}" if each.worker else ""
            yield kind(CHECK, f"{name_of(pid) or 'a process'} (pid {pid}){whose}: {each.why}", step)
    for pid in found.hosts:
        text = f"a terminal host (pid {pid}) beside the one on record"
        yield problem(CHECK, text, f"look with: ps -p {pid}")
    for holder in found.holders:
        name = name_of(holder.pid) or "a process"
        text = f"{name} (pid {holder.pid}) is none of ours and holds {holder.path} open"
        yield note(CHECK, text, f"look with: ps -p {holder.pid}")


def sentence(found: Account) -> str:
    """What the account comes to."""
    wrong = _wrong(found)
    if wrong:
        verb = "is" if len(wrong) == 1 else "are"
        text = f"{_processes(len(wrong))} {verb} left over: {_listed(wrong)}"
        return f"{text}; of {_looked_at(found)}."
    claimed = sum(each["count"] for keys in _by_session(found).values() for each in keys.values())
    strays = [each.process.pid for each in found.left if not each.worker]
    kept = len(found.left) - len(strays)
    told = [f"{claimed} of them of workers, tool servers and clean-ups that run"] if claimed else []
    told += [f"{kept} that shells left on purpose"] if kept else []
    told += [f"{len(strays)} of no known worker: {_listed(strays)}"] if strays else []
    head = "Nothing else is left over" if strays else "Nothing is left over"
    return f"{head}: looked at {_looked_at(found)}; {', '.join(told) or 'none is ours'}."


def _listed(pids: list[int]) -> str:
    return ", ".join(map(str, pids[:SHOWN])) + (", …" if len(pids) > SHOWN else "")


def _looked_at(found: Account) -> str:
    counts = found.looked_at
    marked = f"{counts['marked']} with our mark"
    return ", ".join([
        f"{_processes(counts['processes'])} ({marked})",
        plural(counts["process_sessions"], "process session"),
        plural(counts["terminal_hosts"], "terminal host"),
        plural(counts["control_groups"], "control group"),
        plural(counts["tool_server_logs"], "tool server log"),
        plural(counts["locks"], "lock"),
    ])  # fmt: skip


def _processes(count: int) -> str:
    return plural(count, "process", "processes")


def _wrong(found: Account) -> list[int]:
    left = [each.process.pid for each in found.left if each.kind != "listed"]
    return sorted({*left, *found.hosts})


def as_json(found: Account) -> Json:
    """For `--json`: the whole account."""
    return {
        "sentence": sentence(found),
        "looked_at": found.looked_at,
        "owned": [
            {
                "key": key,
                "pids": [each.pid for each in members],
                "memory_bytes": sum(each.memory_bytes for each in members),
            }
            for key, members in sorted(found.owned.items())
        ],
        "left_over": [
            {
                "pid": each.process.pid,
                "kind": each.kind,
                "worker": each.worker or None,
                "why": each.why,
            }
            for each in found.left
        ],
    }


def _by_session(found: Account) -> dict[str, dict[str, Json]]:
    """Of those that are claimed: session, then worker or tool server, then figures."""
    left = {each.process.pid for each in found.left}
    sessions: dict[str, dict[str, Json]] = {}
    for key, members in found.owned.items():
        claimed = [each for each in members if each.pid not in left]
        whose, _, by = key.partition("/")
        if claimed:
            figures = {"count": len(claimed), "memory": sum(p.memory_bytes for p in claimed)}
            sessions.setdefault(whose, {})[by or key] = figures
    return sessions


def _shared_out(keys: dict[str, Json], names: Json) -> str:
    count = sum(each["count"] for each in keys.values())
    memory = size(sum(each["memory"] for each in keys.values()))
    parts = ", ".join(f"{names.get(by, by)} {each['count']}" for by, each in sorted(keys.items()))
    return f"{_processes(count)}, {memory} ({parts})"
