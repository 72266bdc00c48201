"""Figures and times as people say them."""

from __future__ import annotations

from actors.cli.printable import as_on_screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SAID_MARK = "; its last output: "
SAID_LIMIT = 160

_STEPS = ((86400 * 365, "y"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def since(text: object, now: datetime) -> str:
    """How long ago an ISO 8601 time was: `3 min`. What cannot be read gives nothing."""
    from datetime import datetime as reader

    try:
        seconds = (now - reader.fromisoformat(str(text))).total_seconds()
    except (ValueError, TypeError):
        return ""
    return lasting(seconds)


def lasting(seconds: object) -> str:
    """A length of time in its largest unit: `3 min`. What is no number gives nothing."""
    if not isinstance(seconds, (int, float)):
        return ""
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def local(text: object) -> str:
    """An ISO 8601 time in the reader's own zone: `2026-11-21 06:40`; as it came when unreadable."""
    from datetime import datetime as reader

    try:
        return reader.fromisoformat(str(text)).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return str(text)


def moment(text: object) -> str:
    """The same to the second: `2026-11-21 06:40:05`."""
    from datetime import datetime as reader

    try:
        return reader.fromisoformat(str(text)).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return str(text)


def size(count: object) -> str:
    """Bytes as `12 MB`; powers of 1000."""
    if not isinstance(count, (int, float)):
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def binary_size(count: object) -> str:
    """Bytes as limits are told: `2 GiB`, `1.5 GiB`; powers of 1024."""
    if not isinstance(count, (int, float)):
        return ""
    for bytes_, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}".replace(".0 ", " ")
    return f"{count} B"


def last_said(error: str, *, end_is_told: bool = False) -> str:
    """What went wrong with a program, in one line: of its last output as much as one wants to see.

    `error` has the shape of a record's `last_error`; how it ended is left out if it is told beside.
    """
    how, mark, output = error.partition(SAID_MARK)
    if not mark:
        return error
    said = " ".join(as_on_screen(output).split())
    shown = said if len(said) <= SAID_LIMIT else f"…{said[-SAID_LIMIT:]}"
    if end_is_told:
        return f"its last output: {shown}" if shown else ""
    return f"{how}{SAID_MARK}{shown}" if shown else how


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`many` is the noun of several, where an s is not enough."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or f'{noun}s'}"


def money(cost: object) -> str:
    """A cost, `{"usd": …}` or a plain number of US dollars; an unknown one says so."""
    usd = cost.get("usd") if isinstance(cost, dict) else cost
    try:
        return f"${float(str(usd)):.4f}"
    except ValueError:
        return "cost unknown"


def joined(parts: Iterable[str]) -> str:
    """The parts that say anything, one after another."""
    return ", ".join(part for part in parts if part)
