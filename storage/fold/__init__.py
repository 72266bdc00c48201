"""PURE: how an event changes a session's state. The only way that state changes.

`apply` never refuses: what may happen is decided before it is journaled.
"""

from storage.fold.changes import derived_status
from storage.fold.sessions import REARMED_BELOW, merged
from storage.fold.table import add_messages, apply, apply_all, apply_line

__all__ = [
    "REARMED_BELOW",
    "add_messages",
    "apply",
    "apply_all",
    "apply_line",
    "derived_status",
    "merged",
]
