"""A status without what never stands still, so that two of them differ when something happened.

PURE. Left out are figures of use and what is left of a deadline; times stay, which say since when
something is so.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESTLESS = frozenset({"memory_bytes", "cpu_percent", "processes", "seconds_left", "reserved"})


def settled(value: Any) -> Any:
    """The same value without the restless figures, at any depth."""
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items() if key not in RESTLESS}
    if isinstance(value, list):
        return [settled(each) for each in value]
    return value
