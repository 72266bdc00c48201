"""Which edits of `sessions.json` were refused of late, as their `.why.json` in `rejected/` tell it.

The same list for a daemon and for a look at the files of a stopped one; so it needs the standard
library alone, and loads nothing that is slow to load.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

RECENT_SECONDS = 86_400.0
"""Refused edits are told of for a day."""

WHY = ".why.json"


def recent(rejected: str, now_seconds: float) -> list[dict[str, Any]]:
    """Those of the last day, the newest last: `at`, `path` (of the kept file) and `reason`.

    `now_seconds` as of `time.time()`. What cannot be read is left out.
    """
    found = []
    for name in _names(rejected):
        if not (name.startswith("sessions") and name.endswith(f".json{WHY}")):
            continue
        try:
            with open(f"{rejected}/{name}", "rb") as file:  # noqa: PTH123 - pathlib loads slowly
                changed = os.fstat(file.fileno()).st_mtime
                reason = _reason(json.loads(file.read()))
        except (OSError, ValueError, RecursionError, AttributeError):
            continue
        if now_seconds - changed < RECENT_SECONDS:
            path = f"{rejected}/{name.removesuffix(WHY)}"
            found.append((changed, {"at": _iso(changed), "path": path, "reason": reason}))
    return [told for _, told in sorted(found, key=lambda each: each[0])]


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - as above
    except OSError:
        return []


def _reason(told: dict[str, Any]) -> str:
    """With the line that is wrong, as far as it is one."""
    place = [f"line {told['line']}"] if told.get("line") else []
    place += [str(told["path"])] if told.get("path") else []
    return ": ".join([*([", ".join(place)] if place else []), str(told.get("reason"))])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
