"""PURE: how a hook leaves what it was handed as a file, and how that is read, whole or cut off.

Promises of the command: it needs no daemon, leaves at most one bounded file, which has its name
only when it is whole, says nothing and always succeeds. Of the reading: only texts that can be
written down, and ids that can stand in a command line.
"""

import json
import re
import shlex
from typing import Any

LONGEST_PROMPT_BYTES = 1 << 20
LONGEST_BYTES = 16 << 10
"""What comes first says enough; a tool's whole output is of no use."""
LONGEST_TEXT = 300
_CONVERSATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_FIELD = re.compile(r'"([a-z_-]+)":\s*("(?:[^"\\]|\\.)*")')

Fields = dict[str, Any]


def command(
    reports: str, *, limit_bytes: int = LONGEST_BYTES, most: int | None = None, given: str = ""
) -> str:
    """For a POSIX shell: what comes in, or what the command `given` writes, is left in `reports`.

    Nothing is left where `most` files wait already. All that comes in is read, so that who writes
    it is not cut off.
    """
    room = f"set -- * && [ $# -lt {most} ] && " if most is not None else ""
    source = f"{given} | " if given else ""
    write = f"{{ {source}head -c {limit_bytes} >.$n && mv .$n $n.json || rm -f .$n; }}"
    leave = f"cd {shlex.quote(reports)} && {room}n=$$-$(date +%s%N) && {write}"
    rest = "" if given else " cat;"
    return f"{{ umask 077; {leave};{rest} }} >/dev/null 2>&1; exit 0"


def fields(content: bytes) -> Fields:
    """Those of a JSON object; of one that was cut off, the texts that came whole."""
    said = content.decode(errors="replace")
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        found = {}
        for name, value in _FIELD.findall(said):
            found.setdefault(name, _loaded(value))
    return found if isinstance(found, dict) else {}


def text(of: Fields, name: str) -> str:
    """Without half characters, which nothing could write down."""
    found = of.get(name)
    return found.encode(errors="replace").decode() if isinstance(found, str) else ""


def conversation(of: Fields, name: str) -> str | None:
    """An id that can stand in a command line."""
    found = text(of, name)
    return found if _CONVERSATION.fullmatch(found) else None


def short(said: str) -> str:
    """One line."""
    line = " ".join(said.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def _loaded(value: str) -> str:
    try:
        return str(json.loads(value))
    except ValueError:
        return ""
